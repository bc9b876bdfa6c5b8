"""What can be wrong with a flow whose steps are all well written."""

from collections.abc import Callable, Mapping

from gateway.ivr.flow import Flow
from gateway.ivr.prompts import prompts_of
from gateway.ivr.source import Faults
from gateway.ivr.steps import INPUTS, TERMINALS, Answer, Collect, Exit, Menu, Record, Step, Transfer, exits


def check(flow: Flow, lines: Mapping[str, int], faults: Faults, has_clip: Callable[[str], bool] | None = None) -> None:
    """Add every fault of a flow: where it leads nowhere, never ends, or says what no clip was made for."""
    known = _targets(flow, lines, faults)
    if not known:
        return
    _unreachable(flow, lines, faults)
    _endless(flow, lines, faults)
    _dead_ends(flow, lines, faults)
    _orders(flow, lines, faults)
    for name, step in flow.steps.items() if has_clip else ():
        for clause in prompts_of(step):
            if has_clip and not has_clip(clause):
                faults.add(lines[name], f"{name}: no clip says {clause}; make it with gateway voice render")


def _targets(flow: Flow, lines: Mapping[str, int], faults: Faults) -> bool:
    before = len(faults.found)
    if flow.start not in flow.steps:
        faults.add(1, f"start: there is no step {flow.start or 'without a name'}")
    for name, step in flow.steps.items():
        for way, exit_ in exits(step):
            target = flow.steps.get(exit_.to)
            if target is None:
                faults.add(lines[f"{name}.{way}"], f"{name}: {way} leads to {exit_.to}, and there is no such step")
            elif exit_.retry and not isinstance(target, Menu | Collect):
                faults.add(
                    lines[f"{name}.{way}"], f"{name}: {way} tries {exit_.to} again, which is no menu and no entry"
                )
        if isinstance(step, Menu | Collect) and step.failed.retry:
            faults.add(lines[f"{name}.failed"], f"{name}: failed comes after all tries and must lead elsewhere")
    return len(faults.found) == before


def _reached(flow: Flow, first: str) -> set[str]:
    reached, new = {first}, [first]
    while new:
        for _, exit_ in exits(flow.steps[new.pop()]):
            if exit_.to not in reached:
                reached.add(exit_.to)
                new.append(exit_.to)
    return reached


def _unreachable(flow: Flow, lines: Mapping[str, int], faults: Faults) -> None:
    for name in flow.steps.keys() - _reached(flow, flow.start):
        faults.add(lines[name], f"{name}: no way leads to this step")


def _endless(flow: Flow, lines: Mapping[str, int], faults: Faults) -> None:
    """Find ways round on which the caller has no word: the gateway would speak for ever."""
    silent = {name: step for name, step in flow.steps.items() if not isinstance(step, INPUTS)}
    for name in silent:
        reached, new = set[str](), [name]
        while new:
            for _, exit_ in exits(silent[new.pop()]):
                if exit_.to in silent and exit_.to not in reached:
                    reached.add(exit_.to)
                    new.append(exit_.to)
        if name in reached:
            faults.add(lines[name], f"{name}: comes round to itself without the caller having a word")


def _dead_ends(flow: Flow, lines: Mapping[str, int], faults: Faults) -> None:
    for name in flow.steps:
        if not any(isinstance(flow.steps[one], TERMINALS) for one in _reached(flow, name)):
            faults.add(lines[name], f"{name}: no way leads from here to a transfer or a hangup")


def _orders(flow: Flow, lines: Mapping[str, int], faults: Faults) -> None:
    """Find steps that need what no step before them can have given."""
    for name, step in flow.steps.items():
        if isinstance(step, Answer):
            before = [one for one in flow.steps.values() if isinstance(one, Collect) and _leads(one, name)]
            wanted = {"badge": "pin", "fill": "code"}.get(step.of, step.of)
            if not before or any(one.takes != wanted for one in before):
                faults.add(lines[name], f"{name}: answers {step.of} and must come right after an entry of {wanted}")
        if isinstance(step, Record) and "#" in step.keys:
            faults.add(lines[f"{name}.#"], f"{name}: # ends what is recorded and leads on by then")
        if isinstance(step, Transfer) and step.to == "lift" and step.failed and step.failed.retry:
            faults.add(lines[name], f"{name}: failed must lead on: somebody is trapped")


def _leads(step: Step, name: str) -> bool:
    """Return whether a step's `then` is this one."""
    exit_: Exit | None = getattr(step, "then", None)
    return exit_ is not None and exit_.to == name

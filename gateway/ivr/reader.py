"""Reads a flow's file into its steps, and names every fault in it."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, get_args

from gateway.ivr import steps
from gateway.ivr.checks import check
from gateway.ivr.clauses import ANSWER, FILTERS, VALUE, VALUES
from gateway.ivr.flow import Flow
from gateway.ivr.ports import KEYS
from gateway.ivr.source import Faults, FlowFault, Listing, Node, Word, parse
from gateway.ivr.source import Mapping as Table
from gateway.ivr.steps import Exit, Step

_KINDS: Final[Mapping[str, type[Any]]] = {
    "say": steps.Say,
    "menu": steps.Menu,
    "collect": steps.Collect,
    "answer": steps.Answer,
    "sms": steps.Sms,
    "record": steps.Record,
    "transfer": steps.Transfer,
    "goto": steps.Goto,
    "hangup": steps.Hangup,
}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_MOST_STEPS: Final = 200
_LONGEST_CLAUSE: Final = 60  # characters; what is longer nobody keeps in mind
# Fields that are numbers: their least, their most.
_SECONDS: Final = {"wait": (2, 30), "first": (2, 30), "between": (1, 15), "more": (1, 5), "alone_after": (1, 10),
                   "longest": (5, 300), "silence": (2, 15)}  # fmt: skip
# What must be there of each kind, besides its own word; the other fields may be.
_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "say": frozenset({"then"}),
    "menu": frozenset({"keys", "silence", "wrong", "failed"}),
    "collect": frozenset({"takes", "then", "silence", "wrong", "failed"}),
    "answer": frozenset({"then", "malformed", "limited", "failed", "texted", "unspoken"}),
    "sms": frozenset({"then", "refused", "failed"}),
    "record": frozenset({"then", "limited", "failed"}),
    "transfer": frozenset(),
    "goto": frozenset(),
    "hangup": frozenset(),
}
_MAY: Final[Mapping[str, frozenset[str]]] = {
    "menu": frozenset({"wait", "tries"}),
    "collect": frozenset({"first", "between", "more", "tries", "alone", "alone_after"}),
    "record": frozenset({"longest", "pause", "keys"}),
    "transfer": frozenset({"say", "failed"}),
}
_ENTRIES, _ANSWERS, _TRANSFERS = map(get_args, (steps.Entry, steps.Of, steps.TransferTo))


class _Reader:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.lines: dict[str, int] = {}  # of a step, by its name, and of a way out, by `step.exit`

    def flow(self, root: Node, lift_digits: int, name: str) -> Flow | None:
        if not isinstance(root, Table):
            self.faults.add(root.line, "a flow is a mapping: about, start, steps")
            return None
        self._fields(root, {"about", "start", "steps"}, {"about", "start", "steps"}, "the flow")
        written = root.items.get("steps")
        if not isinstance(written, Table) or not 0 < len(written.items) <= _MOST_STEPS:
            self.faults.add(root.line, f"steps: 1 to {_MOST_STEPS} steps, each under its name")
            return None
        read: dict[str, Step] = {}
        for step_name, node in written.items.items():
            self.lines[step_name] = written.lines[step_name]
            if not _NAME.match(step_name):
                self.faults.add(written.lines[step_name], f"{step_name}: a step's name is a-z, 0-9 and _")
            step = self._step(step_name, node)
            if step is not None:
                read[step_name] = step
        start, about = self._text(root, "start"), self._text(root, "about")
        return Flow(name, about, start, read, lift_digits)

    def _fields(self, table: Table, may: Collection[str], must: Collection[str], what: str) -> None:
        for name in table.items:
            if name not in may:
                known = ", ".join(sorted(may))
                self.faults.add(table.lines[name], f"{what}: no such field as {name}; it takes {known}")
        for name in sorted(must):
            if name not in table.items:
                self.faults.add(table.line, f"{what}: {name} is missing: a way out that nobody wrote")

    def _text(self, table: Table, name: str) -> str:
        node = table.items.get(name)
        if isinstance(node, Word) and node.text:
            return node.text
        if node is not None:
            self.faults.add(node.line, f"{name}: is one word")
        return ""

    def _step(self, name: str, node: Node) -> Step | None:
        if not isinstance(node, Table):
            self.faults.add(node.line, f"{name}: a step is a mapping")
            return None
        kinds = [kind for kind in _KINDS if kind in node.items and not (kind == "say" and len(_kinds(node)) > 1)]
        if len(kinds) != 1:
            self.faults.add(node.line, f"{name}: a step has one of {', '.join(_KINDS)}")
            return None
        kind = kinds[0]
        needs = _NEEDS[kind]
        self._fields(node, {kind} | needs | _MAY.get(kind, frozenset()), needs, name)
        before = len(self.faults.found)
        fields = self._of_kind(name, kind, node)
        for field in (needs | _MAY.get(kind, frozenset())) & node.items.keys():
            fields.update(self._field(name, field, node.items[field]))
        missing = needs - node.items.keys()
        made: Step | None = None if missing or len(self.faults.found) > before else _KINDS[kind](**fields)
        return made

    def _of_kind(self, name: str, kind: str, node: Table) -> dict[str, Any]:
        """Return what the field that names the kind says."""
        own = node.items[kind]
        match kind:
            case "answer":
                return {"of": self._one_of(own, _ANSWERS, "answer")}
            case "transfer":
                to = self._one_of(own, _TRANSFERS, "transfer")
                if to == "lift" and "failed" not in node.items:
                    self.faults.add(node.line, f"{name}: failed is missing: a lift may have no phone to be dialled")
                return {"to": to}
            case "goto":
                return {"then": self._exit(name, own, "then")}
            case "sms":
                return {}
            case _:
                return {"say": self._clauses(own)}

    def _field(self, name: str, field: str, node: Node) -> dict[str, Any]:
        if field in ("keys", "alone"):
            return {field: self._keys(name, node, "alone " if field == "alone" else "")}
        if field == "takes":
            return {field: self._one_of(node, _ENTRIES, field)}
        if field == "say":
            return {field: self._clauses(node)}
        if field == "tries":
            return {field: int(self._number(node, field, 1, 5))}
        if field == "pause":
            return {"silence": self._number(node, field, *_SECONDS["silence"])}
        if field in _SECONDS and field != "silence":
            return {field: self._number(node, field, *_SECONDS[field])}
        return {field: self._exit(name, node, field)}

    def _one_of(self, node: Node, known: Collection[str], what: str) -> str:
        if isinstance(node, Word) and node.text in known:
            return node.text
        self.faults.add(node.line, f"{what}: one of {', '.join(sorted(known))}")
        return ""

    def _number(self, node: Node, what: str, least: float, most: float) -> float:
        written = node.text if isinstance(node, Word) else ""
        if re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", written) and least <= float(written) <= most:
            return float(written)
        self.faults.add(node.line, f"{what}: a number from {least} to {most}")
        return least

    def _keys(self, name: str, node: Node, prefix: str) -> dict[str, Exit]:
        if not isinstance(node, Table) or not node.items:
            self.faults.add(node.line, f"{name}: keys with their steps, as in '1': code")
            return {}
        for key in node.items:
            if key not in KEYS:
                self.faults.add(node.lines[key], f"{name}: {key} is no key of a telephone")
        return {key: self._exit(name, exit_, prefix + key) for key, exit_ in node.items.items()}

    def _exit(self, name: str, node: Node, way: str) -> Exit:
        """Read a step's name, or `say` with `to` or `retry`; `say` alone: the same step once more."""
        self.lines[f"{name}.{way}"] = node.line
        if isinstance(node, Word):
            return Exit(node.text)
        if not isinstance(node, Table):
            self.faults.add(node.line, f"{name}: a way out is a step's name, or say with to or retry")
            return Exit(name)
        self._fields(node, {"say", "to", "retry"}, (), name)
        if {"to", "retry"} <= node.items.keys():
            self.faults.add(node.line, f"{name}: to and retry exclude each other")
        say = self._clauses(node.items["say"]) if "say" in node.items else ()
        if "to" in node.items:
            return Exit(self._text(node, "to"), say)
        return Exit(self._text(node, "retry") or name, say, retry=True)

    def _clauses(self, node: Node) -> tuple[str, ...]:
        items = node.items if isinstance(node, Listing) else (node,)
        said: list[str] = []
        for item in items:
            if not isinstance(item, Word) or not item.text.strip():
                self.faults.add(item.line, "what is said is a clause, or a list of clauses")
                continue
            said.append(item.text.strip())
            if reason := _unsayable(said[-1]):
                self.faults.add(item.line, reason)
        return tuple(said)


def _kinds(node: Table) -> list[str]:
    return [kind for kind in _KINDS if kind in node.items]


def _unsayable(clause: str) -> str | None:
    if clause == ANSWER:
        return None
    for found in VALUE.finditer(clause):
        if found["name"] not in VALUES or found["filter"] not in FILTERS:
            return f"{found[0]}: there are {', '.join(sorted(VALUES))}, said by {', '.join(FILTERS)}"
    words = VALUE.sub("", clause)
    if "{" in words or "}" in words:
        return f"{clause}: a value is written {{{{ ticket|code }}}}"
    digit = next((one for one in words if one.isdecimal()), None)
    if digit:
        return f"{digit} would be read at random; write it as it is spoken"
    if len(words) > _LONGEST_CLAUSE:
        return f"a clause of {len(words)} characters; cut it into a list of clauses of up to {_LONGEST_CLAUSE}"
    return None


def read(
    text: str, file: str, name: str, *, lift_digits: int = 6, has_clip: Callable[[str], bool] | None = None
) -> Flow:
    """Return the flow in a file. Raises `FlowFault` naming every fault; `has_clip`: whether a sentence has its clip."""
    faults = Faults(file)
    root = parse(text, faults)
    flow, lines = None, {}
    if root is not None:
        reader = _Reader(faults)
        flow, lines = reader.flow(root, lift_digits, name), reader.lines
    if flow is None or faults.found:
        faults.raise_any()
        raise FlowFault(f"{file}:1: no flow")
    check(flow, lines, faults, has_clip)
    faults.raise_any()
    return flow

"""All fixed sentences of a flow: what clips are made of before anybody calls."""

from collections.abc import Iterator

from gateway.ivr.flow import ANSWER, PIECES, Flow
from gateway.ivr.steps import Step, said

# Fixed words of the runner itself, which no flow can leave out: said where clips of an answer are missing.
LATER_BY_SMS = "详情稍后短信发送。"
RUNNER = (LATER_BY_SMS,)


def prompts(flow: Flow) -> tuple[str, ...]:
    """Return each sentence once, in the order of the steps; the words round a value by themselves."""
    return tuple(dict.fromkeys(clause for step in flow.steps.values() for clause in prompts_of(step))) + RUNNER


def prompts_of(step: Step) -> Iterator[str]:
    """Return the fixed sentences of one step."""
    for clause in said(step):
        if clause != ANSWER:
            yield from filter(None, PIECES.split(clause)[::2])

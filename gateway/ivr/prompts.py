"""All fixed sentences of a flow: what clips are made of before anybody calls."""

from collections.abc import Iterator

from gateway.ivr.clauses import ANSWER, PIECES
from gateway.ivr.flow import Flow
from gateway.ivr.steps import Step, said

# Fixed words that stand in no flow: said where the sounds of an answer are missing, while one is awaited, and before a
# code whose check fails is read back.
LATER_BY_SMS = "详情稍后短信发送。"
ONE_MOMENT = "正在查询，请稍候。"
READ_BACK = "您输入的是，"
RUNNER = (LATER_BY_SMS, ONE_MOMENT, READ_BACK)
# What every number is put together from when its own sound is missing.
DIGITS = tuple("零幺一二三四五六七八九")


def prompts(flow: Flow) -> tuple[str, ...]:
    """Return each sentence once, in the order of the steps; the words round a value by themselves."""
    own = (clause for step in flow.steps.values() for clause in prompts_of(step))
    return tuple(dict.fromkeys((*own, *RUNNER, *DIGITS)))


def prompts_of(step: Step) -> Iterator[str]:
    """Return the fixed sentences of one step."""
    for clause in said(step):
        if clause != ANSWER:
            yield from filter(None, PIECES.split(clause)[::2])

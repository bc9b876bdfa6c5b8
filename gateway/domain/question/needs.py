"""What people need besides a verdict: help out of a lift, out of gas, or a person to talk to. On normalised text."""

import re
from typing import Final

from gateway.domain.question import words
from gateway.domain.question.values import Need

# A longer text than this speaks of a danger, it does not call out of one.
_CALL: Final = 134


_TRAPPED: Final = re.compile(
    r"(?<!贫)(?:被|有人|人员?)困(?![难惑扰境])|(?<!贫)困(?:人(?![口群])|在|住|电梯)|里面(?:还|都)?有人|[关卡](?:在|到|进)?.{0,4}(?:电梯|梯)里|(?:电?梯|里面).{0,8}出不[来去]|电?梯.{0,8}救命"
    r"|救命.{0,8}电?梯"
)
_GAS: Final = re.compile(r"漏气|跑气|泄漏|泄露|漏煤气|漏燃气|漏液化气|(?:煤气|燃气|液化气|瓦斯)味")
_NO_GAS: Final = re.compile(r"(?:没有?|不|未|无)(?:会|再|发生|怕|检出)?(?:漏|跑|泄)|信息泄|泄露(?:信息|隐私|个人)")
_PERSON: Final = re.compile(
    r"人工(?![^服客台坐查回的,。!? ])|客服|(?:电话|热线|号码)是?(?:多少|几|啥|什么)"
    r"|(?:举报|投诉|服务|咨询|联系|你们的?|官方)的?(?:电话|热线)|打(?:什么|哪个|哪里的?)电话"
)


def need_of(text: str) -> Need | None:
    """Return what the sender needs; None for what a machine wrote, and for a text too long to be a call."""
    if len(text) > _CALL or words.signed(text) or words.machine_made(text):
        return None
    if _TRAPPED.search(text):
        return Need.TRAPPED
    if _GAS.search(text) and not _NO_GAS.search(text):
        return Need.GAS
    return Need.PERSON if _PERSON.search(text) else None

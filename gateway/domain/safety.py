"""What a verdict's words must say, and what none may: a change of wording never takes the warning out.

The words are looked for in what must be said, as it reads on a real record: an optional part may go.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.proof import COMMON
from gateway.domain.verdict import Verdict

# Of each group at least one.
_KEEP_OFF: Final = ("请勿", "禁止", "不得", "不要", "停止")
_MUST: Final[Mapping[Verdict, tuple[tuple[str, ...], ...]]] = {
    Verdict.GENUINE_FIRST: (("首次",), ("正品",)),
    Verdict.SELF_REPEAT: (("正品",),),
    Verdict.REPEAT_WARN: (("请勿购买", "谨防假冒"),),
    Verdict.UNKNOWN: (("未查到", "查无"),),
    Verdict.LABEL_VOID: (("作废",), _KEEP_OFF),
    Verdict.NOT_ACTIVATED: (("未启用",), _KEEP_OFF),
    Verdict.RECALLED: (("召回",), _KEEP_OFF),
    Verdict.EXPIRED: (("过保质期", "已过期"), _KEEP_OFF),
    Verdict.TRACE_INCOMPLETE: (("无法确认", "请勿"),),
    Verdict.SEAL_USED: (("请勿使用", "不要使用"),),
    Verdict.CYL_SCRAPPED: (("报废", "不合格"), _KEEP_OFF),
    Verdict.CYL_OVERDUE: (("超期", "超过检验"), _KEEP_OFF),
    Verdict.SEAL_BROKEN: (_KEEP_OFF,),
    Verdict.FILL_UNLICENSED: (_KEEP_OFF,),
    Verdict.NO_FILL_RECORD: (_KEEP_OFF,),
    Verdict.CYL_UNCONFIRMED: (("无法确认",),),
    Verdict.CYL_DUE_SOON: (("检验",),),
    Verdict.CYL_OK: (("可用", "请勿使用"),),
    Verdict.FILL_ALLOWED: (("可充装", "请勿充装"),),
    Verdict.FILL_DENIED: (_KEEP_OFF,),
    Verdict.STATION_OK: (("有效", "撤离"),),
    Verdict.LICENCE_EXPIRED: (_KEEP_OFF,),
    Verdict.SUSPENDED: (_KEEP_OFF,),
    Verdict.ELEV_STOPPED: (("请勿乘坐", "不要乘坐"),),
    Verdict.ELEV_FAULT: (("请勿乘坐", "不要乘坐"),),
    Verdict.ELEV_INSP_OVERDUE: (("超期",), ("请勿乘坐", "不要乘坐")),
    Verdict.ELEV_MAINT_OVERDUE: (("超期",), ("慎乘", "请勿乘坐")),
    Verdict.ELEV_UNCONFIRMED: (("无法确认",),),
    Verdict.ELEV_OK: (("正常", "应急"),),
}
# What a verdict's own sentence tells it by, where that is not the first of what must be said.
_TELLS: Final[Mapping[Verdict, tuple[str, ...]]] = {Verdict.REPEAT_WARN: ("不是首次", "重复", "已查")}
# Never, in nobody's words (DOMAIN 2.10): what only a court may say, and addresses that a fake could imitate.
_NEVER: Final = ("假货", "造假", "http://", "https://", "www.")
# Said of goods by these two alone.
_GENUINE: Final = "是正品"
_SAY_GENUINE: Final = frozenset({"genuine_first", "self_repeat"})
# Notices on which somebody's safety hangs.
_GRAVE_NOTICES: Final = frozenset(
    {"danger", "lift_alert", "station_answer", "office_answer", "corrected", "example", "test_label"}
)


def verdict_of(name: str) -> Verdict | None:
    """Return the verdict that a template words; None for a notice."""
    try:
        return Verdict(name.upper())
    except ValueError:
        return None


def needs_two(name: str) -> bool:
    """Return whether changing these words takes a second person."""
    verdict = verdict_of(name)
    return name in _GRAVE_NOTICES if verdict is None else class_of(verdict) is not VerdictClass.UNAVAILABLE


def required(name: str) -> Sequence[tuple[str, ...]]:
    """Return what must be said: of each group one."""
    verdict = verdict_of(name)
    return () if verdict is None else _MUST.get(verdict, ())


def missing(name: str, must: str) -> list[tuple[str, ...]]:
    """Return the groups of which nothing stands in what must be said."""
    return [group for group in required(name) if not any(word in must for word in group)]


def forbidden(name: str, text: str) -> list[str]:
    """Return what must not be said and is."""
    found = [word for word in _NEVER if word in text]
    return [*found, _GENUINE] if _GENUINE in text and name not in _SAY_GENUINE else found


def sentences_before(verdict: Verdict) -> int:
    """Return how many sentences come before a verdict's own when it is spoken; it comes first.

    But a lift that is out of order: whoever stands in it hears its emergency phone before all else (DOMAIN 2.9).
    """
    return 1 if verdict is Verdict.ELEV_FAULT else 0


def comes_late(name: str, clauses: Sequence[str]) -> tuple[str, ...]:
    """Return the words of which one should stand in a verdict's own sentence, where none does.

    A call counts as answered once that sentence was heard, so it must be the one that tells the verdict.
    """
    verdict, groups = verdict_of(name), required(name)
    if verdict is None or not groups:
        return ()
    tells = _TELLS.get(verdict, groups[0])
    heard = "".join(clauses[: sentences_before(verdict) + 1])
    return () if any(word in heard for word in tells) else tells


def words_in(name: str, text: str) -> list[str]:
    """Return the safety words of a verdict that stand in a text."""
    return [word for group in required(name) for word in group if word in text]


TYPES: Final[Mapping[str, str]] = {
    COMMON: "公共",
    "meat": "肉品",
    "liquor": "白酒",
    "flour": "面粉",
    "tomato": "番茄制品",
    "melon": "瓜果",
    "lpg": "液化气钢瓶",
    "vehicle": "车用气瓶",
    "station": "充装站",
    "lift": "电梯",
}

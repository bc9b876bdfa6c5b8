"""The five classes of verdicts, and what each verdict is called in two to six characters.

A class is shown by colour, shape and word together. Every class but `UNAVAILABLE` is about safety: its words are
changed by two people (DESIGN 4, T10).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateway.domain.verdict import Verdict


class VerdictClass(StrEnum):
    """What a verdict asks of its reader."""

    GENUINE = "genuine"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"
    UNAVAILABLE = "unavail"

    @property
    def word(self) -> str:
        """Return its name."""
        return _WORDS[self]


_WORDS: Final = {
    VerdictClass.GENUINE: "正常",
    VerdictClass.INFO: "信息",
    VerdictClass.WARNING: "警示",
    VerdictClass.DANGER: "危险",
    VerdictClass.UNAVAILABLE: "无结论",
}
_G, _I, _W, _D, _U = VerdictClass
_OF: Final[Mapping[Verdict, tuple[VerdictClass, str]]] = {
    Verdict.GENUINE_FIRST: (_G, "首次，正品"),
    Verdict.SELF_REPEAT: (_G, "本人重复"),
    Verdict.CYL_OK: (_G, "可用"),
    Verdict.FILL_ALLOWED: (_G, "可充装"),
    Verdict.STATION_OK: (_G, "许可有效"),
    Verdict.ELEV_OK: (_G, "正常"),
    Verdict.TRACE_OK: (_I, "可追溯"),
    Verdict.CYL_DUE_SOON: (_I, "快到检验期"),
    Verdict.REPEAT_WARN: (_W, "他人重复"),
    Verdict.UNKNOWN: (_W, "查无此码"),
    Verdict.NOT_ACTIVATED: (_W, "未启用"),
    Verdict.TRACE_INCOMPLETE: (_W, "信息不全"),
    Verdict.NO_FILL_RECORD: (_W, "无充装记录"),
    Verdict.FILL_UNLICENSED: (_W, "充装站无证"),
    Verdict.LICENCE_EXPIRED: (_W, "许可过期"),
    Verdict.SUSPENDED: (_W, "停业"),
    Verdict.ELEV_MAINT_OVERDUE: (_W, "维保超期"),
    Verdict.CYL_UNCONFIRMED: (_W, "无法确认"),
    Verdict.ELEV_UNCONFIRMED: (_W, "无法确认"),
    Verdict.SEAL_USED: (_D, "封签已用"),
    Verdict.RECALLED: (_D, "已召回"),
    Verdict.EXPIRED: (_D, "过保质期"),
    Verdict.LABEL_VOID: (_D, "标签作废"),
    Verdict.CYL_SCRAPPED: (_D, "到报废期"),
    Verdict.CYL_OVERDUE: (_D, "超期未检"),
    Verdict.SEAL_BROKEN: (_D, "封签异常"),
    Verdict.ELEV_STOPPED: (_D, "停用"),
    Verdict.ELEV_FAULT: (_D, "故障"),
    Verdict.ELEV_INSP_OVERDUE: (_D, "检验超期"),
    Verdict.FILL_DENIED: (_D, "不得充装"),
    Verdict.UNAVAILABLE: (_U, "暂时查不了"),
    Verdict.MALFORMED: (_U, "编码有误"),
    Verdict.WRONG_KIND: (_U, "不是查询码"),
    Verdict.RATE_LIMITED: (_U, "次数到上限"),
}


def class_of(verdict: Verdict) -> VerdictClass:
    """Return the class of a verdict."""
    return _OF[verdict][0]


def short_name(verdict: Verdict) -> str:
    """Return what a verdict is called on labels and in lists."""
    return _OF[verdict][1]

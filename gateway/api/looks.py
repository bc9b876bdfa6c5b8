"""How a verdict looks on a page: a colour, a word and a sign, none of which carries it alone (WCAG 2.2, 1.4.1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.records.goods import UNSAFE
from gateway.domain.verdict import Verdict


class Tone(StrEnum):
    """What a verdict asks of the reader: nothing, care, or to keep off."""

    GOOD = "good"
    CARE = "care"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Look:
    """A tone and a headline."""

    tone: Tone
    headline: str

    @property
    def sign(self) -> str:
        """Return the sign beside the headline."""
        return _SIGNS[self.tone]


_SIGNS = {Tone.GOOD: "✓", Tone.CARE: "!", Tone.DANGER: "✕"}

_UNFIT = Look(Tone.DANGER, "不合格，请勿食用")
_LOOKS: Mapping[Verdict, Look] = {
    Verdict.MALFORMED: Look(Tone.CARE, "编码有误"),
    Verdict.WRONG_KIND: Look(Tone.CARE, "不是查询编码"),
    Verdict.RATE_LIMITED: Look(Tone.CARE, "查询次数已达上限"),
    Verdict.UNAVAILABLE: Look(Tone.CARE, "暂时无法查询"),
    Verdict.UNKNOWN: Look(Tone.DANGER, "未查到此编码"),
    Verdict.LABEL_VOID: Look(Tone.DANGER, "标签已作废"),
    Verdict.NOT_ACTIVATED: Look(Tone.DANGER, "标签未启用"),
    Verdict.RECALLED: Look(Tone.DANGER, "已召回，请停止使用"),
    Verdict.EXPIRED: Look(Tone.DANGER, "已过保质期"),
    Verdict.GENUINE_FIRST: Look(Tone.GOOD, "首次查询，是正品"),
    Verdict.SELF_REPEAT: Look(Tone.GOOD, "您查询过，是正品"),
    Verdict.REPEAT_WARN: Look(Tone.DANGER, "他人已查询，谨防假冒"),
    Verdict.TRACE_OK: Look(Tone.GOOD, "来源可追溯"),
    Verdict.TRACE_INCOMPLETE: Look(Tone.CARE, "信息不完整，无法确认"),
    Verdict.SEAL_USED: Look(Tone.DANGER, "封签已用过"),
    Verdict.CYL_SCRAPPED: Look(Tone.DANGER, "已报废，请勿使用"),
    Verdict.CYL_OVERDUE: Look(Tone.DANGER, "检验超期，请勿使用"),
    Verdict.SEAL_BROKEN: Look(Tone.DANGER, "封签异常"),
    Verdict.FILL_UNLICENSED: Look(Tone.DANGER, "充装单位无有效许可"),
    Verdict.NO_FILL_RECORD: Look(Tone.DANGER, "没有充装记录"),
    Verdict.CYL_UNCONFIRMED: Look(Tone.CARE, "暂无法确认"),
    Verdict.CYL_DUE_SOON: Look(Tone.CARE, "可用，临近检验"),
    Verdict.CYL_OK: Look(Tone.GOOD, "检验有效，可用"),
    Verdict.FILL_ALLOWED: Look(Tone.GOOD, "可以充装"),
    Verdict.FILL_DENIED: Look(Tone.DANGER, "不得充装"),
    Verdict.STATION_OK: Look(Tone.GOOD, "许可有效"),
    Verdict.LICENCE_EXPIRED: Look(Tone.DANGER, "许可已过期"),
    Verdict.SUSPENDED: Look(Tone.DANGER, "已停业"),
    Verdict.ELEV_STOPPED: Look(Tone.DANGER, "已停用，请勿乘坐"),
    Verdict.ELEV_FAULT: Look(Tone.DANGER, "故障，请勿乘坐"),
    Verdict.ELEV_INSP_OVERDUE: Look(Tone.DANGER, "检验超期"),
    Verdict.ELEV_MAINT_OVERDUE: Look(Tone.DANGER, "维保超期"),
    Verdict.ELEV_UNCONFIRMED: Look(Tone.CARE, "暂无法确认"),
    Verdict.ELEV_OK: Look(Tone.GOOD, "检验维保正常"),
}
# Not to find a lift, a plate or a cylinder says nothing of it (DESIGN 4, Freshness).
_NOT_FOUND = Look(Tone.CARE, "未查到，无法确认")
# No page is there: the address was mistyped, or what was sent is no code.
LOST = Look(Tone.CARE, "打不开这个页面")
EQUIPMENT = frozenset({"lpg", "vehicle", "station", "lift"})


def look_of(verdict: Verdict, record_type: str | None, reasons: Collection[str] = ()) -> Look:
    """Return how a verdict looks."""
    if verdict is Verdict.UNKNOWN and record_type in EQUIPMENT:
        return _NOT_FOUND
    if verdict is Verdict.TRACE_INCOMPLETE and not UNSAFE.keys().isdisjoint(reasons):
        return _UNFIT
    return _LOOKS[verdict]

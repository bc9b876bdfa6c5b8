"""The rules by which verdicts are given, in words for those who explain them; one that is not here is told as it is."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.console.writing import noted
from gateway.domain.records.cylinder import REASON_WORDS
from gateway.domain.records.goods import MISSING, UNSAFE

_WORDS: Final[Mapping[str, str]] = {
    "a class without a record type": noted("这类标签没有档案"),
    "another querier asked first": noted("一码一查，查过了，上次不是同一人"),
    "asked by a station": noted("充装站凭 PIN 查的"),
    "asked by the vehicle office": noted("车管部门凭 PIN 查的"),
    "batch recalled": noted("这一批已召回"),
    "best-before day passed": noted("过了保质期"),
    "cannot be confirmed": noted("数据不够，无法确认"),
    "first query": noted("一码一查，还没有人查过"),
    "gaps in the trace": noted("追溯链有缺"),
    "in order": noted("各项都在期内"),
    "inspection due soon": noted("快到检验期"),
    "inspection overdue": noted("过了检验期"),
    "licence valid": noted("许可在有效期内"),
    "look-up failed": noted("当时查不了数据库"),
    "made or picked on a day to come": noted("生产或采摘日期还没有到"),
    "maintenance dated ahead": noted("维保日期还没有到"),
    "maintenance overdue": noted("超过 15 天没有维保"),
    "monitor silent": noted("监测设备没有信号"),
    "must not be filled": noted("不得充装"),
    "never issued": noted("这个号没有发放过"),
    "no code in it": noted("里面没有编码"),
    "no fill under this seal": noted("这个封签下没有充装记录"),
    "no licence on this day": noted("当天没有有效许可"),
    "no maintenance on record": noted("没有维保记录"),
    "no record": noted("没有档案"),
    "same querier asked first": noted("查过了，上次是同一人"),
    "source stale": noted("数据太旧，不能当真"),
    "station's licence had expired": noted("充装站的许可已过期"),
    "the key of its version is not here": noted("这一版编码的密钥不在本机"),
    "trace whole": noted("追溯链完整"),
    "unfit to eat": noted("不可食用"),
}
# Of those that end in a state.
_STATES: Final[Mapping[str, str]] = {
    "label ": noted("标签状态"),
    "seal ": noted("封签状态"),
    "state ": noted("设备状态"),
}
# What a verdict rests on, where no list of the domain has words for it.
_REASONS: Final[Mapping[str, str]] = {
    "CHECK_FAILED": noted("充装检查没有通过"),
    "DISPENSER_OVERDUE": noted("加气机过了检定期"),
    "DUE_SOON": noted("快到检验期"),
    "EXPIRED": noted("过了保质期"),
    "FILL_IN_FUTURE": noted("充装日期还没有到"),
    "INSPECTION_OVERDUE": noted("过了检验期"),
    "MADE_IN_FUTURE": noted("生产或采摘日期还没有到"),
    "MAINTENANCE_IN_FUTURE": noted("维保日期还没有到"),
    "MAINTENANCE_OVERDUE": noted("超过 15 天没有维保"),
    "MONITOR_SILENT": noted("监测设备没有信号"),
    "NOT_ISSUED": noted("这个号没有发放过"),
    "NO_FILL_RECORD": noted("这个封签下没有充装记录"),
    "NO_MAINTENANCE_RECORD": noted("没有维保记录"),
    "NO_RECORD": noted("没有档案"),
    "RECALLED": noted("这一批已召回"),
    "REPEATED": noted("别人查过"),
    "SEAL_ABSENT": noted("没有封签"),
    "SEAL_BROKEN": noted("封签破损"),
    "SEAL_UNDATED": noted("封签没有日期"),
    "SUSPENDED": noted("已停业"),
}
_LISTED: Final[Mapping[str, str]] = {**{str(reason): words for reason, words in REASON_WORDS.items()}, **UNSAFE}
_LACKING: Final = noted("缺{}")


def reason_in_words(reason: str, say: Callable[[str], str]) -> str:
    """Return what a verdict rests on, for people."""
    if reason in MISSING:
        return say(_LACKING).format(MISSING[reason])
    if reason in _REASONS:
        return say(_REASONS[reason])
    return _LISTED.get(reason, reason)


def in_words(rule: str) -> tuple[str, str]:
    """Return a rule as a sentence, and what follows it as it stands."""
    if rule in _WORDS:
        return _WORDS[rule], ""
    for begins, word in _STATES.items():
        if rule.startswith(begins):
            return word, f" {rule.removeprefix(begins)}"
    return rule, ""

"""How times, numbers and names are written on pages. Days are those of Asia/Shanghai."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from markupsafe import Markup, escape

from gateway.domain import masks
from gateway.domain.access import Role
from gateway.domain.calendar import local
from gateway.domain.classes import class_of, short_name
from gateway.domain.verdict import Verdict


def noted(text: str) -> str:
    """Return the sentence as it is; so it gets into the catalogues, and a page says it later in its language."""
    return text


noted("隐藏号码")
MISSING: Final = "–"
_MYRIAD: Final = 10_000
_MOMENT: Final = 0.001  # seconds
_TIME: Final = Markup('<time datetime="{}" title="{}">{}</time>')
ROLES: Final[Mapping[Role, str]] = {
    Role.ADMIN: noted("管理员"),
    Role.WORDING: noted("用语员"),
    Role.AGENT: noted("话务员"),
    Role.REGULATOR: noted("监管员"),
    Role.FIRM: noted("企业"),
    Role.COOPERATIVE: noted("合作社"),
    Role.STATION: noted("充装站"),
    Role.MAINTENANCE: noted("维保单位"),
}

# Channels by their names in the books; one that is not here is called by it.
CHANNELS: Final[Mapping[str, str]] = {
    "modem": noted("短信卡"),
    "loopback": noted("回环"),
    "web": noted("网页"),
    "api": noted("接口"),
    "cli": noted("命令行"),
    "voice": noted("热线"),
    "cmpp": noted("短号"),
}


def moment(at: datetime | None, now: datetime) -> str:
    """Write a time as it is told apart: `10:42:03` today, `05-01 10:42` this year, else with its year."""
    if at is None:
        return MISSING
    there, here = local(at), local(now)
    if there.date() == here.date():
        return there.strftime("%H:%M:%S")
    return there.strftime("%m-%d %H:%M" if there.year == here.year else "%Y-%m-%d %H:%M")


def stamp(at: datetime | None, now: datetime) -> Markup:
    """Return the same as a `<time>` that holds the whole of it."""
    if at is None:
        return Markup("–")
    whole, read = local(at).isoformat(timespec="seconds"), local(at).strftime("%Y-%m-%d %H:%M:%S")
    return _TIME.format(whole, read, moment(at, now))


def sheet_time(at: datetime | None) -> str | None:
    """Write a time for a spreadsheet: `2026-05-01 10:42:03`."""
    return local(at).strftime("%Y-%m-%d %H:%M:%S") if at else None


def roughly(value: int, say: Callable[[str], str]) -> str:
    """Write a number that is not counted exactly: `约 12.8 万`, `约 3,400`."""
    if value >= _MYRIAD:  # by ten thousands where one counts by them
        return say("约 {0} 万").format(f"{value / _MYRIAD:,.1f}", f"{round(value, -3):,}")
    return say("约 {}").format(f"{round(value, -2):,}")


def number(value: int | None) -> str:
    """Write `3,406`; nothing is `–`, none is `0`."""
    return MISSING if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    """Write `36.4%`."""
    return f"{100 * part / whole:.1f}%" if whole else MISSING


def span(length: timedelta, say: Callable[[str], str]) -> str:
    """Write `13 毫秒`, `3.4 秒`, `12 分钟`, `5 小时`, `2 天`."""
    seconds = length.total_seconds()
    for bound, unit, shown in (
        (1, say("毫秒"), f"{seconds * 1000:.0f}" if not 0 < seconds < _MOMENT else "<1"),
        (60, say("秒"), f"{seconds:.1f}"),
        (3600, say("分钟"), f"{seconds / 60:.0f}"),
        (2 * 86400, say("小时"), f"{seconds / 3600:.0f}"),
    ):
        if seconds < bound:
            return f"{shown} {unit}"
    return f"{seconds / 86400:.0f} {say('天')}"


def person(actor: str) -> str:
    """Return the name of whoever the audit calls `user:王丽`, `cli:root`, `key:01…`."""
    kind, _, name = actor.partition(":")
    return name if kind == "user" and name else actor


def lines(text: str) -> Markup:
    """Return a text as HTML with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def unsigned(text: str, signature: str) -> str:
    """Return a text without the signature: lists may leave it off, and nothing else."""
    return text.removeprefix(f"【{signature}】")


def kept_whole(result: Mapping[str, Any]) -> int:
    """Return to how many records a trial gave the whole text."""
    return sum(count for levels, count in result["kept"] if not levels)


def filters(say: Callable[[str], str]) -> dict[str, Callable[..., Any]]:
    """Return what templates write with; `say` puts a Chinese sentence into the page's language."""
    return {
        "moment": moment,
        "stamp": stamp,
        "number": number,
        "share": share,
        "roughly": lambda value: roughly(value, say),
        "span": lambda length: span(length, say),
        "role": lambda role: say(ROLES.get(role, str(role))),
        "person": person,
        "lines": lines,
        "said": say,
        "unsigned": unsigned,
        "channel": lambda name: say(CHANNELS.get(name, name)),
        "sender": lambda shown: say("隐藏号码") if shown == "withheld" else shown,
        "covered": masks.codes_in,
        "class": lambda verdict: class_of(Verdict(verdict)).value,
        "verdict": lambda verdict: say(short_name(Verdict(verdict))),
        "clock": lambda at: local(at).strftime("%H:%M:%S.%f")[:-3],
        "read": datetime.fromisoformat,
        "day": lambda at: local(at).date().isoformat(),
    }

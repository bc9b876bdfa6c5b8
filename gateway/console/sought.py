"""What the address of the search page asks for: the filters, in words too, and where its next page begins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from gateway.console.dates import day_of
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.address import Address
from gateway.domain.calendar import today
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.districts import district_name
from gateway.domain.errors import Refusal, Why
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange
from gateway.filing.questions import Sought
from gateway.filing.reports import Period
from gateway.filing.things import plain

_MASKED: Final = re.compile(r"1[3-9][0-9]\*{4}[0-9]{4}\Z")
_CODE: Final = re.compile(r"[0-9]{12,24}\Z|[0-9]{6}\Z")
_TICKET: Final = re.compile(r"[0-9]{9}\Z")
_BEFORE: Final = re.compile(r"([0-9a-f-]{36})(?:\.([0-9]{1,4}))?\Z", re.ASCII)
_CLASSES: Final[Mapping[str, tuple[VerdictClass, ...]]] = {
    "any": tuple(VerdictClass),
    "grave": (VerdictClass.WARNING, VerdictClass.DANGER),
    **{kind.value: (kind,) for kind in VerdictClass},
}
_NAMES: Final = (
    "from", "to", "channel", "account", "class", "verdict", "state", "hour", "prefix", "record", "district",
    "segments", "real",
)  # fmt: skip
# What has no field of its own on the page, in words.
_ASIDE: Final = {
    "account": noted("线路 {}"),
    "hour": noted("{} 点钟"),
    "prefix": noted("编码 {}… 开头"),
    "record": noted("档案 {}"),
    "district": noted("{}的东西"),
    "segments": noted("答复 {} 条短信"),
}
_EVER: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that has no field: in words, by its name, and the address without it."""

    name: str
    value: str
    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An address, read."""

    written: str  # in the search field
    filters: Mapping[str, str]
    sought: Sought | None  # None where it has a fault
    days: Period | None  # where it names days
    fault: Refusal | None

    @property
    def address(self) -> str:
        """Return the query of the address without its page."""
        return urlencode({**self.filters, **({"q": self.written} if self.written else {})})

    def chips(self, visit: Visit) -> list[Chip]:
        """Return the filters that have no field."""
        found = []
        for name, words in _ASIDE.items():
            if name in self.filters:
                rest = urlencode({key: value for key, value in self.filters.items() if key != name})
                value = self.filters[name]
                shown = district_name(value) if name == "district" else value
                found.append(Chip(name, value, visit._(words).format(shown), rest))
        return found


def leads(written: str) -> str | None:
    """Return the page that a question's id, a ticket's number or a record's name leads to."""
    try:
        return f"/inquiries/{UUID(written)}"
    except ValueError:
        pass
    if _TICKET.match(written):
        return f"/tickets/{written}"
    kind, slash, key = written.partition("/")
    if slash and kind.isalpha() and kind.isascii() and key:
        return f"/records/{kind}/{quote(key, safe='')}"
    return None


def written(query: Mapping[str, str]) -> str:
    """Return what stands in the search field."""
    return query.get("q", "").strip()[:64]


def read(visit: Visit, most: int) -> Asked:
    """Read the address of a visit."""
    query, here, words = visit.request.query, today(visit.now), written(visit.request.query)
    kept = {name: query[name][:160] for name in _NAMES if query.get(name)}
    if day := query.get("day"):
        kept |= {"from": day[:20], "to": day[:20]}
    try:
        days = _days(kept, here)
        sought = _sought(kept, query.get("before", ""), days, most)
    except ValueError:
        return Asked(words, kept, None, None, Refusal(Why.INVALID, visit._("日期或条件写得不对"), "q"))
    if days and days.first > days.last:
        return Asked(words, kept, None, None, Refusal(Why.INVALID, visit._("起始日期晚于截止日期"), "from"))
    code, shown = _named(words)
    if words and code is None and shown is None:
        fault = Refusal(Why.INVALID, visit._("按查询号、编码、遮蔽的手机号或工单号查，这个都不是"), "q")
        return Asked(words, kept, None, None, fault)
    if days:
        names = (("from", days.first), ("to", days.last))
        kept |= {name: day.isoformat() for name, day in names if name in kept}
    return Asked(words, kept, replace(sought, code=code, shown=shown), days, None)


def key_of(last: Exchange) -> str:
    """Return where the page after this row begins, as `before` says it."""
    return f"{last.id}.{last.place}" if last.place is not None else str(last.id)


def _sought(kept: Mapping[str, str], before: str, days: Period | None, most: int) -> Sought:
    """Return what is asked for. Raises `ValueError`."""
    verdicts = [v for v in Verdict if class_of(v) in _CLASSES.get(kept.get("class", ""), ())]
    if kept.get("verdict"):
        verdicts = [Verdict(kept["verdict"])]
    page = _BEFORE.match(before)
    if before and page is None:
        raise ValueError("no page begins there")
    return Sought(
        verdicts=verdicts,
        channel=kept.get("channel"),
        account=kept.get("account"),
        states=[state for state in kept.get("state", "").split(",") if state.isalpha()],
        begins=days.begins if days and "from" in kept else None,
        ends=days.ends if days and "to" in kept else None,
        hour=_number(kept.get("hour"), 23),
        prefix=kept.get("prefix"),
        record=kept.get("record"),
        district=kept.get("district"),
        segments=_number(kept.get("segments"), 255),
        real=kept.get("real") == "1",
        before=UUID(page[1]) if page else None,
        place=int(page[2]) if page and page[2] else None,
        most=most,
    )


def _number(text: str | None, most: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= most):
        raise ValueError("no such number")
    return int(text)


def _days(kept: Mapping[str, str], here: date) -> Period | None:
    """Return the days that an address names. Raises `ValueError` for what is no day."""
    first, last = day_of(kept.get("from", ""), here), day_of(kept.get("to", ""), here)
    if first is None and last is None:
        return None
    return Period(first or _EVER, min(last or here, here))


def _named(words: str) -> tuple[str | None, str | None]:
    """Return the code, or the masked number, that this is."""
    if not words:
        return None, None
    bare = plain(words)
    if _MASKED.match(bare):
        return None, bare
    address = Address.parse(bare)
    if address.is_mobile:
        return None, str(address)
    if _CODE.match(bare) or (bare[:1] and not bare[0].isascii() and len(bare) in (7, 8)):
        return bare, None
    return None, None

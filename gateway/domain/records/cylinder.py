"""What gas cylinders share: the stamp, the inspection, and why one must not be filled (DOMAIN 2.6, 2.7)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias

import msgspec

from gateway.domain.calendar import Due, first_day, last_day
from gateway.domain.records.base import Name, existing, require

StampNo: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{4,20}$")]
Litres: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=2000)]
CylinderState: TypeAlias = Literal["in_use", "scrapped"]


class Reason(StrEnum):
    """Why nobody may fill: DOMAIN 2.7's machine reasons, `UNKNOWN` and `STALE_DATA`.

    They stand in the order of gravity, which is the order they are told in and what the public hears the first of:
    what a regulator has stopped; what may burst (worn out, failed, rebuilt by nobody licensed, not inspected, not
    purged); what is not the thing that was registered; last what lies with the station or with our knowledge.
    """

    UNKNOWN = "UNKNOWN"
    HOLD_BY_REGULATOR = "HOLD_BY_REGULATOR"
    SCRAPPED = "SCRAPPED"
    OVER_LIFE = "OVER_LIFE"
    FAILED = "FAILED"
    ILLEGAL_RETROFIT = "ILLEGAL_RETROFIT"
    OVERDUE = "OVERDUE"
    FIRST_FILL_NEEDS_PURGE = "FIRST_FILL_NEEDS_PURGE"
    NO_CERT = "NO_CERT"
    CERT_MISMATCH = "CERT_MISMATCH"
    NO_TAG = "NO_TAG"
    STATION_UNLICENSED = "STATION_UNLICENSED"
    STALE_DATA = "STALE_DATA"


# The words of each in messages, on pages and beside the names in the interface.
REASON_WORDS: Mapping[Reason, str] = {
    Reason.UNKNOWN: "未查到登记",
    Reason.HOLD_BY_REGULATOR: "监管部门责令停充",
    Reason.SCRAPPED: "气瓶已报废",
    Reason.OVER_LIFE: "超过使用年限",
    Reason.FAILED: "检验不合格",
    Reason.ILLEGAL_RETROFIT: "非法改装",
    Reason.OVERDUE: "检验过期",
    Reason.FIRST_FILL_NEEDS_PURGE: "首次充装前未置换",
    Reason.NO_CERT: "无有效使用登记",
    Reason.CERT_MISMATCH: "与使用登记不符",
    Reason.NO_TAG: "无有效电子标签",
    Reason.STATION_UNLICENSED: "充装站无相应许可",
    Reason.STALE_DATA: "数据超过24小时未更新",
}

_GRAVITY = {reason: place for place, reason in enumerate(Reason)}


def by_gravity(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return each reason once, the gravest first."""
    return tuple(sorted(set(reasons), key=_GRAVITY.__getitem__))


class Inspection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The periodic inspection; `next_on` is stored as reported, never computed. A new cylinder has only that."""

    next_on: Due
    last_on: Due | None = None
    body: Name | None = None
    result: Literal["pass", "fail"] = "pass"

    def __post_init__(self) -> None:
        """Check that both days exist and follow one another."""
        due = existing("inspection.next_on", self.next_on)
        if self.last_on is not None:
            last = existing("inspection.last_on", self.last_on)
            require(due > last, "inspection.next_on", self.next_on, f"应晚于上次检验日期（{self.last_on}）")


@lru_cache(maxsize=4096)  # asked for by each record of a file, and there are few months
def check_life(manufactured_on: Due, scrap_on: Due) -> None:
    """Refuse months that do not exist, and a life that ends before it begins."""
    made, scrapped = existing("manufactured_on", manufactured_on), existing("scrap_on", scrap_on)
    require(scrapped > made, "scrap_on", scrap_on, f"应晚于制造日期（{manufactured_on}）")


def unfit(state: CylinderState, scrap_on: Due, inspection: Inspection, day: date) -> Iterator[Reason]:
    """Find what is wrong with a cylinder itself on this day, the gravest first."""
    if state == "scrapped":
        yield Reason.SCRAPPED
    if last_day(scrap_on) < day:
        yield Reason.OVER_LIFE
    if inspection.result == "fail":  # an inspection ends in "fit" or "to be scrapped"
        yield Reason.FAILED
    if last_day(inspection.next_on) < day:
        yield Reason.OVERDUE


def needs_purge(inspection: Inspection, purged_on: date | None, filled_on: date | None, day: date) -> bool:
    """Return whether air may be in it: new or newly inspected, and neither purged nor filled since (DOMAIN 2.7).

    Who inspects purges afterwards, on the same day at the earliest. A fill in an inspection's month, where that is
    known by its month only, may have come before it; what is dated after `day` proves nothing.
    """
    last_on = inspection.last_on
    if purged_on is not None and purged_on <= day and (last_on is None or purged_on >= first_day(last_on)):
        return False
    if filled_on is None or filled_on > day:
        return True
    return last_on is not None and filled_on <= last_day(last_on)

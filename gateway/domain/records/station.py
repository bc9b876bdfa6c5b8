"""Filling stations (DOMAIN 2.8): what one may fill, until when, and by which measures."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from stdnum.cn import uscc

from gateway.domain import masks
from gateway.domain.calendar import today
from gateway.domain.records.base import (
    District,
    Facts,
    Name,
    Number,
    PartyId,
    Phone,
    RecordType,
    require,
)
from gateway.domain.reply import Plain
from gateway.domain.trace import Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

Gas = Literal["LPG", "CNG", "LNG"]


class Dispenser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gun or a scale: a measure that trade is done by, so verified by the day stored (计量法; R38)."""

    number: Number
    kind: Literal["gun", "scale"]
    gas: Gas | None = None
    verified_to: date


class Station(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One filling station, keyed by its party's id. Its keys and registered phones are no part of the record."""

    station_id: PartyId
    name: Name
    uscc: str | None = None  # unified social credit code
    address: Name
    district: District
    gases: Annotated[tuple[Gas, ...], msgspec.Meta(min_length=1, max_length=3)]  # it is licensed for
    licence_no: Number
    licence_valid_from: date | None = None
    licence_valid_to: date  # the last day
    responsible: Name | None = None
    duty_phone: Phone
    dispensers: Annotated[tuple[Dispenser, ...], msgspec.Meta(max_length=200)] = ()
    state: Literal["open", "suspended"] = "open"
    suspended_for: Name | None = None

    def __post_init__(self) -> None:
        """Check the credit code, the licence's days and that no dispenser is there twice."""
        code, begins, numbers = self.uscc, self.licence_valid_from, [one.number for one in self.dispensers]
        require(code is None or uscc.is_valid(code), "uscc", code, "统一社会信用代码校验不通过")
        ordered = begins is None or begins <= self.licence_valid_to
        require(ordered, "licence_valid_to", self.licence_valid_to, f"早于许可开始日期（{begins}）")
        twice = next((number for number in numbers if numbers.count(number) > 1), None)
        require(twice is None, "dispensers.number", twice, "重复")

    def licensed(self, day: date) -> bool:
        """Return whether its licence holds on this day."""
        return (self.licence_valid_from is None or self.licence_valid_from <= day) and day <= self.licence_valid_to

    def operates(self, day: date) -> bool:
        """Return whether it may fill anything on this day: open and licensed."""
        return self.state == "open" and self.licensed(day)

    def may_fill(self, gas: str, day: date) -> bool:
        """Return whether it may fill this gas on this day."""
        return self.operates(day) and gas in self.gases

    def unverified(self, day: date) -> tuple[Dispenser, ...]:
        """Return the dispensers whose verification is over."""
        return tuple(one for one in self.dispensers if one.verified_to < day)


def _judge(station: Station, _trace: Trace, _standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.8; a dispenser that is overdue is told of, but is no verdict on the station."""
    day = today(now)
    if station.state == "suspended":
        return Decision(Verdict.SUSPENDED, "state suspended", ("SUSPENDED",))
    if not station.licensed(day):
        return Decision(Verdict.LICENCE_EXPIRED, "no licence on this day", ("STATION_UNLICENSED",))
    overdue = ("DISPENSER_OVERDUE",) if station.unverified(day) else ()
    return Decision(Verdict.STATION_OK, "licence valid", overdue)


def _values(station: Station, day: date) -> dict[str, Plain]:
    begins = station.licence_valid_from
    return {
        "station": station.name,
        "address": station.address,
        "gases": "、".join(station.gases),
        "licence_no": station.licence_no,
        "licence_valid_to": station.licence_valid_to.isoformat(),
        "licence_from": begins.isoformat() if begins and begins > day else None,
        "responsible": masks.person(station.responsible) if station.responsible else None,
        "duty_phone": station.duty_phone,
        "suspended_for": station.suspended_for,
        "dispensers_overdue": len(station.unverified(day)) or None,
    }


def _facts(station: Station) -> Facts:
    return Facts(
        station.state,
        station.district,
        "+".join(sorted(station.gases)),
        due_on=station.licence_valid_to,
        parties={"owner": station.station_id},
    )


STATION = RecordType(
    name="station",
    classes=frozenset({8}),
    policy=RepeatPolicy.OPEN,
    model=Station,
    judge=_judge,
    values=_values,
    facts=_facts,
    key=lambda station: station.station_id,
    recordless=Verdict.TRACE_INCOMPLETE,
)

"""Lifts (DOMAIN 2.9): asked for by the local number on the sign in the car; no label of ours, nothing counted."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import Due, last_day, local, short_day, today
from gateway.domain.records.base import (
    District,
    Entry,
    Facts,
    Fault,
    Name,
    Number,
    PartyId,
    Phone,
    RecordType,
    existing,
    future,
    is_stale,
    require,
    too_late,
)
from gateway.domain.reply import Plain
from gateway.domain.trace import Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

# The 20-digit form: class of equipment (lifts begin with 3), district GB/T 2260, year and month, serial (DOMAIN 2.9).
_REGISTRATION = re.compile(r"3[0-9]{3}[0-9]{6}[0-9]{4}(?:0[1-9]|1[0-2])[0-9]{4}\Z")

State = Literal["normal", "fault", "trapped", "stopped", "scrapped"]


class Lift(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lift. The maintenance worker's name is masked in answers; the address is a public place."""

    local_no: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5,6}$")]
    registration_code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{17,21}$")] | None = None
    equipment_code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{17,21}$")] | None = None
    address: Name  # with building, unit and car, as people there call it
    district: District | None = None  # whose regulator is told of events
    site_category: Name | None = None
    use_unit: Name
    use_unit_id: PartyId | None = None
    maintenance_unit: Name
    maintenance_unit_id: PartyId | None = None
    maintenance_licence_valid_to: date | None = None
    manufacturer: Name | None = None
    installation_unit: Name | None = None
    installed_on: date | None = None
    inspection_body: Name | None = None
    emergency_phone: Phone
    last_maintenance_on: date | None = None
    # "At least every 15 days"; on-demand maintenance pilots have an interval of their own.
    interval_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 15
    maintainer: Name | None = None
    next_inspection: Due
    next_self_test: Due | None = None
    state: State = "normal"
    since: datetime | None = None
    state_source: Name | None = None
    monitor_id: Number | None = None
    monitor_seen_at: datetime | None = None  # when its own monitor was last heard; None: not reported singly

    def __post_init__(self) -> None:
        """Check days and the structure of the 20-digit registration code."""
        existing("next_inspection", self.next_inspection)
        if self.next_self_test is not None:
            existing("next_self_test", self.next_self_test)
        code = self.registration_code
        structured = code is None or len(code) != 20 or bool(_REGISTRATION.match(code))
        require(structured, "registration_code", code, "20位注册代码应为：3开头的类别4位、地区6位、年月6位、序号4位")
        for name, at in (("since", self.since), ("monitor_seen_at", self.monitor_seen_at)):
            require(at is None or at.tzinfo is not None, name, at, "缺少时区")


def _judge(lift: Lift, trace: Trace, _standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.9; the first rule that matches wins."""
    day = today(now)
    served = lift.last_maintenance_on
    match lift.state:
        case "scrapped" | "stopped":
            return Decision(Verdict.ELEV_STOPPED, f"state {lift.state}", (lift.state.upper(),))
        case "trapped" | "fault":
            return Decision(Verdict.ELEV_FAULT, f"state {lift.state}", (lift.state.upper(),))
        case "normal":
            pass
    if day > last_day(lift.next_inspection):
        return Decision(Verdict.ELEV_INSP_OVERDUE, "inspection overdue", ("INSPECTION_OVERDUE",))
    if served is not None and (day - served).days > lift.interval_days:
        return Decision(Verdict.ELEV_MAINT_OVERDUE, "maintenance overdue", ("MAINTENANCE_OVERDUE",))
    if is_stale(trace.source_at, now):
        return Decision(Verdict.ELEV_UNCONFIRMED, "source stale", ("STALE_DATA",))
    if lift.monitor_seen_at is not None and is_stale(lift.monitor_seen_at, now):
        return Decision(Verdict.ELEV_UNCONFIRMED, "monitor silent", ("MONITOR_SILENT",))
    if served is None:
        return Decision(Verdict.ELEV_UNCONFIRMED, "no maintenance on record", ("NO_MAINTENANCE_RECORD",))
    if served > day:  # a slip of the pen would keep the lift in order until that day and long after
        return Decision(Verdict.ELEV_UNCONFIRMED, "maintenance dated ahead", ("MAINTENANCE_IN_FUTURE",))
    return Decision(Verdict.ELEV_OK, "in order")


def _values(lift: Lift, day: date) -> dict[str, Plain]:
    served = lift.last_maintenance_on
    return {
        "lift_no": lift.local_no,
        "address": lift.address,
        "use_unit": lift.use_unit,
        "maintenance_unit": lift.maintenance_unit,
        "maintainer": masks.worker(lift.maintainer) if lift.maintainer else None,
        "manufacturer": lift.manufacturer,
        "inspection_body": lift.inspection_body,
        "emergency_phone": lift.emergency_phone,
        "last_maintenance_on": short_day(served, day) if served else None,
        "next_inspection": lift.next_inspection,
        "trapped": lift.state == "trapped",
        "scrapped": lift.state == "scrapped",
    }


def _facts(lift: Lift) -> Facts:
    parties = {"use_unit": lift.use_unit_id, "maintenance": lift.maintenance_unit_id}
    return Facts(
        lift.state,
        lift.district,
        category=lift.site_category,
        due_on=last_day(lift.next_inspection),
        served_on=lift.last_maintenance_on,
        parties={role: party for role, party in parties.items() if party},
        aliases=(f"registration/{lift.registration_code}",) if lift.registration_code else (),
    )


def _entry(lift: Lift, entry: Entry) -> Iterator[Fault]:
    yield from future(
        entry,
        {
            "installed_on": lift.installed_on,
            "last_maintenance_on": lift.last_maintenance_on,
            "since": local(lift.since).date() if lift.since else None,
        },
    )
    yield from too_late(entry.today, "next_inspection", lift.next_inspection)
    yield from too_late(entry.today, "next_self_test", lift.next_self_test)


LIFT = RecordType(
    name="lift",
    classes=frozenset(),
    policy=RepeatPolicy.OPEN,
    model=Lift,
    judge=_judge,
    values=_values,
    facts=_facts,
    key=lambda lift: lift.local_no,
    recordless=Verdict.UNKNOWN,
    entry=_entry,
    public_key=True,
    live=True,
)

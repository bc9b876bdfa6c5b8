"""LPG cylinders (DOMAIN 2.6). The label is the one-time seal of one fill; the record behind it is the cylinder."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import Due, last_day, local, short_day, today
from gateway.domain.records.base import Days, Facts, Name, Number, Phone, RecordType, is_stale, lies_ahead, require
from gateway.domain.reply import Plain
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

Kilograms = Annotated[float, msgspec.Meta(ge=0, le=1000)]

# A seal is scanned on after the fill, the check and the leak test, at the latest when the shift ends. A fill older
# than that against its seal belongs to the seal before; no cylinder is emptied and filled again within it.
BINDING_TAKES = timedelta(hours=12)


class Inspection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The periodic inspection; `next_on` is stored as reported, never computed. A new cylinder has only that."""

    next_on: Due
    last_on: Due | None = None
    body: Name | None = None
    result: Literal["pass", "fail"] = "pass"

    def __post_init__(self) -> None:
        """Check that both days exist and follow one another."""
        due = last_day(self.next_on)
        if self.last_on is not None:
            require(due > last_day(self.last_on), "inspection.next_on", self.next_on, "is not after last_on")


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last fill and who did it; `licence_valid_to` is the filling licence's last day."""

    station: Name
    station_phone: Phone | None = None
    licence_no: Number
    licence_valid_to: date
    at: datetime
    weight_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    gas: Name = "LPG"
    scale_id: Number | None = None
    seal: Number | None = None  # the code of the seal put on, where the station reports it
    operator: Name | None = None
    operator_certificate: Number | None = None
    checks_passed: bool = True  # before and after filling, and the leak test: all must pass before it leaves
    residue_kg: Kilograms | None = None
    residue_treatment: Name | None = None

    def __post_init__(self) -> None:
        """Refuse a time whose zone would be a guess."""
        require(self.at.tzinfo is not None, "last_fill.at", self.at, "has no time zone")


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who brings it. His photograph, ID card and phone are the regulator's and not in this record (DOMAIN 0.7)."""

    name: Name
    staff_no: Number
    selling_unit: Name | None = None


class Cylinder(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cylinder, keyed by its stamp number."""

    cylinder_no: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{4,20}$")]
    maker: Name
    maker_licence: Number | None = None
    model: Name  # YSP12, YSP35.5, YSP118, ...
    volume_l: Annotated[float, msgspec.Meta(gt=0, le=2000)] | None = None
    tare_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    max_fill_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    manufactured_on: Due
    design_life_years: Annotated[int, msgspec.Meta(ge=1, le=40)] | None = None
    scrap_on: Due  # as stamped or decided: lives differ, so it is stored and never computed (DOMAIN 2.6)
    state: Literal["in_use", "scrapped"] = "in_use"
    inspection: Inspection
    owner: Name
    owner_phone: Phone
    use_category: Literal["household", "industrial", "catering"] = "household"
    seal_no: Number | None = None
    seal_state: Literal["intact", "broken", "absent"] = "intact"
    last_fill: Fill | None = None
    delivery: Delivery | None = None
    remind_days: Days = 30

    def __post_init__(self) -> None:
        """Check weights and the order of months."""
        made = last_day(self.manufactured_on)
        require(last_day(self.scrap_on) > made, "scrap_on", self.scrap_on, "is not after manufactured_on")
        if self.last_fill is not None:
            weight = self.last_fill.weight_kg
            require(
                weight <= self.max_fill_kg, "last_fill.weight_kg", weight, f"exceeds max_fill_kg {self.max_fill_kg}"
            )


def _judge(cylinder: Cylinder, trace: Trace, _standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.6 behind an active seal; the first rule that matches wins."""
    return (
        _worn_out(cylinder, today(now))
        or _tampered(cylinder)
        or _filled_wrongly(cylinder, trace)
        or _unproven(cylinder, trace, now)
        or _due(cylinder, today(now))
    )


def _worn_out(cylinder: Cylinder, day: date) -> Decision | None:
    if cylinder.state == "scrapped":
        return Decision(Verdict.CYL_SCRAPPED, "state scrapped", ("SCRAPPED",))
    if last_day(cylinder.scrap_on) < day:
        return Decision(Verdict.CYL_SCRAPPED, "scrap day passed", ("OVER_LIFE",))
    if cylinder.inspection.result == "fail":  # an inspection ends in "fit" or "to be scrapped"
        return Decision(Verdict.CYL_SCRAPPED, "inspection failed", ("FAILED",))
    if last_day(cylinder.inspection.next_on) < day:
        return Decision(Verdict.CYL_OVERDUE, "inspection overdue", ("OVERDUE",))
    return None


def _tampered(cylinder: Cylinder) -> Decision | None:
    if cylinder.seal_state == "intact":
        return None
    return Decision(Verdict.SEAL_BROKEN, f"seal {cylinder.seal_state}", (f"SEAL_{cylinder.seal_state.upper()}",))


def _filled_wrongly(cylinder: Cylinder, trace: Trace) -> Decision | None:
    fill = cylinder.last_fill
    if fill is not None and fill.licence_valid_to < today(fill.at):
        return Decision(Verdict.FILL_UNLICENSED, "station's licence had expired", ("STATION_UNLICENSED",))
    since = _sealed_since(trace.label)
    if fill is None or (since is not None and fill.at < since) or fill.seal not in (None, trace.code):
        return Decision(Verdict.NO_FILL_RECORD, "no fill under this seal", ("NO_FILL_RECORD",))
    return None


def _sealed_since(label: Label | None) -> datetime | None:
    """Return the earliest time a fill under this seal can have; None when the seal bears no time."""
    if label is None:
        return None
    bound = label.bound_at - BINDING_TAKES if label.bound_at else None
    return max((moment for moment in (label.issued_at, bound) if moment), default=None)


def _unproven(cylinder: Cylinder, trace: Trace, now: datetime) -> Decision | None:
    fill = cylinder.last_fill
    doubts = {
        "STALE_DATA": is_stale(trace.source_at, now),
        "SEAL_UNDATED": _sealed_since(trace.label) is None,
        "FILL_IN_FUTURE": fill is not None and lies_ahead(fill.at, now),
        "CHECK_FAILED": fill is not None and not fill.checks_passed,
    }
    reasons = tuple(name for name, doubted in doubts.items() if doubted)
    return Decision(Verdict.CYL_UNCONFIRMED, "cannot be confirmed", reasons) if reasons else None


def _due(cylinder: Cylinder, day: date) -> Decision:
    if (last_day(cylinder.inspection.next_on) - day).days <= cylinder.remind_days:
        return Decision(Verdict.CYL_DUE_SOON, "inspection due soon", ("DUE_SOON",))
    return Decision(Verdict.CYL_OK, "in order")


def _values(cylinder: Cylinder, day: date) -> dict[str, Plain]:
    fill, delivery = cylinder.last_fill, cylinder.delivery
    return {
        "cylinder_no": masks.cylinder(cylinder.cylinder_no),
        "model": cylinder.model,
        "owner": cylinder.owner,
        "owner_phone": cylinder.owner_phone,
        "next_inspection": cylinder.inspection.next_on,
        "inspection_failed": cylinder.inspection.result == "fail",
        "scrap_on": cylinder.scrap_on,
        "over_life": last_day(cylinder.scrap_on) < day,
        "station": fill.station if fill else None,
        "station_phone": fill.station_phone if fill else None,
        "filled_on": short_day(local(fill.at).date(), day) if fill else None,
        "fill_kg": f"{fill.weight_kg:g}" if fill else None,
        "licence_valid_to": fill.licence_valid_to.isoformat() if fill else None,
        "seal_absent": cylinder.seal_state == "absent",
        "courier": masks.worker(delivery.name) if delivery else None,
        "courier_no": delivery.staff_no if delivery else None,
    }


def _facts(cylinder: Cylinder) -> Facts:
    fill = cylinder.last_fill
    return Facts(
        cylinder.state,
        category=cylinder.use_category,
        due_on=last_day(cylinder.inspection.next_on),
        served_on=local(fill.at).date() if fill else None,
        aliases=(f"cylinder/{cylinder.cylinder_no}",),
    )


LPG = RecordType(
    name="lpg",
    classes=frozenset({6}),
    policy=RepeatPolicy.OPEN,
    model=Cylinder,
    judge=_judge,
    values=_values,
    facts=_facts,
    key=lambda cylinder: cylinder.cylinder_no,
    recordless=Verdict.CYL_UNCONFIRMED,
    live=True,
    label_verdicts={LabelState.CONSUMED: Verdict.SEAL_USED, LabelState.SCRAPPED: Verdict.CYL_SCRAPPED},
)

"""LPG cylinders (DOMAIN 2.6). The label is the one-time seal of one fill; the record behind it is the cylinder."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import Due, first_day, last_day, local, short_day, today
from gateway.domain.records.base import (
    Days,
    Entry,
    Facts,
    Fault,
    Name,
    Number,
    PartyId,
    Phone,
    RecordType,
    future,
    is_stale,
    lies_ahead,
    require,
    too_late,
    too_long,
)
from gateway.domain.records.cylinder import (
    CylinderState,
    Inspection,
    Litres,
    Reason,
    StampNo,
    by_gravity,
    check_life,
    needs_purge,
    unfit,
)
from gateway.domain.records.delivery import CylinderPrivate, Delivery
from gateway.domain.reply import Plain
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

Kilograms = Annotated[float, msgspec.Meta(ge=0, le=1000)]

# A seal is scanned on after the fill, the check and the leak test, at the latest when the shift ends. A fill older
# than that against its seal belongs to the seal before; no cylinder is emptied and filled again within it.
BINDING_TAKES = timedelta(hours=12)


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last fill and who did it; `licence_valid_to` is the filling licence's last day."""

    station: Name
    station_id: PartyId | None = None
    station_phone: Phone | None = None
    licence_no: Number
    licence_valid_to: date
    # Why it should not have been, as the books stood when it was reported: whoever fills does not say so himself.
    denied: tuple[Reason, ...] = ()
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
    residue_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a time whose zone would be a guess."""
        require(self.at.tzinfo is not None, "last_fill.at", self.at, "缺少时区")


class Cylinder(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cylinder, keyed by its stamp number; registered to one station and filled there only (DB4114/T185)."""

    cylinder_no: StampNo
    maker: Name
    maker_licence: Number | None = None
    model: Name  # YSP12, YSP35.5, YSP118, ...
    volume_l: Litres | None = None
    tare_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    max_fill_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    manufactured_on: Due
    design_life_years: Annotated[int, msgspec.Meta(ge=1, le=40)] | None = None
    scrap_on: Due  # as stamped or decided: lives differ, so it is stored and never computed (DOMAIN 2.6)
    state: CylinderState = "in_use"
    inspection: Inspection
    purged_on: date | None = None  # last purged or evacuated: what a new or newly inspected one needs before its fill
    hold: Name | None = None  # the regulator forbids to fill it; why
    owner: Name
    owner_station: PartyId | None = None  # the station it is registered to
    owner_phone: Phone
    use_category: Literal["household", "industrial", "catering"] = "household"
    seal_no: Number | None = None
    seal_state: Literal["intact", "broken", "absent"] = "intact"
    last_fill: Fill | None = None
    delivery: Delivery | None = None
    remind_days: Days = 30

    def __post_init__(self) -> None:
        """Check weights and the order of months."""
        check_life(self.manufactured_on, self.scrap_on)
        if self.last_fill is not None:
            weight, limit = self.last_fill.weight_kg, self.max_fill_kg
            require(weight <= limit, "last_fill.weight_kg", weight, f"超过最大充装量（{limit:g}kg）")

    @property
    def gas(self) -> str:
        """Return what a station must be licensed for to fill it."""
        return "LPG"

    @property
    def filled_on(self) -> date | None:
        """Return the day of the last fill."""
        return local(self.last_fill.at).date() if self.last_fill else None

    @property
    def fillable_until(self) -> date:
        """Return the last day on which neither its inspection nor its life is over."""
        return min(last_day(self.inspection.next_on), last_day(self.scrap_on))

    def unfillable(self, day: date) -> tuple[Reason, ...]:
        """Return why it must not be filled on this day, the gravest reason first; the station's part is not in it."""
        unpurged = needs_purge(self.inspection, self.purged_on, self.filled_on, day)
        reasons = {
            Reason.HOLD_BY_REGULATOR: self.hold is not None,
            Reason.FIRST_FILL_NEEDS_PURGE: unpurged,
            Reason.NO_CERT: self.owner_station is None,
        }
        return by_gravity(
            [
                *unfit(self.state, self.scrap_on, self.inspection, day),
                *(name for name, holds in reasons.items() if holds),
            ]
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


_WORN_OUT = {
    Reason.SCRAPPED: (Verdict.CYL_SCRAPPED, "state scrapped"),
    Reason.OVER_LIFE: (Verdict.CYL_SCRAPPED, "scrap day passed"),
    Reason.FAILED: (Verdict.CYL_SCRAPPED, "inspection failed"),
    Reason.OVERDUE: (Verdict.CYL_OVERDUE, "inspection overdue"),
}


def _worn_out(cylinder: Cylinder, day: date) -> Decision | None:
    for reason in unfit(cylinder.state, cylinder.scrap_on, cylinder.inspection, day):
        verdict, rule = _WORN_OUT[reason]
        return Decision(verdict, rule, (reason,))
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
    doubts: dict[str, bool] = {
        Reason.STALE_DATA: is_stale(trace.source_at, now),
        Reason.HOLD_BY_REGULATOR: cylinder.hold is not None,
        "SEAL_UNDATED": _sealed_since(trace.label) is None,
        "FILL_IN_FUTURE": fill is not None and lies_ahead(fill.at, now),
        "CHECK_FAILED": fill is not None and not fill.checks_passed,
    }
    denied = fill.denied if fill is not None else ()
    reasons = tuple(dict.fromkeys([*denied, *(name for name, doubted in doubts.items() if doubted)]))
    return Decision(Verdict.CYL_UNCONFIRMED, "cannot be confirmed", reasons) if reasons else None


def _due(cylinder: Cylinder, day: date) -> Decision:
    if (last_day(cylinder.inspection.next_on) - day).days <= cylinder.remind_days:
        return Decision(Verdict.CYL_DUE_SOON, "inspection due soon", ("DUE_SOON",))
    return Decision(Verdict.CYL_OK, "in order")


def _values(cylinder: Cylinder, day: date) -> dict[str, Plain]:
    delivery = cylinder.delivery
    return {
        "cylinder_no": masks.cylinder(cylinder.cylinder_no),
        "model": cylinder.model,
        "maker": cylinder.maker,
        "owner": cylinder.owner,
        "owner_phone": cylinder.owner_phone,
        "next_inspection": cylinder.inspection.next_on,
        "inspection_body": cylinder.inspection.body,
        "inspection_failed": cylinder.inspection.result == "fail",
        "scrap_on": cylinder.scrap_on,
        "over_life": last_day(cylinder.scrap_on) < day,
        "seal_absent": cylinder.seal_state == "absent",
        "courier": masks.worker(delivery.name) if delivery else None,
        "courier_no": delivery.staff_no if delivery else None,
        "seller": delivery.selling_unit if delivery else None,
        **(_fill_values(cylinder.last_fill, day) if cylinder.last_fill else {}),
    }


def _fill_values(fill: Fill, day: date) -> dict[str, Plain]:
    certificate = fill.operator_certificate
    return {
        "station": fill.station,
        "station_phone": fill.station_phone,
        "filled_on": short_day(local(fill.at).date(), day),
        "fill_kg": f"{fill.weight_kg:g}",
        "fill_operator": masks.worker(fill.operator) if fill.operator else None,
        "operator_certificate": masks.certificate(certificate) if certificate else None,
        "residue_kg": f"{fill.residue_kg:g}" if fill.residue_kg is not None else None,
        "licence_no": fill.licence_no,
        "licence_valid_to": fill.licence_valid_to.isoformat(),
    }


def _facts(cylinder: Cylinder) -> Facts:
    fill, delivery = cylinder.last_fill, cylinder.delivery
    parties = {"owner": cylinder.owner_station} if cylinder.owner_station else {}
    if fill is not None and fill.station_id:
        parties["filler"] = fill.station_id
    if delivery is not None and delivery.selling_unit_id:
        parties["seller"] = delivery.selling_unit_id
    return Facts(
        cylinder.state,
        category=cylinder.use_category,
        due_on=last_day(cylinder.inspection.next_on),
        served_on=cylinder.filled_on,
        parties=parties,
        aliases=(f"cylinder/{cylinder.cylinder_no}",),
    )


def _entry(cylinder: Cylinder, entry: Entry) -> Iterable[Fault]:
    fill, inspected = cylinder.last_fill, cylinder.inspection.last_on
    faults = future(
        entry,
        {
            "manufactured_on": first_day(cylinder.manufactured_on),
            "inspection.last_on": first_day(inspected) if inspected else None,
            "purged_on": cylinder.purged_on,
            "last_fill.at": cylinder.filled_on,
            "last_fill.residue_on": fill.residue_on if fill else None,
        },
    )
    late = too_late(entry.today, "inspection.next_on", cylinder.inspection.next_on)
    return [*faults, *late, *too_long("scrap_on", cylinder.manufactured_on, cylinder.scrap_on)]


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
    entry=_entry,
    private=CylinderPrivate,
    live=True,
    label_verdicts={LabelState.CONSUMED: Verdict.SEAL_USED, LabelState.SCRAPPED: Verdict.CYL_SCRAPPED},
)

"""Melon and apple-pear (DOMAIN 2.5): an open code on the box or the fruit; a repeat is information, never a warning."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import shifted, short_day
from gateway.domain.inputs import InputKind
from gateway.domain.records.base import Entry, Fault, Name, Number, RecordType, require
from gateway.domain.records.goods import (
    Batch,
    TestReport,
    batch_entry,
    batch_facts,
    batch_key,
    batch_values,
    input_faults,
    judge,
)
from gateway.domain.reply import Plain
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict

# A residue test older than this at picking says nothing of the fruit (DOMAIN 2.5).
_TEST_BEFORE_PICKING = 7  # days

_Interval = Annotated[int, msgspec.Meta(ge=0, le=365)]


class Pesticide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One application; name, dose and operator are for the firm and the regulator, the last day is public."""

    name: Name
    applied_on: date
    safety_interval_days: _Interval
    # Pesticide registration, `PD` and the year's number.
    registration_no: Annotated[str, msgspec.Meta(pattern=r"^(PD|PDN|WP|LS)[0-9A-Z-]{4,20}$")] | None = None
    dose: Name | None = None
    operator: Name | None = None

    @property
    def free_on(self) -> date:
        """Return the first day on which the crop may be picked."""
        return shifted(self.applied_on, self.safety_interval_days)


class Fertiliser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One application of fertiliser; for the firm and the regulator."""

    name: Name
    applied_on: date


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The producer's 承诺达标合格证 (农业农村部令2025年第4号); `basis` is what the promise rests on.

    Its other mandatory words stand in the record: product, quantity, producer, place; his phone is `hotline`.
    """

    number: Number
    issued_on: date
    basis: Name
    promise: Name | None = None


class Plot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it grew, in degrees; the bounds are China's, so that swapped numbers are noticed."""

    latitude: Annotated[float, msgspec.Meta(ge=3, le=54)]
    longitude: Annotated[float, msgspec.Meta(ge=73, le=136)]


class Melon(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picked lot. `pesticides` None: nothing was declared; empty: declared that none were used.

    Picking inside a safety interval is recorded and told, not refused: the grower is warned (R29), and the trace has
    a gap that no citizen hears called whole.
    """

    origin: Name
    plot: Plot | None = None
    cooperative: Name
    grower: Name | None = None
    planted_on: date | None = None
    picked_on: date
    pesticides: tuple[Pesticide, ...] | None = None
    fertilisers: tuple[Fertiliser, ...] = ()
    test_report: TestReport | None = None
    commitment: Commitment | None = None
    quantity_kg: Annotated[int, msgspec.Meta(gt=0)] | None = None
    grade: Name | None = None
    shipped_to: Name | None = None

    def __post_init__(self) -> None:
        """Check the order of days."""
        super().__post_init__()
        planted, picked = self.planted_on, self.picked_on
        require(planted is None or planted < picked, "planted_on", planted, f"种植日期应早于采收日期{picked}")
        if self.test_report is not None:
            tested = self.test_report.tested_on
            oldest = shifted(picked, -_TEST_BEFORE_PICKING)
            require(tested >= oldest, "test_report.tested_on", tested, f"检测日期早于采收前7天（{oldest}），须重新检测")

    @property
    def made_on(self) -> date:
        """Return the day of picking."""
        return self.picked_on

    @property
    def free_on(self) -> date | None:
        """Return the first day on which all safety intervals are over; None where nothing was applied."""
        return max((use.free_on for use in self.pesticides or ()), default=None)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Name the links the trace lacks, and what makes the lot unlawful to sell."""
        report, free_on = self.test_report, self.free_on
        missing = {
            "TEST_FAILED": report is not None and report.result == "fail",
            "INSIDE_INTERVAL": free_on is not None and self.picked_on < free_on,
            "NO_TEST_REPORT": report is None,
            "NO_PESTICIDE_RECORD": self.pesticides is None,
            "NO_COMMITMENT": self.commitment is None,
        }
        return tuple(name for name, lacks in missing.items() if lacks)


def _entry(melon: Melon, entry: Entry) -> Iterator[Fault]:
    report, commitment = melon.test_report, melon.commitment
    uses = {f"pesticides[{at}]": use for at, use in enumerate(melon.pesticides or ())}
    dressings = {f"fertilisers[{at}]": use for at, use in enumerate(melon.fertilisers)}
    days = {
        "planted_on": melon.planted_on,
        "picked_on": melon.picked_on,
        "test_report.tested_on": report.tested_on if report else None,
        "commitment.issued_on": commitment.issued_on if commitment else None,
        **{f"{path}.applied_on": use.applied_on for path, use in (uses | dressings).items()},
    }
    yield from batch_entry(melon, entry, days)
    for path, use in uses.items():
        yield from input_faults(path, use.name, use.safety_interval_days, InputKind.PESTICIDE, entry)
    picked, free_on = melon.picked_on, melon.free_on
    if free_on is not None and picked < free_on:
        reason = f"采收日期在末次用药的安全间隔期内（应不早于{short_day(free_on, picked)}）"
        yield Fault("picked_on", picked.isoformat(), reason, "warning")
    if commitment is not None:
        for name, label, there in (("quantity_kg", "数量", melon.quantity_kg), ("hotline", "联系方式", melon.hotline)):
            if there is None:
                yield Fault(name, "", f"承诺达标合格证须有{label}", "warning")


def _values(record: Melon, day: date) -> dict[str, Plain]:
    report, plot = record.test_report, record.plot
    last_use = max((use.applied_on for use in record.pesticides or ()), default=None)
    return {
        **batch_values(record),
        "maker": record.cooperative,
        "origin": record.origin,
        "plot": f"{plot.latitude:.2f},{plot.longitude:.2f}" if plot else None,  # some 1 km: a village, not a yard
        "grower": masks.person(record.grower) if record.grower else None,
        "grade": record.grade,
        "produced_on": record.picked_on.isoformat(),
        "picked_on": short_day(record.picked_on, day),
        "last_pesticide_on": short_day(last_use, day) if last_use else None,
        "pesticide_free": record.pesticides == (),
        "tested_on": short_day(report.tested_on, day) if report and report.result == "pass" else None,
        "commitment_no": record.commitment.number if record.commitment else None,
    }


MELON = RecordType(
    name="melon",
    classes=frozenset({4}),
    policy=RepeatPolicy.OPEN,
    model=Melon,
    judge=judge,
    values=_values,
    facts=batch_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
    entry=_entry,
)

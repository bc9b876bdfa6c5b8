"""Melon and apple-pear (DOMAIN 2.5): an open code on the box or the fruit; a repeat is information, never a warning."""

from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from gateway.domain.calendar import short_day
from gateway.domain.records.base import Name, Number, Phone, RecordType, require
from gateway.domain.records.goods import Batch, batch_facts, batch_key, batch_values, judge
from gateway.domain.reply import Plain
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict

# Prohibited outright on every crop: the first list of 农业农村部《禁限用农药名录》(2019).
BANNED_PESTICIDES = frozenset(
    """
    六六六 滴滴涕 毒杀芬 二溴氯丙烷 杀虫脒 二溴乙烷 除草醚 艾氏剂 狄氏剂 汞制剂 砷类 铅类 敌枯双 氟乙酰胺 甘氟 毒鼠强
    氟乙酸钠 毒鼠硅 甲胺磷 对硫磷 甲基对硫磷 久效磷 磷胺 苯线磷 地虫硫磷 甲基硫环磷 磷化钙 磷化镁 磷化锌 硫线磷
    蝇毒磷 治螟磷 特丁硫磷 氯磺隆 胺苯磺隆 甲磺隆 福美胂 福美甲胂 三氯杀螨醇 林丹 硫丹 溴甲烷 氟虫胺 杀扑磷 百草枯
    2,4-滴丁酯
    """.split()  # noqa: SIM905 - quotes round each would hide the names
)
# A residue test older than this at picking says nothing of the fruit (DOMAIN 2.5).
_TEST_BEFORE_PICKING = timedelta(days=7)

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

    def __post_init__(self) -> None:
        """Refuse what may be used on no crop."""
        require(self.name not in BANNED_PESTICIDES, "pesticides.name", self.name, "is a prohibited pesticide")


class Fertiliser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One application of fertiliser."""

    name: Name
    applied_on: date


class TestReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A residue test of the batch."""

    report_no: Number
    body: Name
    tested_on: date
    result: Literal["pass", "fail"]
    items: Name | None = None


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The producer's 承诺达标合格证; `basis` is what the promise rests on."""

    number: Number
    issued_on: date
    basis: Name


class Melon(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picked lot. `pesticides` None: nothing was declared; empty: declared that none were used."""

    origin: Name
    cooperative: Name
    hotline: Phone | None = None
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
        """Check the order of days that makes the lot lawful to sell."""
        picked = self.picked_on
        require(
            self.planted_on is None or self.planted_on < picked,
            "planted_on",
            self.planted_on,
            "is not before picked_on",
        )
        for use in self.pesticides or ():
            free = use.applied_on + timedelta(days=use.safety_interval_days)
            require(
                picked >= free, "picked_on", picked, f"lies inside the safety interval of {use.name}, over on {free}"
            )
        if self.test_report is not None:
            tested = self.test_report.tested_on
            require(
                tested >= picked - _TEST_BEFORE_PICKING,
                "test_report.tested_on",
                tested,
                "is over 7 days before picked_on",
            )

    @property
    def made_on(self) -> date:
        """Return the day of picking."""
        return self.picked_on

    @property
    def gaps(self) -> tuple[str, ...]:
        """Name the links the trace lacks; a failed residue test is one too, since nothing then may be called whole."""
        report = self.test_report
        missing = {
            "TEST_FAILED": report is not None and report.result == "fail",
            "NO_TEST_REPORT": report is None,
            "NO_PESTICIDE_RECORD": self.pesticides is None,
            "NO_COMMITMENT": self.commitment is None,
        }
        return tuple(name for name, lacks in missing.items() if lacks)


def _values(record: Melon, day: date) -> dict[str, Plain]:
    report = record.test_report
    last_use = max((use.applied_on for use in record.pesticides or ()), default=None)
    return {
        **batch_values(record),
        "maker": record.cooperative,
        "hotline_of_maker": record.hotline,
        "origin": record.origin,
        "produced_on": record.picked_on.isoformat(),
        "picked_on": short_day(record.picked_on, day),
        "last_pesticide_on": short_day(last_use, day) if last_use else None,
        "pesticide_free": record.pesticides == (),
        "tested_on": short_day(report.tested_on, day) if report and report.result == "pass" else None,
        "test_failed": report is not None and report.result == "fail",
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
)

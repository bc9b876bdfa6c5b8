"""Liquor (DOMAIN 2.3): a covert code under a scratch coat; the first query is genuine, a later one a warning."""

from datetime import date, timedelta
from typing import Annotated

import msgspec
from stdnum import ean

from gateway.domain.records.base import Days, Name, Number, Phone, RecordType, require
from gateway.domain.records.goods import Batch, batch_facts, batch_key, batch_values, judge
from gateway.domain.reply import Plain
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict


class Liquor(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch of bottled liquor. `distributor`, `region` and `carton_code` are for the firm and the regulator only."""

    maker: Name
    hotline: Phone | None = None
    series: Name | None = None
    spec_ml: Annotated[int, msgspec.Meta(gt=0, le=100_000)]
    # Percent by volume; 80 is the plausibility bound of DOMAIN 2.3.
    alcohol_vol: Annotated[float, msgspec.Meta(gt=0, lt=80)]
    produced_on: date
    # Most baijiu above 10 %vol carries no best-before day; then EXPIRED never fires.
    shelf_life_days: Days | None = None
    # Food production licence: `SC` and 14 digits (DOMAIN 2.1).
    licence: Annotated[str, msgspec.Meta(pattern=r"^SC[0-9]{14}$")] | None = None
    standard_no: Number | None = None
    inspection_report_no: Number | None = None
    gtin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13,14}$")] | None = None
    distributor: Name | None = None
    region: Name | None = None
    carton_code: Number | None = None

    def __post_init__(self) -> None:
        """Check what needs more than one field or a check digit."""
        require(self.gtin is None or ean.is_valid(self.gtin), "gtin", self.gtin, "has a wrong check digit (mod 10)")
        if self.recall is not None:
            announced = self.recall.announced_on
            require(announced >= self.produced_on, "recall.announced_on", announced, "lies before produced_on")

    @property
    def made_on(self) -> date:
        """Return the day of bottling."""
        return self.produced_on

    @property
    def best_before(self) -> date | None:
        """Return the last good day, where the bottle states a shelf life."""
        return self.produced_on + timedelta(days=self.shelf_life_days) if self.shelf_life_days else None


def _values(record: Liquor, _day: date) -> dict[str, Plain]:
    return {
        **batch_values(record),
        "maker": record.maker,
        "hotline_of_maker": record.hotline,
        "series": record.series,
        "spec_ml": record.spec_ml,
        "produced_on": record.produced_on.isoformat(),
    }


LIQUOR = RecordType(
    name="liquor",
    classes=frozenset({1}),
    policy=RepeatPolicy.COVERT,
    model=Liquor,
    judge=judge,
    values=_values,
    facts=batch_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
)

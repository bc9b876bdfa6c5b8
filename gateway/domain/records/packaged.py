"""What a factory packs and labels: liquor, flour and tomato paste share these fields and rules (DOMAIN 2.3, 2.4)."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import msgspec
from stdnum import ean

from gateway.domain.calendar import shifted
from gateway.domain.records.base import Days, Entry, Fault, Name, Number, require
from gateway.domain.records.goods import Batch, TestReport, batch_entry, batch_values
from gateway.domain.reply import Plain


class Packaged(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch from one factory. `distributor` is for the firm and the regulator only."""

    maker: Name
    gtin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13,14}$")] | None = None
    produced_on: date
    shelf_life_days: Days | None = None
    # Food production licence: `SC` and 14 digits (DOMAIN 2.1).
    licence: Annotated[str, msgspec.Meta(pattern=r"^SC[0-9]{14}$")] | None = None
    standard_no: Number | None = None
    distributor: Name | None = None

    def __post_init__(self) -> None:
        """Check the bar code's digit beside what all goods check."""
        super().__post_init__()
        require(self.gtin is None or ean.is_valid(self.gtin), "gtin", self.gtin, "商品条码校验位不对")

    @property
    def made_on(self) -> date:
        """Return the day of bottling, milling or packing."""
        return self.produced_on

    @property
    def best_before(self) -> date | None:
        """Return the last good day, where a shelf life is stated."""
        return shifted(self.produced_on, self.shelf_life_days) if self.shelf_life_days else None


class Foodstuff(Packaged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch that must carry a best-before day; the lots it was made from are for the firm and the regulator."""

    shelf_life_days: Days
    grade: Name | None = None
    net_kg: Annotated[float, msgspec.Meta(gt=0, le=2000)]  # of one piece
    test_report: TestReport | None = None
    raw_material_lots: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        """Check that what was tested had been made."""
        super().__post_init__()
        if self.test_report is not None:
            tested = self.test_report.tested_on
            require(tested >= self.produced_on, "test_report.tested_on", tested, "检验日期早于生产日期")

    @property
    def gaps(self) -> tuple[str, ...]:
        """A failed test leaves nothing to vouch for; that none is on record is no gap, since the label is covert."""
        failed = self.test_report is not None and self.test_report.result == "fail"
        return ("TEST_FAILED",) if failed else ()


def packaged_values(record: Packaged) -> dict[str, Plain]:
    """Return the values every template of packaged goods may use."""
    return {
        **batch_values(record),
        "maker": record.maker,
        "produced_on": record.produced_on.isoformat(),
    }


def foodstuff_values(record: Foodstuff, _day: date) -> dict[str, Plain]:
    """Return the values a foodstuff's templates may use."""
    return {**packaged_values(record), "net_kg": f"{record.net_kg:g}", "grade": record.grade}


def packaged_entry(record: Packaged, entry: Entry) -> Iterator[Fault]:
    """Find days still to come."""
    report = record.test_report if isinstance(record, Foodstuff) else None
    tested_on = report.tested_on if report else None
    yield from batch_entry(record, entry, {"produced_on": record.produced_on, "test_report.tested_on": tested_on})

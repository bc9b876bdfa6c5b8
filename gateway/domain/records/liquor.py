"""Liquor (DOMAIN 2.3): a covert code under a scratch coat; the first query is genuine, a later one a warning."""

from datetime import date
from typing import Annotated

import msgspec

from gateway.domain.records.base import Facts, Name, Number, RecordType
from gateway.domain.records.goods import batch_facts, batch_key, judge
from gateway.domain.records.packaged import Packaged, packaged_entry, packaged_values
from gateway.domain.reply import Plain
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict


class Liquor(Packaged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch of bottled liquor. Most baijiu above 10 %vol states no shelf life; then EXPIRED never fires.

    `distributor`, `region` and `carton_code`, which tell where it may be sold, are for the firm and the regulator.
    """

    series: Name | None = None
    spec_ml: Annotated[int, msgspec.Meta(gt=0, le=100_000)]
    # Percent by volume; 80 is the plausibility bound of DOMAIN 2.3.
    alcohol_vol: Annotated[float, msgspec.Meta(gt=0, lt=80)]
    inspection_report_no: Number | None = None
    region: Name | None = None
    carton_code: Number | None = None


def _values(record: Liquor, _day: date) -> dict[str, Plain]:
    return {**packaged_values(record), "series": record.series, "spec_ml": record.spec_ml}


def _facts(record: Liquor) -> Facts:
    aliases = (f"carton/{record.carton_code}",) if record.carton_code else ()
    return msgspec.structs.replace(batch_facts(record), aliases=aliases)


LIQUOR = RecordType(
    name="liquor",
    classes=frozenset({1}),
    policy=RepeatPolicy.COVERT,
    model=Liquor,
    judge=judge,
    values=_values,
    facts=_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
    entry=packaged_entry,
)

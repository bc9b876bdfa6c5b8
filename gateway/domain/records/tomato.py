"""Tomato paste (DOMAIN 2.4): a covert code on the can or the drum."""

from typing import Annotated

import msgspec

from gateway.domain.records.base import Name, Number, RecordType
from gateway.domain.records.goods import batch_facts, batch_key, judge
from gateway.domain.records.packaged import Foodstuff, foodstuff_values, packaged_entry
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict


class TomatoPaste(Foodstuff, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch of concentrate."""

    brix: Annotated[float, msgspec.Meta(gt=0, lt=100)] | None = None  # soluble solids, percent by mass
    container_no: Number | None = None  # of the drum or can
    raw_tomato_base: Name | None = None  # where the tomatoes grew
    sterilisation_lot: Number | None = None


TOMATO = RecordType(
    name="tomato",
    classes=frozenset({3}),
    policy=RepeatPolicy.COVERT,
    model=TomatoPaste,
    judge=judge,
    values=foodstuff_values,
    facts=batch_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
    entry=packaged_entry,
)

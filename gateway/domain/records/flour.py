"""Wheat flour (DOMAIN 2.4): a covert code on the bag."""

from typing import Annotated, Literal

import msgspec

from gateway.domain.records.base import Name, RecordType
from gateway.domain.records.goods import batch_facts, batch_key, judge
from gateway.domain.records.packaged import Foodstuff, foodstuff_values, packaged_entry
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict


class Flour(Foodstuff, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A milling batch."""

    wheat_origin: Name | None = None
    ash_percent: Annotated[float, msgspec.Meta(gt=0, lt=5)] | None = None
    gluten: Literal["high", "medium", "low"] | None = None
    additives: Name | None = None  # the bag's own statement, e.g. 无添加


FLOUR = RecordType(
    name="flour",
    classes=frozenset({2}),
    policy=RepeatPolicy.COVERT,
    model=Flour,
    judge=judge,
    values=foodstuff_values,
    facts=batch_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
    entry=packaged_entry,
)

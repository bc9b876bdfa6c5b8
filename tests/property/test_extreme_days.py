"""Days at the ends of the calendar, which only a slip or an attack writes: no record type stumbles over them."""

import re
from datetime import UTC, date, datetime
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import shifted, today
from gateway.domain.inputs import Inputs
from gateway.domain.judgement import clause, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Record, Standing
from tests.builders.traces import (
    NOW,
    a_cylinder,
    a_flour,
    a_lift,
    a_liquor,
    a_meat,
    a_melon,
    a_station,
    a_tomato,
    a_trace,
    a_vehicle,
)

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"

_DAY, _MOMENT, _DUE = (re.compile(rf"{form}\Z") for form in (r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\dT.*", r"\d{4}-\d\d"))
_DAYS = st.sampled_from(["0001-01-01", "0001-01-09", "2026-01-01", "9999-12-31", "9999-12-24"])
_MOMENTS = st.sampled_from(["0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
_DUES = st.sampled_from(["0001-01", "9999-12"])
_RECORDS: dict[str, Record] = {
    "meat": a_meat(), "liquor": a_liquor(), "flour": a_flour(), "tomato": a_tomato(), "melon": a_melon(),
    "lpg": a_cylinder(), "vehicle": a_vehicle(), "station": a_station(), "lift": a_lift(),
}  # fmt: skip


def moved(value: Json, data: st.DataObject) -> Json:
    """Put other days in the place of those in a record's JSON."""
    if isinstance(value, dict):
        return {name: moved(part, data) for name, part in value.items()}
    if isinstance(value, list):
        return [moved(part, data) for part in value]
    for form, days in ((_DAY, _DAYS), (_MOMENT, _MOMENTS), (_DUE, _DUES)):
        if isinstance(value, str) and form.match(value):
            return data.draw(days)
    return value


@pytest.mark.parametrize("name", _RECORDS)
@given(data=st.data())
def test_a_record_of_any_days_is_refused_or_judged(name: str, data: st.DataObject) -> None:
    kind, written = REGISTRY[name], msgspec.json.decode(msgspec.json.encode(_RECORDS[name]))
    try:
        record = msgspec.convert(moved(written, data), kind.model)
    except msgspec.ValidationError:
        return
    assert kind.facts(record).status
    list(kind.entry(record, Entry(today(NOW), Inputs())))
    trace = a_trace(record)
    standing = Standing(1, NOW)
    assert clause(trace, standing, decide(trace, standing, NOW), NOW).values


@given(day=st.dates(), days=st.integers(-36_500, 36_500))
def test_a_shifted_day_is_so_far_away_or_the_calendars_end(day: date, days: int) -> None:
    moved_to = shifted(day, days)
    assert (moved_to - day).days == days or moved_to in (date.min, date.max)


def test_the_ends_are_moments_too() -> None:
    assert today(datetime.max.replace(tzinfo=UTC)) == date.max

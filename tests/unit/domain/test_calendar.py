from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gateway.domain.calendar import end_of, first_day, full_moment, last_day, short_day, short_moment, today


def test_the_day_turns_at_sixteen_hundred_zulu() -> None:
    assert today(datetime(2026, 5, 31, 15, 59, 59, 999999, tzinfo=UTC)) == date(2026, 5, 31)
    assert today(datetime(2026, 5, 31, 16, 0, tzinfo=UTC)) == date(2026, 6, 1)
    assert today(datetime(2026, 5, 31, 23, 0, tzinfo=timezone(timedelta(hours=8)))) == date(2026, 5, 31)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        today(datetime(2026, 5, 31, 12, 0))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("due", "last"),
    [
        ("2026-03", date(2026, 3, 31)),
        ("2026-06", date(2026, 6, 30)),
        ("2027-02", date(2027, 2, 28)),
        ("2028-02", date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 31)),
        ("2026-06-15", date(2026, 6, 15)),
    ],
)
def test_a_month_is_due_at_its_end(due: str, last: date) -> None:
    assert last_day(due) == last


@pytest.mark.parametrize(
    "due", ["2026-06-31", "2027-02-29", "2026-06-00", "2026-13", "2026-6", "26-06", "2026-06-1", "", "2026-06\n"]
)
def test_a_day_that_does_not_exist_is_refused_by_name(due: str) -> None:
    with pytest.raises(ValueError, match=r"due date|no such day"):
        last_day(due)


def test_a_month_begins_on_its_first_day() -> None:
    assert [first_day(due) for due in ("2028-02", "2028-02-29")] == [date(2028, 2, 1), date(2028, 2, 29)]


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert end_of(date(2026, 5, 31)) == datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)


def test_a_day_shows_its_year_where_it_could_be_misread() -> None:
    seen_from = date(2026, 1, 10)
    assert short_day(date(2025, 12, 30), seen_from) == "12-30"
    assert short_day(date(2025, 7, 12), seen_from) == "07-12"
    assert short_day(date(2025, 7, 11), seen_from) == "2025-07-11"
    assert short_day(date(2026, 9, 1), seen_from) == "2026-09-01"


def test_moments_are_told_in_local_time() -> None:
    asked = datetime(2026, 4, 30, 18, 20, tzinfo=UTC)
    assert full_moment(asked) == "2026-05-01 02:20"
    assert short_moment(asked, date(2026, 5, 10)) == "05-01 02:20"

"""Days as people type them."""

from datetime import date

import pytest

from gateway.console.dates import day_of

HERE = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None), ("  ", None), ("2026-02-28", date(2026, 2, 28)), ("2026/2/8", date(2026, 2, 8)),
        ("2026.2.8", date(2026, 2, 8)), ("2026年2月8日", date(2026, 2, 8)), ("20260208", date(2026, 2, 8)),
        ("2-8", date(2026, 2, 8)), ("2月8日", date(2026, 2, 8)), ("3-1", HERE), ("3-2", date(2025, 3, 2)),
        ("12月31日", date(2025, 12, 31)), ("今天", HERE), ("昨天", date(2026, 2, 28)), ("前天", date(2026, 2, 27)),
        ("Today", HERE),
    ],
)  # fmt: skip
def test_a_day_is_understood(written: str, meant: date | None) -> None:
    assert day_of(written, HERE) == meant


@pytest.mark.parametrize(
    "written",
    ["2026-02-30", "13-1", "2-30", "x", "2026", "1999-12-31", "2100-01-01", "２０２６-０２-０８", "2-29", "-1-1"],
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - that it is no day is all there is to say
        day_of(written, HERE)

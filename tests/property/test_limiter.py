"""The limits' windows against the plain definition: so many in any stretch of so long, and not one fewer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.limiter import DAY, HOUR, InProcessLimiter, LimitSettings

NOON = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
ROOM, MANY = 10_000, 30

# Seconds until the next text, and the codes in it.
ASKED = st.lists(st.tuples(st.sampled_from([0, 1, 60, 600, 1799, 1800, 3600, 43200, 86400]), st.integers(0, 3)))


@given(ASKED, st.integers(1, 6), st.integers(1, 9))
def test_a_text_is_admitted_exactly_when_no_window_holds_too_many_codes(
    asked: list[tuple[int, int]], an_hour: int, a_day: int
) -> None:
    wide = {"replies_per_minute": ROOM, "replies_per_10_minutes": ROOM, "replies_per_day": ROOM}
    limiter = InProcessLimiter(LimitSettings(codes_per_hour=an_hour, codes_per_day=a_day, **wide))
    at, admitted = 0, list[int]()
    for number, (wait, codes) in enumerate(asked):
        at += wait
        now = NOON + timedelta(seconds=at)
        allowed = limiter.admit(b"anybody", f"text {number}", codes, now).allowed
        used = {window: sum(at - then <= window for then in admitted) for window in (HOUR, DAY)}
        assert allowed is (not codes or (used[HOUR] + codes <= an_hour and used[DAY] + codes <= a_day))
        admitted += [at] * codes if allowed else []


@given(st.lists(st.integers(0, 2 * HOUR), max_size=MANY))
def test_what_is_heard_in_any_order_counts_for_when_it_was(seconds_ago: list[int]) -> None:
    wide = {"replies_per_minute": ROOM, "replies_per_10_minutes": ROOM, "replies_per_day": ROOM}
    limiter = InProcessLimiter(LimitSettings(codes_per_hour=MANY, codes_per_day=ROOM, **wide))
    for number, ago in enumerate(seconds_ago):
        assert limiter.admit(b"anybody", f"text {number}", 1, NOON - timedelta(seconds=ago)).allowed
    left = sum(limiter.admit(b"anybody", f"now {number}", 1, NOON).allowed for number in range(MANY + 1))
    assert left == MANY - sum(ago <= HOUR for ago in seconds_ago)

"""The limits of DOMAIN T1, T4 and T5, on a clock that only the test moves."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from gateway import limiter
from gateway.limiter import InProcessLimiter, LimitSettings
from gateway.ports import Admission

NOON = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
ANYBODY = b"anybody"


class Asking:
    """One limiter and what people send it; every text differs unless the test says otherwise."""

    def __init__(self, **settings: int) -> None:
        self.limiter = InProcessLimiter(LimitSettings(**settings))
        self.now = NOON
        self._texts = (f"text {number}" for number in count())

    def ask(self, who: bytes = ANYBODY, *, text: str | None = None, codes: int = 0) -> Admission:
        return self.limiter.admit(who, next(self._texts) if text is None else text, codes, self.now)

    def allowed(self, times: int, **asked: int) -> int:
        return sum([(self.ask(**asked)).allowed for _ in range(times)])  # type: ignore[arg-type]  # codes only

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def miss(self, who: bytes = ANYBODY) -> None:
        self.limiter.answered(who, False, self.now)  # noqa: FBT003 - the port's own argument


UNLIMITED = {"replies_per_minute": 10_000, "replies_per_10_minutes": 10_000, "replies_per_day": 10_000}


def test_three_replies_a_minute_then_told_once_then_silence() -> None:
    asking = Asking()
    assert [asking.ask() for _ in range(3)] == [Admission(allowed=True)] * 3
    told = asking.ask()
    assert (told.allowed, told.tell, told.reason) == (False, True, "more than 3 in 60 s")
    for _ in range(5):
        silent = asking.ask()
        assert (silent.allowed, silent.tell, silent.reason) == (False, False, "more than 3 in 60 s")


def test_a_loop_is_told_at_most_once_a_minute_and_fed_at_most_five_in_ten() -> None:
    asking = Asking()
    admitted = []
    for _ in range(600):  # a text a second for ten minutes
        admitted.append(asking.ask())
        asking.later(seconds=1)
    assert sum(one.allowed for one in admitted) == 5
    assert sum(one.tell for one in admitted) <= 2


def test_the_window_slides() -> None:
    asking = Asking()
    assert asking.allowed(3) == 3
    asking.later(seconds=59)
    assert not (asking.ask()).allowed
    asking.later(seconds=2)
    assert (asking.ask()).allowed


def test_what_was_refused_uses_nothing_up() -> None:
    asking = Asking(replies_per_10_minutes=6)
    assert asking.allowed(100) == 3
    asking.later(seconds=61)
    assert asking.allowed(100) == 3


def test_ten_codes_an_hour_and_twenty_a_day() -> None:
    asking = Asking(**UNLIMITED)
    assert asking.allowed(15, codes=1) == 10
    asking.later(minutes=61)
    assert asking.allowed(15, codes=1) == 10
    asking.later(minutes=61)
    refused = asking.ask(codes=1)
    assert (refused.allowed, refused.reason) == (False, "more than 20 in 86400 s")
    asking.later(hours=24)
    assert (asking.ask(codes=1)).allowed


def test_the_codes_of_one_text_count_each() -> None:
    asking = Asking(**UNLIMITED)
    assert asking.allowed(5, codes=3) == 3  # nine of ten
    assert (asking.ask(codes=1)).allowed


def test_texts_without_code_are_not_counted_as_codes() -> None:
    asking = Asking(**UNLIMITED)
    assert asking.allowed(50) == 50
    assert (asking.ask(codes=1)).allowed


def test_one_person_does_not_use_up_another_s() -> None:
    asking = Asking()
    asking.allowed(10)
    assert (asking.ask(b"another")).allowed


def test_the_same_text_is_answered_three_times_and_then_suppressed() -> None:
    asking = Asking(**UNLIMITED)
    admitted = [asking.ask(text="您好，我现在忙") for _ in range(5)]
    assert [one.allowed for one in admitted] == [True, True, True, False, False]
    assert admitted[3].suppress
    assert not admitted[3].tell, "a machine would answer that too"
    assert (asking.ask(text="另一句")).allowed
    asking.later(minutes=61)
    assert (asking.ask(text="您好，我现在忙")).allowed


def test_five_misses_in_a_row_silence_for_an_hour() -> None:
    asking = Asking(**UNLIMITED)
    for _ in range(4):
        asking.miss()
    assert (asking.ask()).allowed
    asking.miss()
    silent = asking.ask()
    assert (silent.allowed, silent.tell, silent.reason) == (False, False, "too many unknown codes in a row")
    asking.later(minutes=59)
    assert not (asking.ask()).allowed
    asking.later(minutes=1)
    assert (asking.ask()).allowed


def test_a_known_code_ends_the_row() -> None:
    asking = Asking(**UNLIMITED)
    for _ in range(3):
        for _ in range(4):
            asking.miss()
        asking.limiter.answered(ANYBODY, True, asking.now)  # noqa: FBT003 - the port's own argument
    assert (asking.ask()).allowed


def test_after_the_silence_the_row_begins_anew() -> None:
    asking = Asking(**UNLIMITED)
    for _ in range(5):
        asking.miss()
    asking.later(minutes=61)
    asking.miss()
    assert (asking.ask()).allowed


def test_the_budget_of_all_is_a_breaker_that_mends_itself() -> None:
    asking = Asking(total_per_minute=4)
    admitted = [asking.ask(bytes([person])) for person in range(6)]
    assert [one.allowed for one in admitted] == [True] * 4 + [False] * 2
    assert admitted[4].suppress
    asking.later(seconds=61)
    assert (asking.ask(b"next")).allowed


def test_unknown_codes_of_many_people_are_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking(unknown_alarm_per_minute=5)
    for person in range(6):
        asking.miss(bytes([person]))
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("settings", "allowed_in_a_minute", "allowed_in_a_day"),
    [
        ({"replies_per_minute": 100}, 5, 20),  # ten minutes' limit is the narrower
        ({"replies_per_minute": 100, "replies_per_10_minutes": 100}, 20, 20),
        ({"replies_per_day": 3}, 3, 3),
        ({"replies_per_minute": 1, "replies_per_10_minutes": 500, "replies_per_day": 10_000}, 1, 1401),
    ],
)
def test_any_limits_an_operator_may_write_hold(
    settings: dict[str, int], allowed_in_a_minute: int, allowed_in_a_day: int
) -> None:
    asking = Asking(**settings)
    in_a_minute = asking.allowed(120)
    in_a_day = in_a_minute
    for _ in range(1400):  # all but a day
        asking.later(seconds=61)
        in_a_day += asking.allowed(2)
    assert (in_a_minute, in_a_day) == (allowed_in_a_minute, allowed_in_a_day)


@pytest.mark.parametrize("limits", [{"codes_per_hour": 30}, {"codes_per_hour": 20}, {"codes_per_day": 1}])
def test_an_hour_may_allow_as_much_as_a_day(limits: dict[str, int]) -> None:
    settings = LimitSettings(**limits)
    asking = Asking(**UNLIMITED, **limits)
    assert asking.allowed(50, codes=1) == min(settings.codes_per_hour, settings.codes_per_day)


def test_a_text_with_more_codes_than_any_window_allows_is_refused_not_an_error() -> None:
    asking = Asking(codes_per_hour=1, codes_per_day=2)
    refused = asking.ask(codes=3)
    assert (refused.allowed, refused.tell) == (False, True)


def test_whoever_was_not_heard_of_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "MOST_PERSONS", 3)
    asking = Asking()
    for person in range(3):
        for _ in range(3):
            asking.ask(bytes([person]))
    assert not (asking.ask(bytes([0]))).allowed  # heard of just now
    asking.ask(b"newcomer")
    assert not (asking.ask(bytes([0]))).allowed
    assert (asking.ask(bytes([1]))).allowed, "the one forgotten starts with nothing used"


def test_a_clock_set_back_refuses_nobody_for_good() -> None:
    asking = Asking()
    asking.allowed(3)
    asking.later(hours=-1)
    asking.allowed(3)
    asking.later(hours=2)
    assert (asking.ask()).allowed


def test_where_an_answer_is_shown_only_codes_are_limited() -> None:
    screen = InProcessLimiter(LimitSettings().on_screen())
    told = [screen.admit(ANYBODY, "the same code", 1, NOON) for _ in range(11)]
    assert [one.allowed for one in told] == [True] * 10 + [False]
    assert told[-1].after == limiter.HOUR


def test_an_address_that_many_share_has_limits_of_its_own() -> None:
    settings = LimitSettings(address_codes_per_hour=50, address_codes_per_day=60, address_misses_in_a_row=3)
    address = InProcessLimiter(settings.of_address())
    allowed = [(address.admit(ANYBODY, "", 1, NOON)).allowed for _ in range(51)]
    assert allowed == [True] * 50 + [False]
    next_hour = NOON + timedelta(hours=1, seconds=1)
    told = [address.admit(ANYBODY, "", 1, next_hour) for _ in range(11)]
    assert [one.allowed for one in told] == [True] * 10 + [False]
    assert told[-1].after == limiter.DAY


def test_a_guesser_is_told_when_his_silence_ends() -> None:
    asking = Asking(misses_in_a_row=1, silence_minutes=10)
    asking.miss()
    asking.later(minutes=4)
    assert 300 < (asking.ask()).after <= 361

"""Guessing is held up, and nobody is shut out by somebody else's guesses."""

from datetime import UTC, datetime, timedelta

from gateway.bus.local import LocalBus
from gateway.console.throttle import TRIES, Noise, Throttle

NOW = datetime(2026, 7, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_who_hammers_on_one_door_shuts_nobody_out_elsewhere() -> None:
    throttle = Throttle(LocalBus(), str)
    admitted = [throttle.admit("娜仁", "203.0.113.1", NOW + n * SECOND) for n in range(300)]
    assert admitted.count(True) == TRIES
    assert throttle.left("娜仁", "203.0.113.1") == 0
    assert throttle.admit("娜仁", "198.51.100.7", NOW + 301 * SECOND)


def test_a_name_guessed_at_from_everywhere_is_held_up_but_not_where_its_owner_got_in_before() -> None:
    throttle = Throttle(LocalBus(), str)
    assert throttle.admit("娜仁", "198.51.100.7", NOW)
    throttle.succeeded("娜仁", "198.51.100.7")
    admitted = [throttle.admit("娜仁", f"203.0.113.{n}", NOW) for n in range(150)]
    assert admitted.count(True) == 100
    assert throttle.admit("娜仁", "198.51.100.7", NOW)


def test_an_office_behind_one_address_gets_in() -> None:
    throttle = Throttle(LocalBus(), str)
    for n in range(60):
        assert throttle.admit(f"agent{n}", "198.51.100.7", NOW)
        throttle.succeeded(f"agent{n}", "198.51.100.7")
    guessed = [throttle.admit(f"guess{n}", "198.51.100.7", NOW) for n in range(60)]
    assert guessed.count(True) == 30


def test_a_home_s_many_addresses_are_one() -> None:
    throttle = Throttle(LocalBus(), str)
    admitted = [throttle.admit("娜仁", f"2001:db8:1:2::{n:x}", NOW) for n in range(20)]
    assert admitted.count(True) == TRIES


def test_knocking_on_and_on_is_written_down_for_a_while_only() -> None:
    noise = Noise()
    assert [noise.worth("user:王丽", "", NOW) for _ in range(50)].count(True) == 20
    assert [noise.worth(None, "203.0.113.1", NOW) for _ in range(50)].count(True) == 20
    assert sum(noise.worth(None, f"203.0.113.{n % 250}", NOW) for n in range(1000)) == 180
    assert noise.worth("user:王丽", "", NOW + timedelta(minutes=11))

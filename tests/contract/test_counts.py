"""Limits and the throttle of sign-ins: one process, and several over a real Redis, count the same.

Whoever asks here asks another process each time.
"""

import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import pytest

from gateway.bus.local import LocalBus
from gateway.console.throttle import TRIES, Throttle
from gateway.limiter import LimitSettings, SharedLimiter, shared_limiter
from gateway.ports import Admission, Limiter
from tests.builders.buses import Nodes, nodes, up
from tests.builders.messages import VAULT
from tests.peers.redis import RedisServer

C = TypeVar("C", Limiter, Throttle)
NOON = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
WHO, OTHER = b"a person", b"another"
SOME = LimitSettings(replies_per_minute=100, replies_per_10_minutes=200, replies_per_day=300, same_text_per_hour=100)


class Counters(Generic[C]):
    """One counter, or one in each of several processes: the next one is another's, who knows what was counted."""

    def __init__(self, service: Nodes) -> None:
        self._service = service
        self._all: list[C] = []
        self._turn = itertools.count()

    async def add(self, made: Callable[[LocalBus], C]) -> None:
        await self._service.join(lambda bus: self._all.append(made(bus)))

    async def next(self) -> C:
        await self._service.settle()
        return self._all[next(self._turn) % len(self._all)]

    async def every(self) -> list[C]:
        await self._service.settle()
        return self._all


@pytest.fixture(params=["in process", "redis"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    async with nodes(request.getfixturevalue("redis_url") if request.param == "redis" else None) as made:
        yield made


def a_limiter(settings: LimitSettings = SOME) -> Callable[[LocalBus], Limiter]:
    return lambda bus: shared_limiter("t", settings, bus, VAULT.mark)


def processes(service: Nodes) -> int:
    return 3 if service.shared else 1


async def limiters(service: Nodes, settings: LimitSettings = SOME) -> Counters[Limiter]:
    counters: Counters[Limiter] = Counters(service)
    for _ in range(processes(service)):
        await counters.add(a_limiter(settings))
    return counters


async def throttles(service: Nodes) -> Counters[Throttle]:
    counters: Counters[Throttle] = Counters(service)
    for _ in range(processes(service)):
        await counters.add(lambda bus: Throttle(bus, VAULT.mark))
    return counters


async def test_ten_codes_an_hour_wherever_they_are_asked_for(service: Nodes) -> None:
    limits = await limiters(service)
    for number in range(10):
        asked = (await limits.next()).admit(WHO, f"text {number}", 1, NOON + timedelta(seconds=number))
        assert asked.allowed, number
    refused = [(await limits.next()).admit(WHO, f"more {n}", 1, NOON + timedelta(seconds=20)) for n in range(6)]
    assert [one.allowed for one in refused] == [False] * 6
    assert [one.tell for one in refused] == [True] + [False] * 5  # told by one process, not again by the next
    assert (await limits.next()).admit(OTHER, "text", 1, NOON).allowed
    assert (await limits.next()).admit(WHO, "later", 1, NOON + timedelta(minutes=61)).allowed


async def test_who_guesses_here_and_there_is_not_answered_anywhere(service: Nodes) -> None:
    limits = await limiters(service)
    for _ in range(5):
        (await limits.next()).answered(WHO, False, NOON)  # noqa: FBT003 - the port's own argument
    for one in await limits.every():
        assert one.admit(WHO, "text", 1, NOON + timedelta(minutes=1)).reason == "too many unknown codes in a row"
        assert one.admit(OTHER, "text", 1, NOON + timedelta(minutes=1)).allowed


async def test_a_machine_that_repeats_itself_is_known_everywhere(service: Nodes) -> None:
    limits = await limiters(service, SOME.model_copy(update={"same_text_per_hour": 3}))
    for _ in range(3):
        assert (await limits.next()).admit(WHO, "谢谢惠顾", 0, NOON).allowed
    for one in await limits.every():
        assert one.admit(WHO, "谢谢惠顾", 0, NOON).suppress
        assert one.admit(WHO, f"{id(one)}", 0, NOON).allowed


async def test_all_together_share_the_budget(service: Nodes) -> None:
    limits = await limiters(service, SOME.model_copy(update={"total_per_minute": 20}))
    admitted: list[Admission] = [(await limits.next()).admit(b"%d" % n, "text", 1, NOON) for n in range(25)]
    assert [one.allowed for one in admitted] == [True] * 20 + [False] * 5


async def test_a_registered_phone_has_its_own_limits_everywhere(service: Nodes) -> None:
    limits = await limiters(service)
    for number in range(12):
        assert (await limits.next()).admit(WHO, f"CQ {number}", 1, NOON, registered=True).allowed
    assert (await limits.next()).admit(WHO, "text", 1, NOON).allowed


async def test_five_tries_at_a_desk_by_whatever_process_they_are_taken(service: Nodes) -> None:
    doors = await throttles(service)
    for _ in range(TRIES):
        assert (await doors.next()).admit("娜仁", "203.0.113.1", NOON)
    for door in await doors.every():
        assert not door.admit("娜仁", "203.0.113.1", NOON)
        assert door.left("娜仁", "203.0.113.1") == 0
        assert door.admit("娜仁", "198.51.100.7", NOON)


async def test_who_got_in_has_all_his_tries_again_everywhere(service: Nodes) -> None:
    doors = await throttles(service)
    for _ in range(3):
        assert (await doors.next()).admit("娜仁", "203.0.113.1", NOON)
    (await doors.next()).succeeded("娜仁", "203.0.113.1")
    for door in await doors.every():
        assert door.left("娜仁", "203.0.113.1") == TRIES


async def test_a_process_that_starts_later_knows_what_was_used(redis_url: str) -> None:
    async with nodes(redis_url) as service:
        limits: Counters[Limiter] = Counters(service)
        await limits.add(a_limiter())
        for number in range(10):
            assert (await limits.next()).admit(WHO, f"text {number}", 1, NOON).allowed
        await limits.add(a_limiter())
        assert [one.admit(WHO, "more", 1, NOON).allowed for one in await limits.every()] == [False, False]


async def test_while_redis_is_away_each_goes_on_from_what_it_knew_and_they_are_at_one_again(
    redis_url: str, redis: RedisServer
) -> None:
    async with nodes(redis_url) as service:
        limits: Counters[Limiter] = Counters(service)
        await limits.add(a_limiter())
        await limits.add(a_limiter())
        for number in range(8):
            assert (await limits.next()).admit(WHO, f"text {number}", 1, NOON).allowed
        one, two = await limits.every()
        redis.kill()
        assert [one.admit(WHO, f"one {n}", 1, NOON).allowed for n in range(3)] == [True, True, False]
        for bus in service.all:
            await up(bus, is_=False)
        assert two.admit(WHO, "two", 1, NOON).allowed  # it cannot know
        redis.start()
        for bus in service.all:
            await up(bus)
        await limits.every()
        assert not two.admit(WHO, "more", 1, NOON + timedelta(minutes=1)).allowed


async def test_what_is_heard_late_counts_for_when_it_was(redis_url: str) -> None:
    async with nodes(redis_url) as service:
        limits: Counters[Limiter] = Counters(service)
        await limits.add(a_limiter())
        await limits.add(a_limiter())
        one, two = await limits.every()
        two.admit(WHO, "now", 1, NOON + timedelta(minutes=90))
        for number in range(9):
            one.admit(WHO, f"before {number}", 1, NOON)
        await limits.every()
        # The nine are over an hour old: nine more may come in this one.
        later = [two.admit(WHO, f"{n}", 1, NOON + timedelta(minutes=91)).allowed for n in range(10)]
        assert later == [True] * 9 + [False]


async def test_neither_texts_nor_names_leave_the_process() -> None:
    told: list[bytes] = []

    class Tapped(LocalBus):
        alone = False

        def tell(self, topic: str, body: bytes) -> None:
            told.append(topic.encode() + body)

    limiter = shared_limiter("t", SOME, Tapped(), VAULT.mark)
    assert isinstance(limiter, SharedLimiter)
    limiter.admit(WHO, "CX 1234567890123456", 1, NOON)
    Throttle(Tapped(), VAULT.mark).admit("my password by mistake", "203.0.113.1", NOON)
    assert len(told) == 2
    for secret in (b"1234567890123456", b"password", b"203.0.113"):
        assert all(secret not in body for body in told)

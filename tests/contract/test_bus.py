"""What every bus must do, alone and over a real Redis; and what a Redis that fails must not do."""

import asyncio
import logging
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator
from functools import partial

import pytest

from gateway.bus.local import LocalBus
from gateway.bus.redis import MOST, MOST_WAITING, RedisBus
from gateway.ports import News
from tests.builders.buses import LIMIT, Nodes, nodes, up
from tests.peers.citizens import until
from tests.peers.redis import RedisServer


@pytest.fixture(params=["alone", "redis"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    async with nodes(request.getfixturevalue("redis_url") if request.param == "redis" else None) as made:
        yield made


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Nodes]:
    async with nodes(redis_url) as made:
        await made.join()
        await made.join()
        yield made


async def test_a_ring_wakes_everybody_who_waits_for_it_and_nobody_else(service: Nodes) -> None:
    bus = await service.join()
    words, too, pauses = bus.bell(News.WORDS), bus.bell(News.WORDS), bus.bell(News.PAUSES)
    waiting = asyncio.gather(words.rung(LIMIT), too.rung(LIMIT))
    await asyncio.sleep(0)
    bus.ring(News.WORDS)
    assert all(await waiting)
    assert not await pauses.rung(0)


async def test_a_ring_that_nobody_waited_for_is_kept_once(service: Nodes) -> None:
    bus = await service.join()
    bell = bus.bell(News.WORDS)
    bus.ring(News.WORDS)
    bus.ring(News.WORDS)
    assert await bell.rung(0.001)
    assert not await bell.rung(0.001)


async def test_who_ends_rouses_whoever_waits(service: Nodes) -> None:
    bus = await service.join()
    bells = [bus.bell(news) for news in News]
    bus.rouse()
    assert all([await bell.rung(0.001) for bell in bells])


async def test_nobody_hears_himself(service: Nodes) -> None:
    heard: list[bytes] = []
    bus = await service.join(lambda made: made.hear("a", heard.append))
    bus.tell("a", b"1")
    await service.join()
    await service.settle()
    assert heard == []


async def test_a_ring_is_heard_by_the_others(pair: Nodes) -> None:
    one, two = pair.all
    bell = two.bell(News.PAUSES)
    one.ring(News.PAUSES)
    assert await bell.rung(LIMIT)


async def test_all_that_is_told_is_heard_by_the_others_in_order(redis_url: str) -> None:
    heard: dict[str, list[bytes]] = {"two": [], "three": [], "other": []}
    async with nodes(redis_url) as service:
        one = await service.join()
        await service.join(lambda bus: bus.hear("a", heard["two"].append))
        await service.join(lambda bus: bus.hear("a", heard["three"].append))
        await service.join(lambda bus: bus.hear("b", heard["other"].append))
        told = [b"%d" % number for number in range(3 * MOST)]
        await asyncio.to_thread(lambda: deque(map(partial(one.tell, "a"), told)))  # as SQLite's transactions do
        await service.settle()
    assert heard == {"two": told, "three": told, "other": []}


async def test_who_comes_later_hears_what_was_told_that_day(redis_url: str) -> None:
    heard: list[bytes] = []
    async with nodes(redis_url) as service:
        one = await service.join()
        one.tell("a", b"early")
        await service.join(lambda bus: bus.hear("a", heard.append))
        await service.settle()
    assert heard == [b"early"]


async def test_what_another_hand_wrote_stops_nothing(redis_url: str) -> None:
    heard: list[bytes] = []
    async with nodes(redis_url) as service:
        one = await service.join()
        await service.join(lambda bus: bus.hear("a", heard.append))
        assert isinstance(one, RedisBus)
        wrong = {b"by": b"x", b"number": 1, b"told": b"\xc1"}, {b"told": b"\x90"}, {b"x": b"y"}, {b"rung": b"\xff huh"}
        for fields in wrong:
            await one._client.xadd("gateway:told", fields)  # type: ignore[arg-type] # the library's type is invariant
        one.tell("a", b"1")
        await service.settle()
    assert heard == [b"1"]


async def test_a_redis_that_is_killed_costs_nobody_a_moment_and_comes_back(
    pair: Nodes, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.bus.redis")
    one, two = pair.all
    redis.kill()
    for number in range(MOST_WAITING):
        one.tell("a", b"%d" % number)
        one.ring(News.ANSWERS)
    await up(one, is_=False)
    await up(two, is_=False)
    assert one.shown
    assert one.shown["error"]
    bell = one.bell(News.WORDS)
    one.ring(News.WORDS)  # here it rings all the same
    assert await bell.rung(0)
    redis.start()
    await up(one)
    await up(two)
    elsewhere = two.bell(News.PAUSES)
    one.ring(News.PAUSES)
    assert await elsewhere.rung(LIMIT)
    levels = [record.levelname for record in caplog.records if record.name == "gateway.bus.redis"]
    assert levels == ["WARNING"] * 2 + ["INFO"] * 2  # each process says it once, and that it is over


async def test_what_was_told_while_redis_was_away_is_heard_when_it_is_back(redis: RedisServer, redis_url: str) -> None:
    heard: list[bytes] = []
    async with nodes(redis_url) as service:
        one = await service.join()
        two = await service.join(lambda bus: bus.hear("a", heard.append))
        redis.kill()
        await up(one, is_=False)
        one.tell("a", b"meanwhile")
        redis.start()
        await up(one)
        await up(two)
        await service.settle()
    assert heard == [b"meanwhile"]


async def test_a_frozen_redis_is_noticed(pair: Nodes, redis: RedisServer) -> None:
    redis.freeze()
    try:
        await up(pair.all[0], is_=False)
    finally:
        redis.thaw()
    await up(pair.all[0])


async def test_a_redis_that_refuses_us_is_as_one_that_is_away(redis: RedisServer, redis_url: str) -> None:
    bus = RedisBus(redis_url.replace("redis://", "redis://:wrong-password@"))
    task = asyncio.create_task(bus.run())
    await until(lambda: bus.shown["error"], LIMIT)
    assert not bus.up
    assert "wrong-password" not in bus.shown["error"]
    task.cancel()


async def test_a_socket_will_do(redis: RedisServer, redis_url: str) -> None:
    assert redis_url
    async with nodes(redis.socket_url) as service:
        bus = await service.join()
        assert bus.shown
        assert bus.shown["ms"] >= 0


async def test_alone_there_is_no_redis_to_show() -> None:
    assert LocalBus().shown is None


def test_who_has_no_redis_does_not_pay_for_its_driver() -> None:
    loaded = "import sys, gateway.app, gateway.web; print('redis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == "False"

"""What several processes gain by a Redis, and what it costs: how soon the others know, and processor time a question.

Each process's part is wired here as the service wires it, on an event loop they share; the same without a Redis beside.
"""

import asyncio
import os
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from gateway.app import SystemClock
from gateway.bus.local import LocalBus
from gateway.domain.access import Actor, Role
from gateway.domain.proof import Published, Source
from gateway.filing import drafts
from gateway.filing.drafts import Edit
from gateway.jobs.wordings import Follower
from gateway.limiter import LimitSettings, shared_limiter
from gateway.ports import Limiter, News
from gateway.store import schema
from gateway.store.books import SqlArchive
from gateway.store.engine import open_database
from tests.bench.figures import Figure, percentile
from tests.builders.buses import Nodes, nodes
from tests.builders.messages import CODES, VAULT
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require
from tests.peers.redis import RedisServer

PUBLISHED: Final = 20
LIVE_GOAL: Final = 2.0  # seconds until words are live everywhere
ASKED: Final = 20_000
A_SECOND: Final = 1_000  # questions, that come in a second
WRITER: Final = Actor("user:bench", Role.WORDING)
KEY: Final = ("common", "malformed")


async def measure() -> list[Figure]:
    """Return the figures, each with and without a Redis."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        PostgresServer(require("postgresql").parent) as postgres,
        RedisServer(require("redis"), Path(name)) as redis,
    ):
        alone = await _live(postgres.fresh_database(), None)
        shared = await _live(postgres.fresh_database(), redis.fresh_url())
        cpu_alone, cpu = await _cost(None), await _cost(redis.fresh_url())
    row, without = "two nodes, one Redis", "without Redis"
    return [
        Figure(row, "published → live on the other, p50", percentile(shared, 0.5) * 1e3, "ms",
               baseline=percentile(alone, 0.5) * 1e3, against=without),
        Figure(row, "… slowest", max(shared), "s", LIVE_GOAL, lower=True, baseline=max(alone), against=without),
        Figure(row, f"limits, CPU per 1000 questions at {A_SECOND:,}/s, told and heard", cpu, "s",
               baseline=cpu_alone, against=without),
    ]  # fmt: skip


async def _live(url: str, redis: str | None) -> list[float]:
    """Publish at one node again and again; return the seconds from each commit until the other speaks the words."""
    spoken: asyncio.Queue[str] = asyncio.Queue()

    def adopt(sms: Published, _: Published) -> list[str]:
        if KEY in sms:
            spoken.put_nowait(sms[KEY][1])
        return []

    async with AsyncExitStack() as stack:
        one, two = open_database(url), open_database(url)
        stack.push_async_callback(one.close)
        stack.push_async_callback(two.close)
        await schema.upgrade(one)
        service = await stack.enter_async_context(nodes(redis))
        here = await service.join()
        there = await service.join() if redis else LocalBus()
        writing = SqlArchive(one, VAULT, CODES, here.ring)
        follower = Follower(SqlArchive(two, VAULT, CODES), adopt, uuid4(), SystemClock())
        following = asyncio.create_task(follower.run(there.bell(News.WORDS)))
        found = []
        for number in range(PUBLISHED):
            text = f"编码有误 {number}"
            await _publish(writing, text, number)
            begun = time.perf_counter()
            while await spoken.get() != text:
                continue
            found.append(time.perf_counter() - begun)
        following.cancel()
    return found


async def _publish(archive: SqlArchive, text: str, base: int) -> None:
    now, edit = datetime.now(UTC), Edit(Source(*KEY, text, ""), "", base)
    draft = await archive.act(lambda books: drafts.save(books, WRITER, edit, uuid4(), now))
    await archive.act(lambda books: drafts.publish(books, WRITER, KEY, draft.hash, "", now))


async def _cost(redis: str | None) -> float:
    """Return the processor seconds of 1000 questions' limits in one process, which hears another's as often."""
    async with nodes(redis) as service:
        limiters = [await _a_limiter(service) for _ in range(2 if redis else 1)]
        begun = os.times()
        for number in range(ASKED):
            for place, limiter in enumerate(limiters):
                now, who = datetime.now(UTC), b"%08d%08d" % (place, number)  # as everywhere, all are others
                limiter.admit(who, f"CX {number:016}", 1, now)
                limiter.answered(who, True, now)  # noqa: FBT003 - the port's own argument
            if number % 10 == 0:
                await asyncio.sleep(10 / A_SECOND)
        await service.settle()
        ended = os.times()
    return (ended.user + ended.system - begun.user - begun.system) / len(limiters) / ASKED * 1000


async def _a_limiter(service: Nodes) -> Limiter:
    made: list[Limiter] = []
    settings = LimitSettings(total_per_minute=100_000_000)
    await service.join(lambda bus: made.append(shared_limiter("bench", settings, bus, VAULT.mark)))
    return made[0]

"""The bus over Redis: a stream of what is told and one of what rings, each cut to a length.

Streams, and not its publish and subscribe: who was cut off, or has just begun, reads on from where he was. Nothing is
only there. Whoever speaks never waits: what he says lies here until it is sent. While Redis is away the others count a
few questions less, and look at the database a second later.
"""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeAlias

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.bus.local import LocalBus
from gateway.ports import News

log = logging.getLogger(__name__)

TOLD: Final = b"gateway:told"
RUNG: Final = b"gateway:rung"
# Entries that Redis keeps for who comes later, about: one or two questions of 90 octets each while few ask, 12 MB that
# go back a day at a question every two seconds; twenty of them at a thousand a second, 90 MB and a quarter of an hour.
KEPT: Final = 50_000
KEPT_RINGS: Final = 100
LIFE: Final = 86_400  # seconds; no limit looks further back
# In one entry; what is told while Redis is away waits, the oldest of it is dropped.
MOST: Final = 256
MOST_WAITING: Final = 10_000
AT_ONCE: Final = 16  # entries read, before others have their turn

PATIENCE: Final = 1.0  # seconds for any answer of Redis
LISTENING: Final = 0.5  # seconds that Redis holds a question back until there is news
PULSE: Final = 1.0  # seconds without anything to say, after which it is asked whether it is there
GATHERING: Final = 0.02  # seconds between two sends: of many questions a second each would cost one
AGAIN: Final = 0.5  # seconds between two tries

# Streams with their entries, each a number and its fields.
_Streams: TypeAlias = list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
_FAULTS: Final = (RedisError, OSError, TimeoutError)
_NEWS: Final = frozenset(News)  # of which another release may know more
_TOLD: Final = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


class RedisBus(LocalBus):
    """`ports.Bus` of several processes. Its owner runs `run`."""

    alone = False

    def __init__(self, url: str) -> None:
        super().__init__()
        self._client = _client(url)
        self._me = secrets.token_bytes(8)
        self._hearers: dict[str, Callable[[bytes], None]] = {}
        self._told: deque[tuple[str, bytes]] = deque(maxlen=MOST_WAITING)
        self._leaving: list[tuple[str, bytes]] = []
        self._number = 0  # of the entry that leaves
        self._heard: dict[bytes, int] = {}  # the last one of each other process
        self._rung: set[News] = set()
        self._wanted = asyncio.Event()
        self._called = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._faults: dict[str, str | None] = {"speaks": None, "hears": None}  # None: not tried yet
        self._said: bool | None = None
        self._read: dict[bytes, bytes] = {}
        self._ms = 0.0

    # -- for whoever speaks ------------------------------------------------------------------------

    def ring(self, news: News) -> None:
        """Wake whoever waits for this, here at once, elsewhere within milliseconds."""
        super().ring(news)
        self._rung.add(news)
        self._want()

    def tell(self, topic: str, body: bytes) -> None:
        """Have all other processes take this in. From any thread."""
        self._told.append((topic, body))
        self._want()

    def hear(self, topic: str, take: Callable[[bytes], None]) -> None:
        """Have `take` called, on the event loop, with what others tell of a topic."""
        self._hearers[topic] = take

    def _want(self) -> None:
        # The sender forgets that it was called before it looks at what there is: once is enough until then.
        if self._loop is not None and not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._wanted.set)

    # -- for whoever watches -----------------------------------------------------------------------

    @property
    def up(self) -> bool:
        """Return whether Redis answers."""
        return all(fault == "" for fault in self._faults.values())

    @property
    def shown(self) -> Mapping[str, Any]:
        """Return how Redis is, as plain values: `up`, `ms` of its last answer, `error`, `waiting`."""
        error = next((fault for fault in self._faults.values() if fault), "")
        return {"up": self.up, "ms": round(self._ms, 2), "error": error, "waiting": len(self._told)}

    # -- life --------------------------------------------------------------------------------------

    async def run(self) -> NoReturn:
        """Carry what is said, until cancelled, whatever becomes of Redis."""
        self._loop = asyncio.get_running_loop()
        start = b"%d-0" % ((time.time() - LIFE) * 1000)
        self._read = {TOLD: start, RUNG: start}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._again("speaks", self._speak), name="bus out")
                tasks.create_task(self._again("hears", self._listen), name="bus in")
            raise AssertionError("neither ends")
        finally:
            self._loop = None
            await self._client.aclose()

    async def _again(self, part: str, work: Callable[[], Awaitable[NoReturn]]) -> NoReturn:
        while True:
            try:
                await work()
            except _FAULTS as err:
                self._note(part, _reason(err))
            await asyncio.sleep(AGAIN)

    async def _speak(self) -> NoReturn:
        while True:
            begun = time.perf_counter()
            async with asyncio.timeout(PATIENCE):
                await self._send()
            self._ms = (time.perf_counter() - begun) * 1000
            self._note("speaks", "")
            if len(self._told) < MOST:
                await asyncio.sleep(GATHERING)
            self._wanted.clear()
            self._called = False
            if not self._told and not self._rung:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PULSE):
                        await self._wanted.wait()

    async def _send(self) -> None:
        """Send what waits. What failed goes again, under its old number: who has heard it does not count it twice."""
        if not self._leaving and self._told:
            self._leaving = [self._told.popleft() for _ in range(min(MOST, len(self._told)))]
            self._number += 1
        rung, told = frozenset(self._rung), self._leaving
        pipe = self._client.pipeline(transaction=False)
        if told:
            body = msgspec.msgpack.encode(told)
            pipe.xadd(TOLD, {b"by": self._me, b"number": self._number, b"told": body}, maxlen=KEPT)
        if rung:
            pipe.xadd(RUNG, {b"by": self._me, b"rung": " ".join(rung)}, maxlen=KEPT_RINGS)
        if not told and not rung:
            pipe.ping()
        self._rung.clear()
        try:
            await pipe.execute()
        except BaseException:
            self._rung |= rung
            raise
        self._leaving = []

    async def _listen(self) -> NoReturn:
        within = 0.001  # at first: whether we hear at all is to be known at once
        while True:
            news = await self._news(within)
            self._note("hears", "")
            within = LISTENING
            for stream, entries in news:
                for number, fields in entries:
                    self._read[stream] = number
                    if fields.get(b"by") != self._me:
                        self._take(fields)

    async def _news(self, within: float) -> _Streams:
        read: Any = self._read  # the library's own types hold all that it may be given, and set to return
        async with asyncio.timeout(within + PATIENCE):
            found: Any = await self._client.xread(read, count=AT_ONCE, block=int(within * 1000))
        return list(found)

    def _take(self, fields: Mapping[bytes, bytes]) -> None:
        for word in fields.get(b"rung", b"").decode("ascii", "replace").split():
            if word in _NEWS:
                super().ring(News(word))
        if b"told" not in fields:
            return
        try:
            by, number, told = fields[b"by"], int(fields[b"number"]), _TOLD.decode(fields[b"told"])
        except (KeyError, ValueError, msgspec.MsgspecError) as err:
            log.debug("another release, or another hand, wrote this", extra={"reason": str(err)})
            return
        if number <= self._heard.get(by, 0):
            return
        self._heard[by] = number
        for topic, body in told:
            if take := self._hearers.get(topic):
                take(body)

    def _note(self, part: str, fault: str) -> None:
        """Note how one half does; say so when that makes a difference."""
        self._faults[part] = fault
        if fault and self._said is not False:
            self._said = False
            reason = {"reason": fault}
            log.warning("Redis is away: each process counts for itself and looks for news each second", extra=reason)
        elif self.up and self._said is not True:
            self._said = True
            log.info("Redis answers: limits are counted together, news go round at once")


async def fault(url: str) -> str | None:
    """Return why a Redis does not answer; None: it does."""
    client = _client(url)
    try:
        async with asyncio.timeout(PATIENCE):
            await client.ping()
    except _FAULTS as err:
        return _reason(err)
    finally:
        await client.aclose()
    return None


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        # Its own deadlines end in `asyncio.wait_for`, which before Python 3.12 may swallow that we are cancelled.
        socket_timeout=None,
        socket_connect_timeout=None,
        retry=Retry(NoBackoff(), 0),  # trying again is ours, so that what fails is known at once
        protocol=2,
    )


def _reason(err: BaseException) -> str:
    return f"no answer within {PATIENCE:g} s" if isinstance(err, TimeoutError) else str(err) or type(err).__name__

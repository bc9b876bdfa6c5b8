"""The processes that speak, seen from outside: started ahead of need, given one text at a time, replaced when they die.

What callers wait for goes first. A text nobody waits for any more is made all the same, behind them.
"""

import asyncio
import contextlib
import heapq
import itertools
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.settings import VoiceSettings
from gateway.voice.worker import LENGTH, Spoken

log = logging.getLogger(__name__)

STARTING: Final = 120.0  # seconds a worker may take to load and say its first word, on a busy machine
ONE_TEXT: Final = 60.0  # seconds for a text; a worker that takes longer hangs
MOST_WAITING: Final = 5_000  # texts; more than these are not worth keeping
TRIES: Final = 2  # a text that killed this many workers is given up
_PAUSES: Final = (0.5, 2.0, 10.0, 30.0)  # seconds before a worker that came to nothing is started again
_BUFFER: Final = 2**20  # octets: more than a clip
_ENDING: Final = 1.0  # seconds an idle worker has to go by itself


@dataclass(slots=True, eq=False)
class Job:
    """A text under way: its clip, when there is one, is `done`'s result."""

    spoken: str
    done: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    waited_for: int = 0
    deaths: int = 0
    taken: bool = False


class Pool:
    """Texts in, clips out; made by `pool`."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job]] = []
        self._order = itertools.count()
        self._more = asyncio.Event()
        self.ready = 0  # workers that have said they can speak
        self.pids: set[int] = set()

    def say(self, spoken: str, *, urgent: bool) -> Job | None:
        """Queue a text; None when too many wait already."""
        if len(self._heap) >= MOST_WAITING and not urgent:
            return None
        job = Job(spoken)
        # Whoever asked may have gone when it fails; that was logged.
        job.done.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.push(job, urgent=urgent)
        return job

    def push(self, job: Job, *, urgent: bool) -> None:
        """Queue it, or once more, before those that are not urgent."""
        heapq.heappush(self._heap, (0 if urgent else 1, next(self._order), job))
        self._more.set()

    async def next(self) -> Job:
        """Return the next text to speak."""
        while True:
            while self._heap:
                rank, _, job = heapq.heappop(self._heap)
                if job.taken or job.done.done():
                    continue
                if rank == 0 and not job.waited_for and self._heap and self._heap[0][0] == 0:
                    self.push(job, urgent=False)  # its caller has gone, another is waiting
                    continue
                job.taken = True
                return job
            self._more.clear()
            await self._more.wait()

    def given_back(self, job: Job) -> None:
        """Take a text back from a worker that died of it, or with it."""
        job.deaths += 1
        if job.deaths < TRIES:
            job.taken = False
            self.push(job, urgent=job.waited_for > 0)
        elif not job.done.done():
            log.error("a text is given up: workers died of it", extra={"characters": len(job.spoken)})
            job.done.set_exception(EngineFault("workers died of this text"))

    def close(self) -> None:
        """Let go of all that waits."""
        for _, _, job in self._heap:
            job.done.cancel()


@contextlib.asynccontextmanager
async def pool(settings: VoiceSettings) -> AsyncIterator[Pool]:
    """Start the workers and keep them; end them, each by its own handle."""
    waiting = Pool()
    task = asyncio.create_task(_kept(settings, waiting), name="speech workers")
    try:
        yield waiting
    finally:
        waiting.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _kept(settings: VoiceSettings, waiting: Pool) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(settings.processes):
            group.create_task(_supervised(settings, waiting), name=f"speech worker {number + 1}")


async def _supervised(settings: VoiceSettings, waiting: Pool) -> None:
    """Have one worker for ever; one that never speaks is tried ever more slowly."""
    failures = 0
    while True:
        try:
            async with _worker(settings) as process:
                waiting.pids.add(process.pid)
                try:
                    await _greeted(process)
                    failures = 0
                    waiting.ready += 1
                    try:
                        await _served(process, waiting)
                    finally:
                        waiting.ready -= 1
                finally:
                    waiting.pids.discard(process.pid)
        except (NoEngine, OSError, EOFError, TimeoutError, msgspec.DecodeError) as err:
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            level = logging.DEBUG if failures else logging.WARNING
            log.log(level, "a speech worker ended", extra={"reason": str(err) or type(err).__name__, "again_in": pause})
            failures += 1
            await asyncio.sleep(pause)


async def _served(process: Process, waiting: Pool) -> None:
    while True:
        job = await waiting.next()
        try:
            async with asyncio.timeout(ONE_TEXT):
                said = await _exchanged(process, job.spoken.encode())
        except (OSError, EOFError, TimeoutError, msgspec.DecodeError):
            waiting.given_back(job)
            raise
        except asyncio.CancelledError:
            job.done.cancel()
            raise
        if job.done.done():
            continue
        if said.fault:
            log.warning("a text could not be spoken", extra={"characters": len(job.spoken), "reason": said.fault})
            job.done.set_exception(EngineFault(said.fault))
        else:
            job.done.set_result(said.pcm)


async def _greeted(process: Process) -> None:
    async with asyncio.timeout(STARTING):
        hello = await _answer(process)
    if hello.fault:
        raise NoEngine(hello.fault)


async def _exchanged(process: Process, frame: bytes) -> Spoken:
    _send(process, frame)
    return await _answer(process)


async def _answer(process: Process) -> Spoken:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    length = int.from_bytes(await process.stdout.readexactly(LENGTH), "big")
    return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Spoken)


def _send(process: Process, frame: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    process.stdin.write(len(frame).to_bytes(LENGTH, "big") + frame)


@contextlib.asynccontextmanager
async def _worker(settings: VoiceSettings) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.voice.worker", stdin=PIPE, stdout=PIPE, limit=_BUFFER
    )
    try:
        _send(process, settings.model_dump_json().encode())
        yield process
    finally:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDING):
                await process.wait()
        if process.returncode is None:  # in the midst of a text
            process.kill()
            await process.wait()

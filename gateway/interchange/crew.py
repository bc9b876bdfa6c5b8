"""Processes that convert rows beside this one: reading and checking a row costs more than storing it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Protocol

import msgspec

from gateway.domain.errors import GatewayError
from gateway.interchange.convert import Converted
from gateway.interchange.tables import Lines, Numbered
from gateway.interchange.worker import LENGTH, Task

_ENDING: Final = 5.0  # seconds a worker has to end once nothing more comes
_BUFFER: Final = 4 * 2**20  # bytes: more than the answer to a chunk, which is then read without a pause
_MOST: Final = 4  # more than these keep one database busy


class Hands(Protocol):
    """Whoever converts rows."""

    @property
    def many(self) -> int:
        """Return how many chunks are worked on at once."""
        ...

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk."""
        ...


class Own:
    """This process's own."""

    many = 1

    def __init__(self, task: Task) -> None:
        self._converter = task.converter()

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk here and now."""
        return self._converter.convert(rows)


class Crew:
    """A few processes, each with one chunk at a time."""

    def __init__(self, workers: Sequence[Process]) -> None:
        self._idle: asyncio.Queue[Process] = asyncio.Queue()
        for worker in workers:
            self._idle.put_nowait(worker)
        self.many = 2 * len(workers)  # so that none waits for its next

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk in the next process that is free. Raises `GatewayError` when that one died."""
        worker = await self._idle.get()
        try:
            _send(worker, msgspec.msgpack.encode(rows))
            assert worker.stdout is not None  # noqa: S101 - it is a pipe
            length = int.from_bytes(await worker.stdout.readexactly(LENGTH), "big")
            return msgspec.msgpack.decode(await worker.stdout.readexactly(length), type=Converted)
        except (asyncio.IncompleteReadError, ConnectionError) as err:
            raise GatewayError("读取文件的子进程意外退出（内存不足？）；没有导入任何数据，请重试") from err
        finally:
            self._idle.put_nowait(worker)


@asynccontextmanager
async def crew(task: Task) -> AsyncIterator[Crew]:
    """Start the processes; end them, each by its own handle."""
    async with AsyncExitStack() as stack:
        count = min(_MOST, os.cpu_count() or 1)
        yield Crew([await stack.enter_async_context(_worker(task)) for _ in range(count)])


@asynccontextmanager
async def _worker(task: Task) -> AsyncIterator[Process]:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.interchange.worker", stdin=PIPE, stdout=PIPE, limit=_BUFFER
    )
    try:
        _send(worker, msgspec.msgpack.encode(task))
        yield worker
    finally:
        assert worker.stdin is not None  # noqa: S101 - it is a pipe
        worker.stdin.close()
        try:
            async with asyncio.timeout(_ENDING):
                await worker.wait()
        except TimeoutError:
            worker.kill()
            await worker.wait()


def _send(worker: Process, frame: bytes) -> None:
    assert worker.stdin is not None  # noqa: S101 - it is a pipe
    worker.stdin.write(len(frame).to_bytes(LENGTH, "big"))
    worker.stdin.write(frame)

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
from gateway.interchange.convert import Converted, Converter
from gateway.interchange.tables import Lines, Numbered
from gateway.interchange.worker import LENGTH, Task

_ENDING: Final = 5.0  # seconds a worker has to end once nothing more comes
_BUFFER: Final = 4 * 2**20  # bytes: more than the answer to a chunk, which is then read without a pause
_AHEAD: Final = 2  # chunks that a process has, so that it never waits for its next
_DECODE: Final = msgspec.msgpack.Decoder(Converted).decode
_MOST: Final = 4  # more than these keep one database busy


class Hands(Protocol):
    """Whoever converts rows."""

    @property
    def many(self) -> int:
        """Return how many chunks are worked on at once."""
        ...

    def begin(self, task: Task) -> None:
        """Say what is to be done, before the first chunk."""
        ...

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk."""
        ...


class Own:
    """This process's own."""

    many = 1
    _converter: Converter

    def begin(self, task: Task) -> None:
        """Make ready."""
        self._converter = task.converter()

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk here and now."""
        return self._converter.convert(rows)


class _Worker:
    """A process, which answers in the order in which it is asked."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.turn = asyncio.Lock()  # whoever asked first is let in first


class Crew:
    """A few processes, each with one chunk at work and one to begin when that is done."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._workers = [_Worker(process) for process in processes]
        for worker in self._workers * _AHEAD:
            self._free.put_nowait(worker)
        self.many = len(self._workers) * _AHEAD

    def begin(self, task: Task) -> None:
        """Tell each process, which may still be starting."""
        frame = msgspec.msgpack.encode(task)
        for worker in self._workers:
            _send(worker.process, frame)

    async def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk in the next process that is free. Raises `GatewayError` when that one died."""
        worker = await self._free.get()
        try:
            _send(worker.process, msgspec.msgpack.encode(rows))
            async with worker.turn:
                answers = worker.process.stdout
                assert answers is not None  # noqa: S101 - it is a pipe
                length = int.from_bytes(await answers.readexactly(LENGTH), "big")
                return _DECODE(await answers.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError) as err:
            raise GatewayError("读取文件的子进程意外退出（内存不足？）；没有导入任何数据，请重试") from err
        finally:
            self._free.put_nowait(worker)


@asynccontextmanager
async def crew() -> AsyncIterator[Crew]:
    """Start the processes; end them, each by its own handle."""
    async with AsyncExitStack() as stack:
        count = min(_MOST, os.cpu_count() or 1)
        yield Crew([await stack.enter_async_context(_worker()) for _ in range(count)])


@asynccontextmanager
async def _worker() -> AsyncIterator[Process]:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.interchange.worker", stdin=PIPE, stdout=PIPE, limit=_BUFFER
    )
    try:
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

"""The watchdog ends a process that stands still, and no other."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.ops import watchdog, watchdog_process
from tests.peers.children import children
from tests.peers.hotline import until

SERVICE = """
import asyncio, sys, time
from gateway.ops.watchdog import watch

async def main():
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch(1))
        await asyncio.sleep(0.5)
        print("ready", flush=True)
        {what}
        watching.cancel()

asyncio.run(main())
"""


@asynccontextmanager
async def a_service(what: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE.format(what=what), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def of_watchdogs() -> list[int]:
    return [child.pid for child in children() if "watchdog_process" in child.command]


def ignored(pid: int) -> set[int]:
    """Return the signals a process ignores (proc(5), status)."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn:")]
    mask = int(line.split()[1], 16)
    return {number for number in range(1, 65) if mask >> number - 1 & 1}


async def test_a_loop_that_does_not_turn_is_ended() -> None:
    async with a_service("time.sleep(60)") as service:
        async with asyncio.timeout(20):
            assert await service.wait() == -signal.SIGKILL
            assert service.stderr
            assert b"stood still for 1 s and was killed" in await service.stderr.read()


async def test_a_stopped_process_is_ended() -> None:
    async with a_service("await asyncio.sleep(60)") as service:
        service.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(20):
            assert await service.wait() == -signal.SIGKILL


async def test_a_healthy_one_ends_by_itself_and_leaves_no_watchdog() -> None:
    async with a_service("await asyncio.sleep(3)") as service:
        async with asyncio.timeout(20):
            assert await service.wait() == 0
            await until(lambda: not of_watchdogs())


async def test_one_that_is_killed_leaves_no_watchdog() -> None:
    async with a_service("await asyncio.sleep(60)") as service:
        assert of_watchdogs()
        service.kill()
        async with asyncio.timeout(20):
            await until(lambda: not of_watchdogs())


async def test_a_watchdog_that_ends_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_AGAIN", 0.05)
    watching = asyncio.create_task(watchdog.watch(2))
    try:
        async with asyncio.timeout(20):
            await until(lambda: bool(of_watchdogs()))
            first = of_watchdogs()[0]
            os.kill(first, signal.SIGKILL)
            await until(lambda: bool(of_watchdogs()) and of_watchdogs()[0] != first)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert not of_watchdogs()


async def test_signals_of_the_group_are_not_its_business() -> None:
    program = Path(watchdog_process.__file__)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", program, str(os.getpid()), "30", stdin=PIPE, stderr=DEVNULL
    )
    assert process.stdin
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    async with asyncio.timeout(20):
        await until(lambda: ignored(process.pid) >= numbers)
        for number in numbers:
            process.send_signal(number)
        process.stdin.close()
        assert await process.wait() == 0

"""Programs run beside a test: started with their errors kept, ended by their own id."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

# Seconds a program has to end in good order, for a loaded machine; then it is killed.
ENDING: Final = 20.0

TICKS: Final = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def program(
    arguments: Sequence[str | Path], errors: Path, *, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """Run a program in a session of its own while the block lasts; what it says on standard error goes to a file."""
    with errors.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *map(str, arguments),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=file,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await end(process)


async def end(process: Process) -> None:
    """Ask a program to stop, kill it when it does not, and with it what it started. May be called twice."""
    if process.returncode is None:
        process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING):
                await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used so far, in user mode and in the kernel (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Return how much memory of a process is resident (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

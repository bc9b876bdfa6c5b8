"""What ends the service when its event loop has stopped turning: a caller is not left in silence, a modem not deaf.

A thread would stand still with the process it watches, so it is a small process of its own (`watchdog_process`), fed by
a pipe. Whoever keeps the service up (systemd, Docker) starts it again. `serve` runs `watch` beside the service, in the
same TaskGroup.
"""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from gateway.ops import watchdog_process

log = logging.getLogger(__name__)

# Seconds without a beat: longer than any pause of a healthy service on a loaded machine, as short as a caller bears.
LIMIT: Final = 8.0
_BEATS: Final = 4  # in one limit
_AGAIN: Final = 1.0  # seconds before a watchdog that ended is replaced


async def watch(limit: float = LIMIT) -> NoReturn:
    """Keep a watchdog at our side until cancelled; it kills this process after `limit` seconds without a turn."""
    program = Path(watchdog_process.__file__)
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", program, str(os.getpid()), str(limit)), stdin=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            while process.returncode is None and not process.stdin.is_closing():
                process.stdin.write(b".")
                await asyncio.sleep(limit / _BEATS)
        finally:
            process.stdin.close()  # its sign that we end in good order
            await process.wait()
        log.error("the watchdog ended; another takes its place", extra={"exit": process.returncode})
        await asyncio.sleep(_AGAIN)

"""`gateway serve`."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from gateway import settings as config
from gateway.app import Gateway
from gateway.cli.running import run
from gateway.domain.errors import GatewayError
from gateway.ops import log, watchdog

logger = logging.getLogger(__name__)


def serve(file: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = config.load(config.settings_file(file))
    log.configure(settings.log.level, settings.log.format)
    run(until_stopped(watched(Gateway(settings))))
    logger.info("stopped")


async def watched(gateway: Gateway) -> None:
    """Serve with a watchdog at our side: frozen, we would leave callers in silence and modems deaf."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watchdog.watch(), name="watchdog")
        await gateway.run()


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT, whoever started us. Raises a `GatewayError` for what hinders the start."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - we are inside it
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await work
    except* GatewayError as errors:
        raise first(errors) from errors
    except* OSError as errors:
        raise GatewayError(f"cannot start: {first(errors)}") from errors


def first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first single error of a group: the others followed from it."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

"""Questions of calls to the desk: each is waited for a bounded time, and may outlast the call that asked it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Questions:
    """All that are under way."""

    def __init__(self) -> None:
        self._asked: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._asked)

    async def within(
        self, seconds: float, work: Coroutine[Any, Any, T], otherwise: T, *, call: str, goes_on: bool = False
    ) -> T:
        """Return what comes of it in time, or `otherwise`: whatever fails, the caller must hear what to do.

        A database that does not answer keeps even a cancelled question for as long as its driver waits; no caller does.
        `goes_on`: it is worth having late.
        """
        asked = self._begun(work)
        try:
            await asyncio.wait([asked], timeout=seconds)
        finally:
            if not asked.done() and not goes_on:
                asked.cancel()
        if not asked.done():
            log.warning("the desk is slow", extra={"call": call, "seconds": seconds})
            return otherwise
        try:
            return asked.result()
        except Exception:  # one fault must not leave a caller in silence
            log.exception("the desk failed", extra={"call": call})
        return otherwise

    def _begun(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work, name="a call's question")
        self._asked.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._asked.discard(task)
        if not task.cancelled():
            task.exception()  # told by the call, where it still waited

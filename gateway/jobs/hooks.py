"""Events to the city's platforms (R44): signed, each at least once, again and again for two days when they are away."""

import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import aiohttp
from tenacity import RetryCallState, Retrying, wait_exponential

from gateway.filing.books import Archive

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=10)
# Seconds: doubling from ten up to an hour, for some two days.
_WAIT, MOST_ATTEMPTS = wait_exponential(multiplier=10, max=3600), 56
_LEASE = timedelta(seconds=60)  # longer than a batch of timeouts in a row may take
_BATCH = 5
# Events are found by when they were received; a transaction that began earlier may commit later.
_LOOK_BACK = timedelta(minutes=10)
_MOST_GATHERED = 1000
# A platform that was named in an earlier life of the service gets what came since, as long as deliveries are tried.
_CATCHES_UP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Hook:
    """One platform: where, which events (none: all), and the secret it knows."""

    name: str
    url: str
    kinds: Sequence[str]
    secret: bytes


@dataclass(slots=True)
class Deliveries:
    """Queues new events and sends what is due to one platform."""

    archive: Archive
    hook: Hook
    started: datetime  # a platform that was never told of anything is told of what comes from now on
    _since: datetime | None = None  # all that came before is queued

    async def round(self, http: aiohttp.ClientSession, now: datetime) -> int:
        """Queue what is new, send what is due; return how many were taken. Raises `StoreDown`."""
        hook = self.hook
        await self._gather(now)
        due = await self.archive.act(lambda books: books.hooks.take(hook.name, now + _LEASE, now, _BATCH))
        taken = 0
        for id_, event, body, attempts in due:
            error = await self._send(http, id_, event, body, now)
            next_at = _next(attempts + 1, now) if error else None
            await self.archive.act(lambda books, i=id_, e=error, n=next_at: books.hooks.settle(i, e, n))  # type: ignore[misc]
            taken += error is None
            if error and next_at is None:
                log.error("a platform never took an event", extra={"hook": hook.name, "event": str(id_)})
        return taken

    async def _gather(self, now: datetime) -> None:
        hook = self.hook
        if self._since is None:
            last = await self.archive.look(lambda books: books.hooks.last_queued(hook.name))
            self._since = max(last - _LOOK_BACK, self.started - _CATCHES_UP) if last else self.started
        since = self._since
        queued = await self.archive.act(
            lambda books: books.hooks.gather(hook.name, hook.kinds, since, now, _MOST_GATHERED)
        )
        if queued < _MOST_GATHERED:
            self._since = max(since, now - _LOOK_BACK)

    async def _send(self, http: aiohttp.ClientSession, id_: UUID, event: str, body: bytes, now: datetime) -> str | None:
        headers = {
            "Content-Type": "application/json",
            "X-Fangxin-Event": event,
            "X-Fangxin-Delivery": str(id_),
            "X-Fangxin-Signature": signature(self.hook.secret, body, now),
        }
        try:
            # A redirect could carry the signed body anywhere.
            async with http.post(
                self.hook.url, data=body, headers=headers, allow_redirects=False, timeout=TIMEOUT
            ) as r:
                return None if 200 <= r.status < 300 else f"HTTP {r.status}"
        except (aiohttp.ClientError, TimeoutError) as err:
            return f"{type(err).__name__}: {err}"


def signature(secret: bytes, body: bytes, now: datetime) -> str:
    """Return `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`; a receiver refuses times beyond five minutes."""
    at = str(int(now.timestamp()))
    return f"t={at},v1={hmac.digest(secret, at.encode() + b'.' + body, sha256).hex()}"


def _next(attempt: int, now: datetime) -> datetime | None:
    if attempt >= MOST_ATTEMPTS:
        return None
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt  # all that the waiting time depends on
    return now + timedelta(seconds=float(_WAIT(state)))

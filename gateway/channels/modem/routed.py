"""PDUs that a modem handed straight over: they lie in no storage, so they are kept here until they are stored."""

import asyncio
import logging
from collections import deque
from typing import NoReturn

from gateway.channels.modem.arrivals import Mailer
from gateway.channels.modem.courier import Courier
from gateway.domain.errors import ProtocolError
from gateway.ports import Clock, Inbound

log = logging.getLogger(__name__)

# Beyond that the oldest are let go: a receipt lost this way costs one repeated segment at most.
_AT_MOST = 1000

# When to try again what was not stored (seconds).
_AGAIN_AFTER = 2.0


class RoutedQueue:
    """Status reports, mostly; outlives the sessions of its modem."""

    def __init__(self, mailer: Mailer, clock: Clock) -> None:
        self._mailer = mailer
        self._clock = clock
        self._waiting: deque[Inbound] = deque(maxlen=_AT_MOST)
        self._some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, pdu: str) -> None:
        """Take in one PDU, whatever it is."""
        now = self._clock.now()
        try:
            item: Inbound = self._mailer.inbound(pdu, now)
        except ProtocolError as error:
            item = self._mailer.undecodable(pdu, str(error), now)
        if len(self._waiting) == _AT_MOST:
            log.warning("too many receipts wait for the store; the oldest is let go")
        self._waiting.append(item)
        self._some.set()

    async def run(self, courier: Courier) -> NoReturn:
        """Deliver what comes, all that waits at once; what is not stored is tried again."""
        while True:
            await self._some.wait()
            self._some.clear()
            items = list(self._waiting)
            self._waiting.clear()
            stored = await asyncio.gather(*(courier.store(item) for item in items))
            left = [item for item, safe in zip(items, stored, strict=True) if not safe]
            if left:
                self._waiting.extendleft(reversed(left))
                self._some.set()
                await asyncio.sleep(_AGAIN_AFTER)

"""Hands one item to intake and says whether it is safe."""

import asyncio
import logging

from gateway.channels.modem.state import Readings
from gateway.domain.errors import StoreDown
from gateway.domain.message import Undecodable
from gateway.ports import Deliver, Inbound

log = logging.getLogger(__name__)

# How long intake may take to store, before the item counts as not stored (seconds).
_STORE_WITHIN = 30.0


class Courier:
    """Brings the arrivals of one modem to intake."""

    def __init__(self, account: str, deliver: Deliver, readings: Readings) -> None:
        self._account = account
        self._deliver = deliver
        self._readings = readings

    async def store(self, item: Inbound) -> bool:
        """Return whether `item` is stored for good; False: it is to be kept and brought again."""
        try:
            async with asyncio.timeout(_STORE_WITHIN):
                await self._deliver(item)
        except (StoreDown, TimeoutError) as error:
            log.debug("arrival not stored; it is kept", extra={"modem": self._account, "error": str(error)})
            return False
        except Exception:
            # One bad item must not end the line; it is kept and brought again.
            log.exception("arrival failed; it is kept", extra={"modem": self._account})
            return False
        if isinstance(item, Undecodable):
            log.warning("undecodable message kept for a person", extra={"modem": self._account, "reason": item.reason})
        self._readings.received += 1
        return True

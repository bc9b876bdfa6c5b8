"""One FastAGI connection: a command and its reply at a time, each with a deadline."""

import asyncio
import math
from collections.abc import Callable
from typing import Final, cast

from gateway.channels.asterisk import agi
from gateway.ivr.ports import CallEnded, HangUp

# Seconds the switch may take beyond what a command takes by itself: it answers in milliseconds, or it is stuck.
SLACK: Final = 5.0
# Seconds before the dialogue's limit from which on a hang-up is the limit's: the switch counts from a little earlier.
_EARLY: Final = 0.5


class Link(asyncio.Protocol):
    """Bytes to events to whoever waits. `opened` is called once, with the link, when the switch has connected."""

    def __init__(self, opened: Callable[["Link"], None]) -> None:
        self._opened = opened
        self._parser = agi.Parser()
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[agi.Reply] | None = None
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._limit: float | None = None
        self.fault = ""  # why the switch was not understood
        self.environment: asyncio.Future[agi.Environment] = self._loop.create_future()
        self.ended: asyncio.Future[HangUp] = self._loop.create_future()

    def bound(self, seconds: float) -> None:
        """Take the dialogue's limit, so that a hang-up at its end is known for what it is."""
        self._limit = seconds

    @property
    def ends(self) -> float:
        """Return the loop's time at which the dialogue has lasted as long as one may."""
        return self._began + self._limit if self._limit else math.inf

    async def ask(self, command: bytes, within: float) -> agi.Reply:
        """Send a command and return its reply. Raises `CallEnded` when the call ends, or the switch says nothing.

        `within`: seconds that the command may take by itself.
        """
        if self.ended.done():
            raise CallEnded(self.ended.result())
        assert self._reply is None and self._transport is not None  # noqa: S101, PT018 - one command at a time
        self._reply = self._loop.create_future()
        # A timer costs a fraction of `asyncio.timeout`, and there are a dozen commands a call.
        deadline = self._loop.call_later(within + SLACK, self.end, HangUp.SWITCH, "the switch did not answer")
        try:
            self._transport.write(command)
            return await self._reply
        finally:
            deadline.cancel()
            self._reply = None

    def end(self, how: HangUp, fault: str = "") -> None:
        """End the call on our side: whoever waits for a reply hears of it. The connection closes; first word wins."""
        if not self.ended.done():
            self.fault = fault
            self.ended.set_result(how)
        if self._reply and not self._reply.done():
            self._reply.set_exception(CallEnded(self.ended.result()))
        if not self.environment.done():
            self.environment.cancel()
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast(asyncio.Transport, transport)  # the loop's own class is no subclass of it
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Hand each event to whom it concerns."""
        for event in self._parser.feed(data):
            match event:
                case agi.Environment():
                    if not self.environment.done():
                        self.environment.set_result(event)
                case agi.Reply():
                    if self._reply and not self._reply.done():
                        self._reply.set_result(event)
                    else:
                        self.end(HangUp.SWITCH, "a reply that nobody waits for")
                case agi.HungUp():
                    self.end(self._how())
                case agi.Fault(reason):
                    self.end(HangUp.SWITCH, reason)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so to whoever waits: without a HANGUP before it the switch itself is gone."""
        self.end(HangUp.SWITCH, str(exc or "the switch closed the connection"))

    def _how(self) -> HangUp:
        """Tell the limit from the caller: the switch says HANGUP for both."""
        if self._limit and self._loop.time() - self._began >= self._limit - _EARLY:
            return HangUp.LIMIT
        return HangUp.CALLER

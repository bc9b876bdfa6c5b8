"""The radio network between emulated modems and handsets."""

import asyncio
import random
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from gateway.emulators.modem.at import Carry
from gateway.emulators.modem.codec import status_report
from gateway.emulators.modem.handset import Handset
from gateway.emulators.modem.modem import EmulatedModem
from gateway.emulators.modem.phone import Identity
from gateway.emulators.modem.storage import Record, StorageFull

_BEIJING = timezone(timedelta(hours=8))
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?0?(1[3-9]\d{9})\Z", re.ASCII)


def _beijing_now() -> datetime:
    return datetime.now(_BEIJING)


def _subscriber(number: str) -> str:
    """Return the number as the network knows it: a mobile in international form, others as they are."""
    mobile = _MOBILE.match(number)
    return f"+86{mobile[1]}" if mobile else number


@dataclass(slots=True, eq=False)
class Brought:
    """Something for a modem; it waits in the network until `record` says where it went."""

    tpdu: bytes
    report: bool = False
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How the network treats what it carries; times in seconds."""

    latency: float = 0.0  # from a PDU to its +CMGS
    jitter: float = 0.0  # the latency varies evenly by so much to either side
    receipt_delay: float = 0.0  # from the +CMGS to the status report
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A text on its way to a modem."""

    modem: EmulatedModem
    parts: tuple[Brought, ...]
    at: float = field(default=0.0)  # the event loop's time

    @property
    def fate(self) -> str:
        """Say in a few words how far it got."""
        modem = self.modem
        if any(part.record is None for part in self.parts):
            if not modem.plugged:
                return f"{modem.name} is unplugged; the network holds the text"
            if not modem.reachable:
                return f"{modem.name} is not registered or not alive; the network holds the text"
            return f"{modem.name}'s storage is full; the network holds the text"
        if modem.heard_at is None:
            return f"no program has opened {modem.port}; the text waits in its storage"
        if any(part.record is not None and part.record.unread for part in self.parts):
            return f"the text waits in {modem.name}'s storage; no program has read it"
        if all(part.record is not None and part.record.deleted for part in self.parts):
            return f"the text was read from {modem.name} and deleted; no reply was sent"
        return f"the text was read from {modem.name} and is still stored there; no reply was sent"


class EmulatedNetwork:
    """Carries texts from handsets to modems, and what modems send to handsets. Owns its modems.

    What a modem cannot take (full, unplugged, silent, not registered) waits here, in order, as at a service centre,
    and is brought when the modem next shows a sign of life.
    """

    def __init__(
        self,
        folder: Path,
        identities: Sequence[Identity],
        timing: Timing | None = None,
        now: Callable[[], datetime] = _beijing_now,
    ) -> None:
        self._timing = timing or Timing()
        self._now = now
        self._chance = random.Random(self._timing.seed)  # noqa: S311 - a spread of delays, not a secret
        self._loop = asyncio.get_running_loop()
        self._timers: set[asyncio.TimerHandle] = set()
        self._handsets: dict[str, Handset] = {}
        self.modems = tuple(
            EmulatedModem(f"ttyEMU{place}", folder / f"ttyEMU{place}", identity, self)
            for place, identity in enumerate(identities)
        )
        self._waiting: dict[str, deque[Brought]] = {modem.name: deque() for modem in self.modems}
        self._turn = 0

    def plug_all(self) -> None:
        """Connect every modem."""
        for modem in self.modems:
            modem.plug()

    def close(self) -> None:
        """Unplug every modem and drop what is under way."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for modem in self.modems:
            modem.close()

    @property
    def handsets(self) -> tuple[Handset, ...]:
        """Every handset that sent or got something."""
        return tuple(self._handsets.values())

    def handset(self, number: str) -> Handset:
        """Return the handset of a number; one number has one handset, however it is written."""
        known = _subscriber(number)
        return self._handsets.get(known) or self._handsets.setdefault(known, Handset(known))

    def modem(self, which: str | int | None) -> EmulatedModem:
        """Find a modem by place, name or number; None takes the next in turn. Raises `LookupError`."""
        if which is None:
            self._turn += 1
            return self.modems[(self._turn - 1) % len(self.modems)]
        for place, modem in enumerate(self.modems):
            if which in (place, modem.name) or (isinstance(which, str) and _subscriber(which) == modem.number):
                return modem
        raise LookupError(f"no modem {which!r}; there are {', '.join(modem.name for modem in self.modems)}")

    def held(self, modem: EmulatedModem) -> int:
        """Return how many messages the network holds for a modem."""
        return len(self._waiting[modem.name])

    async def text(
        self,
        sender: str,
        text: str,
        to: str | int | None = None,
        *,
        wide: bool = False,
        flash: bool = False,
        order: Sequence[int] | None = None,
    ) -> Sent:
        """Send a text from a handset to a modem.

        `wide` uses 16-bit references, `flash` class 0. `order` names the parts to bring, from 1: `(3, 1, 1)` brings
        the third, then the first twice, and loses the second.
        """
        modem = self.modem(to)
        parts = self.handset(sender).compose(text, self._now(), wide=wide, flash=flash)
        brought = parts if order is None else [parts[number - 1] for number in order]
        return self.bring(modem, brought)

    def bring(self, modem: EmulatedModem, tpdus: Sequence[bytes]) -> Sent:
        """Bring TPDUs to a modem as they are, well made or not."""
        sent = Sent(modem, tuple(Brought(tpdu) for tpdu in tpdus), self._loop.time())
        self._waiting[modem.name].extend(sent.parts)
        self.heard_from(modem)
        return sent

    def heard_from(self, modem: EmulatedModem) -> None:
        """Bring a modem what waits for it, as far as it can take it."""
        waiting = self._waiting[modem.name]
        while waiting and modem.reachable:
            first = waiting[0]
            try:
                if first.report:
                    modem.receive_report(first.tpdu)
                else:
                    first.record = modem.receive(first.tpdu)
            except StorageFull:
                return
            waiting.popleft()

    def carry(self, modem: EmulatedModem, carry: Carry) -> None:
        """Carry a message to its handset, in its time."""
        timing = self._timing
        delay = timing.latency + timing.jitter * self._chance.uniform(-1, 1) if timing.jitter else timing.latency
        if delay > 0:
            self._after(delay, partial(self._arrive, modem, carry))
        else:
            self._arrive(modem, carry)

    def _arrive(self, modem: EmulatedModem, carry: Carry) -> None:
        faults, submit = modem.faults, carry.submit
        lost = faults.lost_times > 0
        if lost:
            faults.lost_times -= 1
        else:
            self.handset(submit.destination).receive(submit, modem.name, self._loop.time())
        receipts = 0 if lost or faults.no_receipt or not submit.report else 1 + faults.receipt_twice
        report = partial(self._report, modem, carry, self._now(), receipts)
        early = faults.receipt_early
        if receipts and early:
            report()
        silent = faults.silent_after_pdu_times > 0
        if silent:
            faults.silent_after_pdu_times -= 1
        modem.settle(carry, tell=not silent)
        if receipts and not early:
            self._after(self._timing.receipt_delay, report)

    def _report(self, modem: EmulatedModem, carry: Carry, submitted: datetime, times: int) -> None:
        tpdu = status_report(
            carry.reference, carry.submit.destination, submitted, self._now(), modem.faults.receipt_status
        )
        self._waiting[modem.name].extend(Brought(tpdu, report=True) for _ in range(times))
        self.heard_from(modem)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)


def identities(count: int, pattern: Identity | None = None) -> list[Identity]:
    """Make `count` identities after one pattern: numbers from +8613800000100 on, the rest likewise distinct."""
    pattern = pattern or Identity()
    return [
        replace(
            pattern,
            number=f"+86138{100 + place:08}",
            imei=f"{pattern.imei[:-3]}{100 + place:03}",
            imsi=f"{pattern.imsi[:-3]}{100 + place:03}",
        )
        for place in range(count)
    ]


@asynccontextmanager
async def emulated_network(
    folder: Path,
    count: int = 2,
    *,
    identity: Identity | None = None,
    timing: Timing | None = None,
    now: Callable[[], datetime] = _beijing_now,
) -> AsyncIterator[EmulatedNetwork]:
    """Run `count` plugged modems at `folder`/ttyEMU0… in this process's event loop."""
    network = EmulatedNetwork(folder, identities(count, identity), timing, now)
    try:
        network.plug_all()
        yield network
    finally:
        network.close()

"""From the SIM to the store: read, hand over, and only then delete."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile
from typing import TypeAlias

from gateway.channels.modem.arrivals import Entry, Mailer, listed, read
from gateway.channels.modem.courier import Courier
from gateway.channels.modem.dialogue import Dialogue
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import StorageUse
from gateway.domain.errors import ProtocolError
from gateway.ports import Clock, Inbound

log = logging.getLogger(__name__)

Slot: TypeAlias = tuple[str, int]  # storage and index

# Listing fifty records of a real SIM takes a second or more, on some modems ten; reading one, a twentieth of that.
_READ_SINGLY = 1
_LIST_FACTOR = 3  # so much longer than for another command may its answer be awaited

# Commands joined to one line (V.250 §5.4.1): fewer turns, and still short for the modems that take 128 characters.
_DELETE_AT_ONCE = 8

# 27.005 §3.2.5: nothing lies there (any more).
_INVALID_INDEX = 321


class Mailbox:
    """The storages of one modem over one session. `dialogue` is its owner's; only the owner calls the coroutines."""

    def __init__(
        self,
        dialogue: Dialogue,
        settings: ModemSettings,
        mailer: Mailer,
        courier: Courier,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self.sweep_soon = False  # something is left behind: look through everything before long
        self.uses: tuple[StorageUse, ...] = ()  # how full the storages were at the last sweep
        self._dialogue = dialogue
        self._name = settings.name
        self._within = settings.command_timeout
        self._mailer = mailer
        self._courier = courier
        self._clock = clock
        self._wake = wake
        self._storages: tuple[str, ...] = ()
        self._selected = ""
        self._signalled: dict[Slot, None] = {}  # announced, not yet read; in the order of announcement
        self._held: set[Slot] = set()  # read, not yet deleted
        self._stored: deque[Slot] = deque()  # safe with us, to be deleted
        self._suspects: dict[Slot, str] = {}  # undecodable at the first reading

    def reset(self, storages: tuple[str, ...]) -> None:
        """Begin anew after the modem was set up: the first of `storages` is selected and receives.

        What was read before is read again; intake knows repeats. Nothing is deleted by an index from before.
        """
        self._storages, self._selected = storages, storages[0]
        self._signalled.clear()
        self._held = set()  # a new one: deliveries under way still hold the old
        self._stored = deque()
        self._suspects.clear()

    def announce(self, storage: str, index: int) -> None:
        """Note a +CMTI or +CDSI."""
        self._signalled[storage, index] = None

    @property
    def announced(self) -> bool:
        """Return whether there is something to read."""
        return bool(self._signalled)

    @property
    def deletable(self) -> bool:
        """Return whether there is something to delete."""
        return bool(self._stored)

    async def fetch(self, deliveries: asyncio.TaskGroup) -> None:
        """Read what was announced. Raises `Silence`, `LinkDown`."""
        wanted = [slot for slot in self._signalled if slot not in self._held]
        self._signalled.clear()
        try:
            if len(wanted) <= _READ_SINGLY:
                for storage, index in wanted:
                    await self._read_one(storage, index, deliveries)
                return
            for storage in dict.fromkeys(storage for storage, _ in wanted):
                await self._select(storage)
                self.sweep_soon |= self._selected != storage
                await self._list(storage, 0, deliveries)  # unread only
        except BaseException:  # cancelled too: what was not read must be looked for again
            self.sweep_soon = True
            raise

    async def sweep(self, deliveries: asyncio.TaskGroup, *, thorough: bool) -> None:
        """Look through all storages, when `thorough` also those that count as empty. Raises `Silence`, `LinkDown`."""
        self.sweep_soon = False
        uses = []
        for storage in reversed(self._storages):  # ends on the one that receives
            use = await self._select(storage, again=True)
            if use is not None:
                uses.append(use)
            if thorough or use is None or use.used:
                await self._list(storage, 4, deliveries)
        self._show(tuple(uses))

    async def delete(self) -> None:
        """Delete some of what is stored. Raises `Silence`, `LinkDown`."""
        storage = self._stored[0][0]
        mine = takewhile(lambda slot: slot[0] == storage, self._stored)
        slots = list(islice(mine, _DELETE_AT_ONCE))
        for _ in slots:
            self._stored.popleft()
        try:
            await self._select(storage)
            command = ";".join(f"+CMGD={index}" for _, index in slots)
            done = (await self._dialogue.command(f"AT{command}", self._within * len(slots))).ok
            if not done and len(slots) > 1:
                await self._delete_singly(slots)
            elif not done:
                await self._check_gone(slots[0])
        finally:
            self._held.difference_update(slots)

    async def _delete_singly(self, slots: Iterable[Slot]) -> None:
        for slot in slots:
            await self._check_gone(slot)

    async def _check_gone(self, slot: Slot) -> None:
        answer = await self._dialogue.command(f"AT+CMGD={slot[1]}", self._within)
        if not answer.ok and answer.final.code != _INVALID_INDEX:
            # It will be read again, recognised, and its deletion tried again.
            self.sweep_soon = True
            log.warning("message not deleted", extra={"modem": self._name, "slot": slot, "error": str(answer.final)})

    async def _select(self, storage: str, *, again: bool = False) -> StorageUse | None:
        """Make `storage` the one that commands read; `again` also when it is, for the sake of its counts."""
        if storage == self._selected and not again:
            return None
        self._selected = ""
        answer = await self._dialogue.ask(f'AT+CPMS="{storage}"', self._within)
        if not answer.ok:
            return None
        self._selected = storage
        used, _, rest = (answer.after("+CPMS:") or "").partition(",")
        total = rest.partition(",")[0]
        return StorageUse(storage, int(used), int(total)) if used.isdigit() and total.isdigit() else None

    async def _list(self, storage: str, status: int, deliveries: asyncio.TaskGroup) -> None:
        if self._selected != storage:
            return
        answer = await self._dialogue.command(f"AT+CMGL={status}", self._within * _LIST_FACTOR)
        if not answer.ok:
            self.sweep_soon = True
            log.debug("storage not listed", extra={"modem": self._name, "error": str(answer.final)})
        entries = [entry for entry in listed(answer.lines) if (storage, entry.index) not in self._held]
        self._take(storage, entries, deliveries)

    async def _read_one(self, storage: str, index: int, deliveries: asyncio.TaskGroup) -> None:
        await self._select(storage)
        if self._selected != storage:
            self.sweep_soon = True
            return
        answer = await self._dialogue.command(f"AT+CMGR={index}", self._within)
        if not answer.ok and answer.final.code != _INVALID_INDEX:
            self.sweep_soon = True
        self._take(storage, list(read(index, answer.lines)), deliveries)

    def _take(self, storage: str, entries: Sequence[Entry], deliveries: asyncio.TaskGroup) -> None:
        items = []
        for entry in entries:
            slot = (storage, entry.index)
            inbound = self._inbound(slot, entry.pdu)
            if inbound is not None:
                items.append((slot, inbound))
        if items:
            self._held.update(slot for slot, _ in items)
            deliveries.create_task(self._hand_over(items, self._held, self._stored), name=f"{self._name} deliveries")

    def _inbound(self, slot: Slot, pdu: str) -> Inbound | None:
        now = self._clock.now()
        try:
            return self._mailer.inbound(pdu, now)
        except ProtocolError as error:
            if self._suspects.get(slot) == pdu:
                del self._suspects[slot]
                return self._mailer.undecodable(pdu, str(error), now)
            # A byte lost on the wire looks the same. Only what reads the same twice is given up.
            self._suspects[slot] = pdu
            self._signalled[slot] = None
            self._wake()
            return None

    async def _hand_over(self, items: Sequence[tuple[Slot, Inbound]], held: set[Slot], stored: deque[Slot]) -> None:
        """Deliver `items` at once, so that they share one commit; each that is stored may be deleted."""
        kept = await asyncio.gather(*(self._courier.store(item) for _, item in items))
        for (slot, _), safe in zip(items, kept, strict=True):
            if safe:
                stored.append(slot)
            else:
                held.discard(slot)
                self.sweep_soon = True
        self._wake()

    def _show(self, uses: tuple[StorageUse, ...]) -> None:
        full_before = {use.name for use in self.uses if use.full}
        self.uses = uses
        for use in uses:
            if use.full and use.name not in full_before:
                log.warning(
                    "storage full: the network holds messages back",
                    extra={"modem": self._name, "storage": use.name, "total": use.total},
                )

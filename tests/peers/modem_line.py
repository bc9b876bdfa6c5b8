"""The modem channel with an emulated modem at the other end of a real pty, and a store that can be away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.settings import ModemSettings
from gateway.domain.address import Address
from gateway.domain.errors import StoreDown
from gateway.domain.message import Concat, Part, Receipt, Submission, Undecodable
from gateway.emulators.modem import EmulatedModem, EmulatedNetwork, Identity, emulated_network
from gateway.ports import Channel, Inbound
from gateway.text.segments import Encoding

CITIZEN = "+8613900000001"

# For a slow, loaded machine; nothing waits as long when all is well.
PATIENCE = 20.0


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Shelf:
    """Takes what a channel delivers; `down`: as if the database were away."""

    def __init__(self) -> None:
        self.down = False
        self.asked = 0
        self.items: list[Inbound] = []
        self.refuse: Callable[[Inbound], bool] = lambda _: False
        self._changed = asyncio.Event()

    @property
    def parts(self) -> list[Part]:
        return [item for item in self.items if isinstance(item, Part)]

    @property
    def texts(self) -> list[str]:
        return [part.text for part in self.parts]

    @property
    def receipts(self) -> list[Receipt]:
        return [item for item in self.items if isinstance(item, Receipt)]

    @property
    def undecodable(self) -> list[Undecodable]:
        return [item for item in self.items if isinstance(item, Undecodable)]

    async def deliver(self, item: Inbound) -> None:
        self.asked += 1
        self._changed.set()
        await asyncio.sleep(0)  # as a group commit: never at once
        if self.down or self.refuse(item):
            raise StoreDown("the database is away")
        self.items.append(item)
        self._changed.set()

    async def until(self, condition: Callable[["Shelf"], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what nothing announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what the emulator or the state shows rings no bell
            await asyncio.sleep(0.005)


@dataclass(slots=True)
class ModemLine:
    network: EmulatedNetwork
    modem: EmulatedModem
    channel: ModemChannel
    shelf: Shelf

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way, waits or is held."""
        session = self.channel._session
        return session is not None and session.idle

    @property
    def stored(self) -> int:
        """How many messages lie in the modem."""
        return sum(len(self.modem.phone.memories[name]) for name in ("SM", "ME"))

    @property
    def sent(self) -> list[str]:
        """The segments that the citizen's handset got."""
        return [segment.text for segment in self.network.handset(CITIZEN).segments]

    async def nothing_left(self) -> None:
        """Wait until all is read, deleted and said."""
        await until(lambda: self.stored == 0 and self.at_rest)

    async def reply(self) -> str:
        """Wait for the next whole answer on the citizen's handset."""
        return (await self.network.handset(CITIZEN).next_reply(PATIENCE)).text


def modem_settings(modem: EmulatedModem, **changes: Any) -> ModemSettings:  # noqa: ANN401 - whatever a table may hold
    """Long timers, so that what a test sees is not the work of the next sweep or watch."""
    timers = {"sweep_interval": 3600, "watch_interval": 3600}
    return ModemSettings.model_validate(
        {"name": modem.name, "port": modem.port, "number": modem.number} | timers | changes
    )


@asynccontextmanager
async def running(channel: Channel, shelf: Shelf) -> AsyncIterator[None]:
    task = asyncio.create_task(channel.run(shelf.deliver))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def modem_line(folder: Path, *, identity: Identity | None = None, **changes: Any) -> AsyncIterator[ModemLine]:  # noqa: ANN401
    """Run one channel on one emulated modem; it is up and at rest when the block begins."""
    async with emulated_network(folder, 1, identity=identity) as network:
        modem, shelf = network.modems[0], Shelf()
        channel = ModemChannel(modem_settings(modem, **changes), WallClock())
        async with running(channel, shelf):
            line = ModemLine(network, modem, channel, shelf)
            await until(lambda: channel.ready and line.at_rest)
            yield line


def a_submission(
    text: str = "正品，放心使用",
    *,
    to: str = CITIZEN,
    encoding: Encoding = Encoding.UCS2,
    concat: Concat | None = None,
) -> Submission:
    return Submission(uuid4(), Address.parse(to), text, encoding, concat)

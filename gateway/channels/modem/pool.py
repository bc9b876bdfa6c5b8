"""All modems of this process."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import LineState
from gateway.domain.errors import BadSettings
from gateway.ports import Clock, Deliver


class ModemPool:
    """Builds one channel a modem and keeps them all going; none waits for another."""

    def __init__(self, modems: Iterable[ModemSettings], clock: Clock, notes: Path | None = None) -> None:
        """`notes`: an existing folder for what must outlive a restart (a refused PIN).

        Raises `BadSettings` when two modems share a name or a port.
        """
        settings = tuple(modems)
        for what, values in (
            ("name", [each.name for each in settings]),
            ("port", [str(each.port) for each in settings]),
        ):
            twice = {value for value in values if values.count(value) > 1}
            if twice:
                raise BadSettings(f"[[modem]] {what}: {', '.join(sorted(twice))} stands there twice")
        self.channels = tuple(ModemChannel(each, clock, PinOnce(_note(notes, each))) for each in settings)

    @property
    def states(self) -> tuple[LineState, ...]:
        """Return what is known of each modem now, in the order of the configuration."""
        return tuple(channel.state for channel in self.channels)

    async def run(self, deliver: Deliver) -> None:
        """Run all channels until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for channel in self.channels:
                tasks.create_task(channel.run(deliver), name=f"modem {channel.account}")


def _note(notes: Path | None, settings: ModemSettings) -> Path | None:
    if notes is None:
        return None
    safe = "".join(char if char.isalnum() else "_" for char in settings.name)
    return notes / f"modem-{safe}.pin-refused"

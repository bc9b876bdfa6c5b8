"""Kind of channel -> how to build its lines: the one line a new channel adds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from gateway.channels.loopback.channel import LoopbackChannel
from gateway.channels.loopback.settings import LoopbackSettings
from gateway.channels.modem.pool import ModemPool
from gateway.channels.modem.settings import ModemSettings
from gateway.ports import Channel, Clock

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a channel may use of the gateway around it."""

    clock: Clock
    notes: Path  # a folder for the little that a channel must remember over a restart


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """What one line's table in the configuration holds, and the channels that all such tables become."""

    settings: type[S]
    build: Callable[[Sequence[S], Surroundings], Sequence[Channel]]


def _loopbacks(lines: Sequence[LoopbackSettings], _: Surroundings) -> Sequence[Channel]:
    return [LoopbackChannel(line.name, window=line.window, daily_limit=line.daily_limit) for line in lines]


def _modems(lines: Sequence[ModemSettings], around: Surroundings) -> Sequence[Channel]:
    return ModemPool(lines, around.clock, around.notes).channels


KINDS: Mapping[str, Kind[Any]] = {
    "loopback": Kind(LoopbackSettings, _loopbacks),
    "modem": Kind(ModemSettings, _modems),
}

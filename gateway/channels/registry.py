"""Kind of channel -> how to build one: the one line a new channel adds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from gateway.channels.loopback.channel import LoopbackChannel
from gateway.channels.loopback.settings import LoopbackSettings
from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.settings import ModemSettings
from gateway.ports import Channel, Clock

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """What one line's table in the configuration holds, and the channel it becomes."""

    settings: type[S]
    build: Callable[[S, Clock], Channel]


def _loopback(settings: LoopbackSettings, _: Clock) -> Channel:
    return LoopbackChannel(settings.name, window=settings.window, daily_limit=settings.daily_limit)


KINDS: Mapping[str, Kind[Any]] = {
    "loopback": Kind(LoopbackSettings, _loopback),
    "modem": Kind(ModemSettings, ModemChannel),
}

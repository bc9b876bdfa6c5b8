"""How often somebody may guess a password, and how much of what is refused is worth a line in the audit."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import msgspec
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from gateway.ports import Bus

log = logging.getLogger(__name__)

_MINUTE: Final = 60_000  # milliseconds
# One person at one desk; all who share an address; one person, guessed at from everywhere.
TRIES, WINDOW_MINUTES = 5, 10
_AT_DESK: Final = Rate(TRIES, WINDOW_MINUTES * _MINUTE)
_AT_ADDRESS: Final = Rate(30, WINDOW_MINUTES * _MINUTE)
_BY_NAME: Final = Rate(100, 60 * _MINUTE)
# Of refusals, so many are written down: of one who knocks, and of all who are nobody.
_OF_ONE: Final = Rate(20, 10 * _MINUTE)
_OF_NOBODY: Final = Rate(200, 60 * _MINUTE)
_MOST: Final = 10_000  # remembered
# A household or a phone has a /64 of its own (RFC 6177 2), and a new address in it whenever it likes.
_HOME: Final = 64


class _Buckets:
    """Counts by key; of too many keys, those longest unused are forgotten."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], InMemoryBucket] = OrderedDict()

    def put(self, key: tuple[str, str], rate: Rate, at: int) -> bool:
        """Count one; False, and not counted: there were as many as there may be."""
        bucket = self._buckets.pop(key, None) or InMemoryBucket([rate])
        self._buckets[key] = bucket
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        if bucket.items:
            at = max(at, bucket.items[-1].timestamp)  # the library wants them in order, and clocks differ
        bucket.leak(at)
        return bool(bucket.put(RateItem("", at)))

    def count(self, key: tuple[str, str]) -> int:
        """Return how many are counted."""
        bucket = self._buckets.get(key)
        return int(bucket.count()) if bucket else 0

    def take_back(self, key: tuple[str, str]) -> None:
        """Forget the last one."""
        bucket = self._buckets.get(key)
        if bucket and bucket.items:
            bucket.items.pop()

    def drop(self, key: tuple[str, str]) -> None:
        """Forget them all."""
        self._buckets.pop(key, None)


class _Tried(msgspec.Struct, frozen=True, array_like=True):
    """A try that another process counted, by marks of the name and of where it was made."""

    name: str
    home: str
    at: int  # milliseconds since 1970
    succeeded: bool = False


_DECODER: Final = msgspec.msgpack.Decoder(_Tried)
_TOPIC: Final = "sign-in"


class Throttle:
    """Counts tries, with those of the service's other processes; one that succeeds is forgotten with those before it.

    What is typed as a name may be a password: where others may read it stands its mark.
    """

    def __init__(self, bus: Bus, mark: Callable[[str], str]) -> None:
        self._bus, self._mark = bus, mark
        self._buckets = _Buckets()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        bus.hear(_TOPIC, self._take)

    def admit(self, name: str, address: str, now: datetime) -> bool:
        """Count a try; return whether it may be made at all.

        What is refused counts no further: who hammers on one door alone shuts nobody out elsewhere. And where
        somebody got in before, guesses from everywhere do not shut him out.
        """
        tried = _Tried(self._mark(name), self._mark(_home(address)), int(now.timestamp() * 1000))
        admitted = self._count(tried)
        if admitted:
            self._bus.tell(_TOPIC, msgspec.msgpack.encode(tried))
        return admitted

    def left(self, name: str, address: str) -> int:
        """Return how many tries are left at this desk."""
        return TRIES - self._buckets.count((self._mark(name), self._mark(_home(address))))

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries of somebody who is who he says; an office whose people all come at eight gets in."""
        tried = _Tried(self._mark(name), self._mark(_home(address)), 0, succeeded=True)
        self._forget(tried.name, tried.home)
        self._bus.tell(_TOPIC, msgspec.msgpack.encode(tried))

    def _take(self, body: bytes) -> None:
        try:
            tried = _DECODER.decode(body)
        except msgspec.MsgspecError as err:
            log.debug("another release, or another hand, wrote this", extra={"reason": str(err)})
            return
        if tried.succeeded:
            self._forget(tried.name, tried.home)
        else:
            self._count(tried)

    def _count(self, tried: _Tried) -> bool:
        name, home = tried.name, tried.home
        wanted = [((name, home), _AT_DESK), (("", home), _AT_ADDRESS)]
        if (name, home) not in self._known:
            wanted.append(((name, ""), _BY_NAME))
        return all(self._buckets.put(key, rate, tried.at) for key, rate in wanted)

    def _forget(self, name: str, home: str) -> None:
        self._buckets.drop((name, home))
        self._buckets.drop((name, ""))
        self._buckets.take_back(("", home))
        self._known.pop((name, home), None)
        self._known[name, home] = None
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


class Noise:
    """Tells what is worth writing down, so that nobody fills the audit by knocking on and on."""

    def __init__(self) -> None:
        self._buckets = _Buckets()

    def worth(self, who: str | None, address: str, now: datetime) -> bool:
        """Count a refusal, of somebody who is signed in or of nobody (None); return whether it is written down."""
        at = int(now.timestamp() * 1000)
        if who is not None:
            return self._buckets.put((who, ""), _OF_ONE, at)
        return self._buckets.put(("", _home(address)), _OF_ONE, at) and self._buckets.put(("", ""), _OF_NOBODY, at)


def _home(address: str) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return address or "-"
    return str(ip_network((ip, _HOME), strict=False)) if isinstance(ip, IPv6Address) else address

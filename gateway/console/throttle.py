"""How often somebody may guess a password."""

from collections import OrderedDict
from datetime import datetime
from typing import Final

from pyrate_limiter import InMemoryBucket, Rate, RateItem

_MINUTE: Final = 60_000  # milliseconds
# One person at one desk; all who share an address; one person, guessed at from everywhere.
TRIES, WINDOW_MINUTES = 5, 10
_AT_DESK: Final = Rate(TRIES, WINDOW_MINUTES * _MINUTE)
_AT_ADDRESS: Final = Rate(30, WINDOW_MINUTES * _MINUTE)
_BY_NAME: Final = Rate(100, 60 * _MINUTE)
_MOST: Final = 10_000  # remembered


class Throttle:
    """Counts tries; one that succeeds is forgotten with those before it."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], InMemoryBucket] = OrderedDict()

    def admit(self, name: str, address: str, now: datetime) -> bool:
        """Count a try; return whether it may be made at all."""
        at = int(now.timestamp() * 1000)
        wanted = (((name, address), _AT_DESK), (("", address), _AT_ADDRESS), ((name, ""), _BY_NAME))
        counted = [self._bucket(key, rate, at).put(RateItem("", at)) for key, rate in wanted]  # each of them, always
        return all(counted)

    def left(self, name: str, address: str) -> int:
        """Return how many tries are left at this desk."""
        bucket = self._buckets.get((name, address))
        return TRIES - bucket.count() if bucket else TRIES

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries of somebody who is who he says."""
        for key in ((name, address), (name, "")):
            self._buckets.pop(key, None)

    def _bucket(self, key: tuple[str, str], rate: Rate, at: int) -> InMemoryBucket:
        bucket = self._buckets.pop(key, None) or InMemoryBucket([rate])
        self._buckets[key] = bucket
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        bucket.leak(at)
        return bucket

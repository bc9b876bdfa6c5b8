"""Which bus a process has."""

from gateway.bus.local import LocalBus


def open_bus(url: str | None) -> LocalBus:
    """Return the bus over the Redis at `url`, which nobody has asked yet; without one, that of a process alone."""
    if url is None:
        return LocalBus()
    from gateway.bus.redis import RedisBus  # its driver: 0.1 s and 6 MB that only who has a Redis needs

    return RedisBus(url)

"""Counters for those who watch (Prometheus text format)."""

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

_LABELS = {
    "inquiries": ("Questions taken in.", ()),
    "repeats": ("Messages that came again and were acknowledged again.", ()),
    "dead_letters": ("Arrivals nobody could read.", ()),
    "answers": ("Answers by verdict.", ("verdict",)),
    "segments": ("Sends by outcome.", ("account", "outcome")),
    "replies_expired": ("Replies too old to be of use.", ()),
    "ivr_steps": ("Steps of flows by the way out taken.", ("flow", "step", "exit")),
    "requests": ("Requests to the interface.", ("resource", "status")),
}


class Metrics:
    """`ports.Meter` over Prometheus counters."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(f"gateway_{name}", text, labels, registry=self._registry)
            for name, (text, labels) in _LABELS.items()
        }

    def count(self, event: str, by: int = 1, **labels: str) -> None:
        """Add to the counter of an event."""
        self._child(event, tuple(labels.items())).inc(by)

    @cache  # noqa: B019 - one for the life of the process; `labels` takes longer than counting
    def _child(self, event: str, labels: tuple[tuple[str, str], ...]) -> Counter:
        counter = self._counters[event]
        return counter.labels(**dict(labels)) if labels else counter

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what `read` returns whenever somebody looks."""
        Gauge(f"gateway_{name}", text, registry=self._registry).set_function(read)

    def exposition(self) -> bytes:
        """Return all of it as a scrape wants it."""
        return generate_latest(self._registry)

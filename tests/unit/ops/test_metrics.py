"""Counters in the form a scrape reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.ops.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_events_are_counted_by_label() -> None:
    metrics = Metrics()
    metrics.count("inquiries", 3)
    metrics.count("segments", account="sim1", outcome="accepted")
    metrics.count("segments", account="sim1", outcome="accepted")
    shown = samples(metrics)
    assert shown["gateway_inquiries_total", ()] == 3
    assert shown["gateway_segments_total", (("account", "sim1"), ("outcome", "accepted"))] == 2


def test_what_was_never_counted_is_shown_as_nothing() -> None:
    assert samples(Metrics())["gateway_dead_letters_total", ()] == 0


def test_a_gauge_is_read_when_somebody_looks() -> None:
    metrics = Metrics()
    depth = [1.0]
    metrics.gauge("open_replies", "Replies on their way.", lambda: depth[0])
    assert samples(metrics)["gateway_open_replies", ()] == 1
    depth[0] = 7
    assert samples(metrics)["gateway_open_replies", ()] == 7


def test_two_services_in_a_process_do_not_share_counters() -> None:
    one, other = Metrics(), Metrics()
    one.count("repeats")
    assert samples(other)["gateway_repeats_total", ()] == 0


def test_an_event_nobody_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        Metrics().count("surprises")

"""The grown part of the sample city: the same for a seed and a day, plausible, and each answer one short message."""

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache

import msgspec
import pytest

from gateway.domain.calendar import today
from gateway.domain.inputs import Inputs
from gateway.domain.judgement import clause, counts, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import LabelState, PartyKind, Standing, Trace
from gateway.domain.verdict import Verdict
from gateway.interchange.sample import City, grow, whole
from tests.builders.city import ROOT, shipped_renderer

FOLDER = ROOT / "config" / "sample"
NOW = datetime(2026, 5, 9, 16, 30, tzinfo=UTC)  # half past midnight of 10 May in Asia/Shanghai
DAYS = [today(NOW), date(2027, 1, 31), date(2028, 2, 29), date(2026, 12, 31)]


@cache
def grown(day: date = DAYS[0], seed: int = 1) -> City:
    return grow(FOLDER, seed, day)


def written(city: City) -> bytes:
    return msgspec.json.encode(city)


def test_the_same_seed_on_the_same_day_makes_the_same_city() -> None:
    assert written(grow(FOLDER, 1, DAYS[0])) == written(grown())


def test_another_seed_or_day_makes_another() -> None:
    assert written(grown(seed=2)) != written(grown())
    assert written(grown(DAYS[1])) != written(grown())


def test_it_has_the_size_of_a_small_city() -> None:
    city = whole(FOLDER, 1, DAYS[0])
    kinds = Counter(filed.record_type for filed in city.records)
    assert kinds["lpg"] > 2000
    assert kinds["lift"] > 300
    assert kinds["vehicle"] > 150
    assert kinds["station"] >= 10
    assert sum(kinds[goods] for goods in ("liquor", "flour", "tomato", "melon", "meat")) > 50
    assert 20_000 <= city.labels <= 22_000
    assert len(city.parties) >= 60
    assert {party.kind for party in city.parties} == set(PartyKind)


@pytest.mark.parametrize(("day", "seed"), [(DAYS[0], 1), (DAYS[0], 77), *((day, 1) for day in DAYS[1:])])
def test_each_record_could_have_been_sent_in_that_morning(day: date, seed: int) -> None:
    """It survives the checks of its type, and those of the day it is entered; warnings are as a city has them."""
    for filed in grown(day, seed).records:
        kind = REGISTRY[filed.record_type]
        assert msgspec.json.decode(msgspec.json.encode(filed.record), type=kind.model) == filed.record
        assert kind.key(filed.record) == filed.key
        faults = [fault for fault in kind.entry(filed.record, Entry(day, Inputs())) if fault.severity == "error"]
        assert faults == [], filed.key


def test_no_two_things_have_one_name() -> None:
    city = whole(FOLDER, 1, DAYS[0])
    keys = [(filed.record_type, filed.key) for filed in city.records]
    aliases = [name for one in city.records for name in REGISTRY[one.record_type].facts(one.record).aliases]
    numbers = [caller.number for caller in city.callers]
    for names in (keys, aliases, numbers, [party.id for party in city.parties], [one.id for one in city.events]):
        assert len(set(names)) == len(names)


def test_all_that_is_named_is_there() -> None:
    city = whole(FOLDER, 1, DAYS[0])
    known = {party.id for party in city.parties}
    feeds = {source.name for source in city.sources}
    things = {f"{filed.record_type}/{filed.key}" for filed in city.records}
    for filed in city.records:
        assert {filed.owner, *REGISTRY[filed.record_type].facts(filed.record).parties.values()} <= known
        assert {filed.source, filed.inspector} - {None} <= feeds
    assert {event.party for event in city.events} | {caller.party for caller in city.callers} <= known
    assert {event.record_id for event in city.events} <= things


def test_a_cylinder_has_one_live_seal_and_it_lies_in_a_run_of_its_station() -> None:
    city = whole(FOLDER, 1, DAYS[0])
    live = [one.record_key for one in grown().singles if one.klass == 6 and one.label.state is LabelState.ACTIVE]
    assert len(set(live)) == len(live)
    runs = {run.issued_to: run for run in grown().ranges if run.klass == 6}
    for one in grown().singles:
        if one.klass == 6:
            assert runs[one.issued_to].first <= one.index <= runs[one.issued_to].last
    places = [(one.klass, one.version, one.index) for one in city.singles]
    assert len(set(places)) == len(places)


def test_nothing_happened_after_the_moment_it_is_loaded() -> None:
    for event in grown().events:
        assert event.at < event.received_at < NOW
    for label in [*(run.label for run in grown().ranges), *(one.label for one in grown().singles)]:
        assert all(at is None or at < NOW for at in (label.issued_at, label.bound_at))


def said(city: City) -> list[tuple[str, Verdict, str]]:
    """Return what the first question of each thing hears, with its type."""
    renderer = shipped_renderer()
    records = {(filed.record_type, filed.key): filed for filed in city.records}
    heard = {source.name: NOW - source.quiet_for for source in city.sources}
    labels = {(one.record_type, one.record_key): one.label for one in city.ranges}
    labels |= {(one.record_type, one.record_key): one.label for one in city.singles}
    found: list[tuple[str, Verdict, str]] = []
    for (kind, key), filed in records.items():
        label = labels.get((kind, key))
        code = key if label is None else f"{next(iter(REGISTRY[kind].classes))}688012345678904"
        source_at = heard[filed.source] if filed.source else None
        trace = Trace(code, kind, label, filed.record, source_at)
        standing = Standing(1, NOW) if counts(trace) else Standing(0, None)
        decision = decide(trace, standing, NOW)
        reply = renderer.reply([clause(trace, standing, decision, NOW)])
        assert len(reply.segments) == 1, reply.text
        found.append((kind, decision.verdict, reply.text))
    return found


def test_most_is_in_order_and_of_each_trouble_there_is_a_little() -> None:
    shares = Counter((kind, verdict) for kind, verdict, _ in said(grown()))
    of_kind = Counter(kind for kind, _, _ in said(grown()))
    well = {"lpg": Verdict.CYL_OK, "vehicle": Verdict.FILL_ALLOWED, "lift": Verdict.ELEV_OK}
    for kind, verdict in well.items():
        assert 0.75 < shares[kind, verdict] / of_kind[kind] < 0.97
    trouble = {
        "lpg": {
            Verdict.CYL_DUE_SOON,
            Verdict.CYL_OVERDUE,
            Verdict.CYL_SCRAPPED,
            Verdict.SEAL_BROKEN,
            Verdict.FILL_UNLICENSED,
            Verdict.NO_FILL_RECORD,
            Verdict.CYL_UNCONFIRMED,
        },
        "vehicle": {Verdict.FILL_DENIED},
        "lift": {
            Verdict.ELEV_FAULT,
            Verdict.ELEV_STOPPED,
            Verdict.ELEV_INSP_OVERDUE,
            Verdict.ELEV_MAINT_OVERDUE,
            Verdict.ELEV_UNCONFIRMED,
        },
    }
    for kind, verdicts in trouble.items():
        for verdict in verdicts:
            assert 0 < shares[kind, verdict] / of_kind[kind] < 0.12, verdict


def test_people_and_numbers_are_nobody_s() -> None:
    for filed in grown().records:
        if filed.private is not None:
            card = getattr(filed.private, "courier_id_card", None)
            assert card is None or card[6:10] == "2099"
    assert all(caller.number.startswith("1380000") for caller in grown().callers)

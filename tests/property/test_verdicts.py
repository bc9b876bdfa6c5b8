"""The rules against their tables in DOMAIN 2.6 and 2.8 to 2.10, written down a second time as first match wins."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import SHANGHAI, today
from gateway.domain.judgement import clause, counts, decide
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Verdict
from tests.builders.city import shipped_renderer
from tests.builders.traces import (
    CODE,
    a_cylinder,
    a_fill,
    a_flour,
    a_lift,
    a_liquor,
    a_meat,
    a_melon,
    a_station,
    a_tomato,
    a_vehicle,
)

V = Verdict
OVER = {LabelState.CANCELLED, LabelState.LOST, LabelState.STOLEN}
GOOD = {V.CYL_OK, V.CYL_DUE_SOON, V.ELEV_OK, V.FILL_ALLOWED}
RENDERER = shipped_renderer()

moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - made aware by `timezones`
around_midnight = st.builds(
    lambda day, seconds: datetime(2026, 1, 1, 16, tzinfo=UTC) + timedelta(days=day, seconds=seconds),
    st.integers(0, 1800),
    st.integers(-2, 2),
)
nows = moments | around_midnight
states = st.none() | st.sampled_from(LabelState)
policies = st.sampled_from(RepeatPolicy)
ages = st.none() | st.sampled_from([0, 1, 23, 24, 25, 26, 500]) | st.integers(0, 60)
standings = st.builds(Standing, st.integers(0, 9), st.none() | moments, st.booleans())


def months_from(now: datetime, months: int) -> str:
    day = now.astimezone(SHANGHAI)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return f"{year:04}-{month + 1:02}"


def label_of(state: LabelState | None, policy: RepeatPolicy, now: datetime) -> Label | None:
    return Label(state, policy, now - timedelta(days=30), now - timedelta(days=2)) if state else None


@given(nows, states, policies, st.booleans(), st.none() | st.integers(-3, 3), standings)
def test_goods_follow_the_table_s_order(
    now: datetime,
    state: LabelState | None,
    policy: RepeatPolicy,
    recalled: bool,
    days_left: int | None,
    standing: Standing,
) -> None:
    produced = today(now) - timedelta(days=100)
    life = None if days_left is None else 100 + days_left
    recall = (
        {"reason": "瓶盖", "scope": "全部", "phone": "0478-0000000", "announced_on": produced} if recalled else None
    )
    batch = a_liquor(produced_on=produced, shelf_life_days=life, recall=recall)
    trace = Trace(CODE, "liquor", label_of(state, policy, now), batch)
    covert = policy is RepeatPolicy.COVERT
    first = standing.count == 1 or (standing.count == 0 and standing.first_at is None)
    table = [
        (V.UNKNOWN, state is None),
        (V.LABEL_VOID, state in OVER | {LabelState.CONSUMED, LabelState.SCRAPPED}),
        (V.NOT_ACTIVATED, state is not LabelState.ACTIVE),
        (V.RECALLED, recalled),
        (V.EXPIRED, days_left is not None and days_left < 0),
        (V.GENUINE_FIRST, covert and first),
        (V.SELF_REPEAT, covert and standing.own),
        (V.REPEAT_WARN, covert),
        (V.TRACE_OK, True),
    ]
    assert decide(trace, standing, now).verdict is next(verdict for verdict, holds in table if holds)
    assert counts(trace) == (state is LabelState.ACTIVE)


@given(
    now=nows,
    state=states,
    hours=ages,
    scrap=st.integers(-2, 2),
    due=st.integers(-2, 2),
    scrapped=st.booleans(),
    seal=st.sampled_from(["intact", "broken", "absent"]),
    fill_age=st.none() | st.integers(0, 90),
    licence_left=st.integers(-2, 2),
)
def test_cylinders_follow_their_rules_in_order(
    now: datetime,
    state: LabelState | None,
    hours: int | None,
    scrap: int,
    due: int,
    scrapped: bool,
    seal: str,
    fill_age: int | None,
    licence_left: int,
) -> None:
    filled = now - timedelta(hours=fill_age or 0)
    fill = a_fill(at=filled, licence_valid_to=today(filled) + timedelta(days=licence_left))
    cylinder = a_cylinder(
        manufactured_on="2020-01",
        scrap_on=months_from(now, scrap),
        inspection={"next_on": months_from(now, due)},
        state="scrapped" if scrapped else "in_use",
        seal_state=seal,
        last_fill=None if fill_age is None else fill,
        remind_days=31,
    )
    source_at = None if hours is None else now - timedelta(hours=hours)
    trace = Trace("6" + CODE[1:], "lpg", label_of(state, RepeatPolicy.OPEN, now), cylinder, source_at)
    table = [
        (V.UNKNOWN, state is None),
        (V.LABEL_VOID, state in OVER),
        (V.SEAL_USED, state is LabelState.CONSUMED),
        (V.NOT_ACTIVATED, state in {LabelState.MINTED, LabelState.ISSUED}),
        (V.CYL_SCRAPPED, state is LabelState.SCRAPPED or scrapped or scrap < 0),
        (V.CYL_OVERDUE, due < 0),
        (V.SEAL_BROKEN, seal != "intact"),
        (V.FILL_UNLICENSED, fill_age is not None and licence_left < 0),
        (V.NO_FILL_RECORD, fill_age is None or fill_age > 48 + 12),
        (V.CYL_UNCONFIRMED, hours is None or hours > 24),
        (V.CYL_DUE_SOON, due == 0),
        (V.CYL_DUE_SOON, due == 1 and (today(now) + timedelta(days=31)).strftime("%Y-%m") > months_from(now, 1)),
        (V.CYL_OK, True),
    ]
    decided = decide(trace, Standing(0, None), now).verdict
    assert decided is next(verdict for verdict, holds in table if holds)


@given(
    nows,
    ages,
    st.sampled_from(["normal", "fault", "trapped", "stopped", "scrapped"]),
    st.integers(-2, 2),
    st.integers(0, 40),
)
def test_lifts_follow_their_rules_in_order(now: datetime, hours: int | None, state: str, due: int, served: int) -> None:
    lift = a_lift(
        state=state, next_inspection=months_from(now, due), last_maintenance_on=today(now) - timedelta(days=served)
    )
    source_at = None if hours is None else now - timedelta(hours=hours)
    table = [
        (V.ELEV_STOPPED, state in {"stopped", "scrapped"}),
        (V.ELEV_FAULT, state in {"fault", "trapped"}),
        (V.ELEV_INSP_OVERDUE, due < 0),
        (V.ELEV_MAINT_OVERDUE, served > 15),
        (V.ELEV_UNCONFIRMED, hours is None or hours > 24),
        (V.ELEV_OK, True),
    ]
    decided = decide(Trace("012345", "lift", None, lift, source_at), Standing(0, None), now).verdict
    assert decided is next(verdict for verdict, holds in table if holds)


@given(nows, states, st.booleans(), st.integers(-2, 2), st.none() | st.integers(-2, 2))
def test_stations_follow_their_rules_in_order(
    now: datetime, state: LabelState | None, suspended: bool, left: int, begins: int | None
) -> None:
    day, begins = today(now), None if begins is None else min(begins, left)
    station = a_station(
        state="suspended" if suspended else "open",
        licence_valid_from=None if begins is None else day + timedelta(days=begins),
        licence_valid_to=day + timedelta(days=left),
    )
    table = [
        (V.UNKNOWN, state is None),
        (V.NOT_ACTIVATED, state in {LabelState.MINTED, LabelState.ISSUED}),
        (V.LABEL_VOID, state is not LabelState.ACTIVE),
        (V.SUSPENDED, suspended),
        (V.LICENCE_EXPIRED, left < 0 or (begins or 0) > 0),
        (V.STATION_OK, True),
    ]
    trace = Trace("8" + CODE[1:], "station", label_of(state, RepeatPolicy.OPEN, now), station)
    assert decide(trace, Standing(0, None), now).verdict is next(verdict for verdict, holds in table if holds)


records = st.sampled_from(
    [
        None,
        a_liquor(),
        a_flour(),
        a_tomato(),
        a_melon(),
        a_meat(),
        a_cylinder(),
        a_vehicle(),
        a_vehicle(hold="事故调查", certificate=None),
        a_station(),
        a_lift(),
        a_lift(last_maintenance_on=None),
    ]
)
kinds = st.sampled_from([None, "nonsense", *REGISTRY])


@given(nows, kinds, records, states, policies, ages, standings)
def test_whatever_is_found_there_is_a_verdict_and_words_for_it(
    now: datetime,
    kind: str | None,
    record: Record | None,
    state: LabelState | None,
    policy: RepeatPolicy,
    hours: int | None,
    standing: Standing,
) -> None:
    source_at = None if hours is None else now - timedelta(hours=hours)
    trace = Trace(CODE, kind, label_of(state, policy, now), record, source_at)
    decision = decide(trace, standing, now)
    assert RENDERER.reply([clause(trace, standing, decision, now)]).text
    if hours is None or hours > 24:
        assert decision.verdict not in GOOD
    if decision.verdict in {V.UNKNOWN, V.LABEL_VOID, V.NOT_ACTIVATED}:
        assert not counts(trace)

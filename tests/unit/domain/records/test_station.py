from datetime import UTC, date, datetime

import pytest

from gateway.domain.judgement import decide
from gateway.domain.records.station import STATION, Station
from gateway.domain.trace import LabelState, Trace
from gateway.domain.verdict import Decision, Verdict
from tests.builders.traces import FIRST, NOW, TODAY, UNCOUNTED, a_label, a_station, a_trace

V = Verdict
GUNS = [
    {"number": "1", "kind": "gun", "gas": "CNG", "verified_to": "2026-05-09"},
    {"number": "2", "kind": "gun", "gas": "CNG", "verified_to": "2026-05-10"},
    {"number": "S1", "kind": "scale", "verified_to": "2026-01-01"},
]


def decided(station: Station, now: datetime = NOW) -> Decision:
    return decide(a_trace(station), FIRST, now)


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, V.STATION_OK),
        ({"state": "suspended"}, V.SUSPENDED),
        ({"state": "suspended", "licence_valid_to": "2026-01-01"}, V.SUSPENDED),
        ({"licence_valid_to": "2026-05-09"}, V.LICENCE_EXPIRED),
        ({"licence_valid_from": "2026-05-11"}, V.LICENCE_EXPIRED),
    ],
)
def test_the_first_rule_that_holds_decides(fields: dict[str, object], verdict: Verdict) -> None:
    assert decided(a_station(**fields)).verdict is verdict


def test_a_licence_is_good_until_midnight_of_its_last_day_in_shanghai() -> None:
    station = a_station(licence_valid_to=date(2026, 5, 10))
    assert decided(station, datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC)).verdict is V.STATION_OK
    assert decided(station, datetime(2026, 5, 10, 16, 0, tzinfo=UTC)).verdict is V.LICENCE_EXPIRED


def test_a_dispenser_whose_verification_is_over_is_told_of() -> None:
    station = a_station(dispensers=GUNS)
    assert decided(station) == Decision(V.STATION_OK, "licence valid", ("DISPENSER_OVERDUE",))
    assert [one.number for one in station.unverified(TODAY)] == ["1", "S1"]
    assert STATION.values(station, TODAY)["dispensers_overdue"] == 2
    assert decided(a_station(dispensers=GUNS[1:2])).reasons == ()


@pytest.mark.parametrize(
    ("gas", "state", "valid_to", "may"),
    [
        ("CNG", "open", TODAY, True),
        ("LNG", "open", TODAY, False),
        ("CNG", "suspended", TODAY, False),
        ("CNG", "open", date(2026, 5, 9), False),
    ],
)
def test_it_may_fill_what_it_is_licensed_for_while_open(gas: str, state: str, valid_to: date, may: bool) -> None:
    assert a_station(gases=["CNG"], state=state, licence_valid_to=valid_to).may_fill(gas, TODAY) is may


def test_a_sign_without_a_station_behind_it_proves_nothing() -> None:
    assert decide(Trace("8688012345678904", "station"), UNCOUNTED, NOW).verdict is V.UNKNOWN
    assert decide(Trace("8688012345678904", "station", a_label()), FIRST, NOW).verdict is V.TRACE_INCOMPLETE
    assert decide(a_trace(a_station(), a_label(LabelState.STOLEN)), UNCOUNTED, NOW).verdict is V.LABEL_VOID


def test_who_is_responsible_is_masked() -> None:
    station = a_station(responsible="其木格")
    assert STATION.values(station, TODAY)["responsible"] == "其**"


def test_what_lists_ask_of_it() -> None:
    facts = STATION.facts(a_station(state="suspended"))
    assert (facts.status, facts.district, facts.category) == ("suspended", "150302", "CNG+LPG")
    assert (facts.due_on, facts.parties) == (date(2027, 6, 1), {"owner": "station-pingan"})
    assert STATION.key(a_station()) == "station-pingan"

"""Who may speak of what, and where things were, read from events in the order in which they happened."""

from gateway.domain.epcis.event import Told
from gateway.domain.epcis.history import History
from tests.builders.epcis import ABATTOIR, FARM, SHEEP, Json, an_event, as_event, boxing, selling, tagging, to

TRUCK = "urn:epc:id:grai:6901234.12345.400"
ANOTHER = SHEEP[:-1] + "2"


def history(*said: tuple[str, Json]) -> History:
    told = [Told(as_event(event), party) for party, event in said]
    names = {name for one in told for part in one.event.names.values() for name in part}
    return History(told, names)


def loading(action: str, at: str, *sheep: str) -> Json:
    return an_event("AggregationEvent", at, f"{action} {at}", action=action, parentID=TRUCK, childEPCs=list(sheep))


def driving(at: str, **fields: object) -> Json:
    return an_event("ObjectEvent", at, f"drive {at}", action="OBSERVE", epcList=[TRUCK], bizStep="shipping") | fields


def ids(found: History) -> list[str]:
    return [told.event.id.removeprefix("urn:uuid:") for told in found.counted]


def about(found: History, name: str) -> list[str]:
    return [told.event.id.removeprefix("urn:uuid:") for told in found.about([name])]


def test_what_is_told_of_a_truck_is_told_of_what_is_in_it_and_of_nothing_else() -> None:
    found = history(
        (FARM, tagging(epcList=[SHEEP, ANOTHER])),
        (FARM, loading("ADD", "2026-04-01T08:00", SHEEP)),
        (FARM, driving("2026-04-01T09:00")),
        (FARM, loading("DELETE", "2026-04-01T10:00", SHEEP)),
        (FARM, driving("2026-04-01T11:00")),
    )
    assert about(found, SHEEP) == ["tag", "ADD 2026-04-01T08:00", "drive 2026-04-01T09:00", "DELETE 2026-04-01T10:00"]
    assert about(found, ANOTHER) == ["tag"]


def test_a_truck_emptied_without_saying_of_what_is_empty() -> None:
    found = history(
        (FARM, tagging(epcList=[SHEEP, ANOTHER])),
        (FARM, loading("ADD", "2026-04-01T08:00", SHEEP, ANOTHER)),
        (FARM, loading("DELETE", "2026-04-01T10:00")),
        (FARM, driving("2026-04-01T11:00")),
    )
    assert "drive 2026-04-01T11:00" not in about(found, SHEEP) + about(found, ANOTHER)


def test_who_is_handed_a_truck_is_handed_what_is_in_it_then() -> None:
    unloaded = (FARM, loading("DELETE", "2026-04-01T08:30", ANOTHER))
    bought = [
        (ABATTOIR, an_event("ObjectEvent", "2026-04-02T08:00", name[-1], action="OBSERVE", epcList=[name]))
        for name in (SHEEP, ANOTHER)
    ]
    found = history(
        (FARM, tagging(epcList=[SHEEP, ANOTHER])),
        (FARM, loading("ADD", "2026-04-01T08:00", SHEEP, ANOTHER)),
        unloaded,
        (FARM, driving("2026-04-01T09:00", destinationList=to(ABATTOIR))),
        *bought,
    )
    assert [id_ for id_ in ids(found) if id_ in ("1", "2")] == ["1"]


def test_nobody_hands_on_what_is_not_his() -> None:
    early = selling(eventTime="2025-09-09T08:00:00+08:00", eventID="urn:uuid:early")
    stolen = selling(eventTime="2026-04-01T08:00:00+08:00", eventID="urn:uuid:stolen")
    found = history((ABATTOIR, early), (FARM, tagging()), (ABATTOIR, stolen), (ABATTOIR, selling()))
    assert ids(found) == ["tag"]
    stolen_event = next(told for told in found.told if told.event.id.endswith("stolen"))
    assert found.theirs(stolen_event) == [SHEEP]


def test_events_at_one_instant_are_read_in_the_order_of_their_sense() -> None:
    instant = {"eventTime": "2026-04-01T08:00:00+08:00"}
    found = history(
        (ABATTOIR, an_event("ObjectEvent", "2026-04-01T08:00", "z", action="OBSERVE", epcList=[SHEEP])),
        (FARM, selling(**instant, eventID="urn:uuid:y")),
        (FARM, tagging(**instant, eventID="urn:uuid:zz")),
        (FARM, boxing(**instant, childEPCs=[SHEEP])),
    )
    assert ids(found) == ["zz", "box", "y", "z"]

"""The same events in any order are the same record, and whatever is sent as an event is read or refused by name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.epcis.event import Event
from gateway.domain.inputs import Inputs
from gateway.domain.trace import Record
from gateway.filing.epcis import Unread, capture
from gateway.interchange.epcis.identifiers import canonical
from gateway.store.books import SqlBooks
from gateway.store.tables import metadata
from tests.builders import epcis
from tests.builders.epcis import ABATTOIR, FARM, PARTIES, PLANT, SHEEP, SHOP, Json, as_read, taken_back
from tests.builders.messages import CODES, VAULT

NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
SECOND = SHEEP[:-1] + "2"
CARCASS_2 = "urn:epc:id:giai:6901234.CARCASS2"


def the_story() -> list[tuple[str, Json]]:
    """Return the life of two sheep that end in one lot, with what was told wrongly and taken back."""
    drug = {"name": "土霉素", "given_on": "2026-03-01", "withdrawal_days": 28}
    treated = epcis.raising(eventID="urn:uuid:treated", eventTime="2026-03-01T09:00:00+08:00")
    treated |= {"fx:vet_drugs": [drug], "fx:feeds": [{"name": "苜蓿", "from_on": "2025-10-01"}]}
    wrong = epcis.receiving(eventID="urn:uuid:wrong", eventTime="2026-05-03T09:00:00+08:00")
    second: list[tuple[str, Json]] = [
        (FARM, epcis.tagging(epcList=[SECOND], eventID="urn:uuid:tag-2")),
        (FARM, epcis.raising(epcList=[SECOND], eventID="urn:uuid:raise-2")),
        (FARM, epcis.selling(epcList=[SECOND], eventID="urn:uuid:sell-2")),
        (ABATTOIR, epcis.slaughter(inputEPCList=[SECOND], outputEPCList=[CARCASS_2], eventID="urn:uuid:kill-2")),
        (ABATTOIR, epcis.handing_over(epcList=[CARCASS_2], eventID="urn:uuid:hand-2")),
    ]
    first = [
        (party, epcis.cutting(inputEPCList=[epcis.CARCASS, CARCASS_2]) if said["eventID"].endswith("cut") else said)
        for party, said in epcis.a_life()
    ]
    return [*first, *second, (FARM, treated), (SHOP, wrong), (SHOP, taken_back(wrong))]


@contextmanager
def books() -> Iterator[SqlBooks]:
    """Give empty books in memory, with the parties in them."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", _plainly)
    event.listen(engine, "begin", _begin)
    with engine.connect() as connection, connection.begin():
        metadata.create_all(connection)
        opened = SqlBooks(connection, VAULT, CODES)
        for party in PARTIES:
            opened.parties.put(party, NOW)
        yield opened
    engine.dispose()


def _plainly(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3's own


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def told(opened: SqlBooks, story: Sequence[tuple[str, Json]]) -> tuple[Record, str | None]:
    """Tell a story; what is refused is told again after the rest, as senders do. Return the record and its owner."""
    rest = list(story)
    while rest:
        refused = []
        for party, said in rest:
            actor = Actor(f"key:{party}", Role.FIRM, party)
            (result,) = capture(opened, actor, as_read(said), Inputs(), uuid7(), NOW)
            if result.outcome == "rejected":
                refused.append((party, said))
        assert len(refused) < len(rest), refused
        rest = refused
    kept = opened.records.get("meat", "BM-0501")
    assert kept is not None
    return kept.record, kept.owner


@pytest.fixture(scope="module")
def in_order() -> tuple[Record, str | None]:
    with books() as opened:
        return told(opened, the_story())


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(the_story()))
def test_the_order_in_which_events_come_decides_nothing(
    in_order: tuple[Record, str | None], order: list[tuple[str, Json]]
) -> None:
    with books() as opened:
        assert told(opened, order) == in_order


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(the_story() * 2))
def test_what_is_sent_twice_decides_nothing(in_order: tuple[Record, str | None], order: list[tuple[str, Json]]) -> None:
    with books() as opened:
        assert told(opened, order) == in_order


def test_the_story_ends_well(in_order: tuple[Record, str | None]) -> None:
    record, owner = in_order
    assert (getattr(record, "gaps", None), owner) == ((), PLANT)


_ELEMENT = st.fixed_dictionaries(
    {"sensorReport": st.lists(st.dictionaries(st.sampled_from(["type", "time", "value"]), st.text() | st.integers()))},
    optional={"sensorMetadata": st.dictionaries(st.sampled_from(["time", "x"]), st.text())},
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_JSON = st.recursive(
    _SCALARS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=8,
)

_MORE = ("bizTransactionList", "bizLocation", "persistentDisposition", "sensorElementList", "quantityList", "x")
_FIELDS = (*sorted({name for _, said in epcis.a_life() for name in said}), *_MORE)


@given(
    whole=st.sampled_from([said for _, said in epcis.a_life()]),
    field=st.sampled_from(_FIELDS),
    value=_JSON | st.lists(_ELEMENT, max_size=2),
)
def test_any_value_in_any_field_is_read_or_refused(whole: Json, field: str, value: object) -> None:
    (found,) = as_read(whole | {field: value})
    assert isinstance(found, Event | Unread)


@given(st.text() | st.from_regex(r"urn:epc:(id|class|idpat):[a-z]{3,5}:[0-9.*A-Z%]{0,40}"))
def test_a_name_has_one_form_or_is_refused(text: str) -> None:
    try:
        name = canonical(text)
    except ValueError:
        return
    assert canonical(name) == name

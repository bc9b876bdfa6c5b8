"""A city's data, loaded set by set, stands in the books as if each thing had been filed alone."""

from datetime import timedelta
from uuid import UUID

from gateway.domain.records.delivery import CylinderPrivate
from gateway.domain.trace import Filed, LabelRange, LabelState, Party, PartyKind, SingleLabel, Source
from gateway.filing.kept import Event
from gateway.ports import Lookup
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.load import Loader
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.traces import a_cylinder, a_label, a_lift

STATION = Party("station-pingan", "平安气站", PartyKind.STATION, "150302", contact="其木格")
PRIVATE = CylinderPrivate(courier_phone="13800000001", customer_id="K1")
CYLINDER = Filed("lpg", "WH12345678", a_cylinder(), STATION.id, STATION.id, private=PRIVATE)
EVENT = Event(UUID(int=7), "fill", "lpg/WH12345678", STATION.id, NOW, NOW, {"weight_kg": 14.5}, {"operator": "张三丰"})


def loader(books: SqlBooks) -> Loader:
    return Loader(books.connection, VAULT, CODES, NOW)


def load(books: SqlBooks, *records: Filed) -> None:
    loading = loader(books)
    loading.parties([STATION])
    loading.sources([Source(STATION.id, timedelta(hours=3))])
    loading.records(records)
    loading.events([EVENT])


async def test_everything_of_a_record_is_found_again(archive: SqlArchive) -> None:
    await archive.act(lambda books: load(books, CYLINDER))

    def work(books: SqlBooks) -> None:
        kept = books.records.by_alias("cylinder/WH12345678")
        assert kept is not None
        assert (kept.record, kept.owner, kept.source, kept.version) == (CYLINDER.record, STATION.id, STATION.id, 1)
        assert kept.parties == {"owner": STATION.id}
        private = books.records.private(kept.id)
        assert private is not None
        assert (private["courier_phone"], private["customer_id"]) == ("13800000001", "K1")
        assert books.parties.get(STATION.id) == STATION
        assert [(one.id, one.body) for one in books.events.of(kept.id)] == [(EVENT.id, EVENT.body)]
        trace = books.traces.find([Lookup("WH12345678", "lpg", record_id=kept.id)])["WH12345678"]
        assert trace.source_at == NOW - timedelta(hours=3)

    await archive.act(work)


async def test_loaded_again_what_differs_is_replaced_and_nothing_is_there_twice(archive: SqlArchive) -> None:
    await archive.act(lambda books: load(books, CYLINDER))
    moved = Filed("lpg", "WH12345678", a_cylinder(owner_station=None), STATION.id, STATION.id)
    lift = Filed("lift", "012345", a_lift(), STATION.id)
    await archive.act(lambda books: load(books, moved, lift))

    def work(books: SqlBooks) -> None:
        kept = books.records.get("lpg", "WH12345678")
        assert kept is not None
        assert (kept.record, kept.parties) == (moved.record, {})
        assert books.records.private(kept.id) is not None, "what is sealed stays, where nothing else is given"
        assert len(books.events.of(kept.id)) == 1
        assert books.records.get("lift", "012345") is not None

    await archive.act(work)


async def test_a_label_that_ended_meanwhile_does_not_come_back(archive: SqlArchive) -> None:
    seal = SingleLabel(6, 1, 7, a_label(), "lpg", "WH12345678", STATION.id)
    used = SingleLabel(6, 1, 7, a_label(LabelState.CONSUMED), "lpg", "WH12345678", STATION.id)
    run = LabelRange(6, 1, 0, 99, a_label(LabelState.ISSUED), "lpg", None, STATION.id)

    def work(books: SqlBooks) -> list[LabelState]:
        load(books, CYLINDER)
        loader(books).ranges([run, run])
        for one in (used, seal):
            loader(books).singles([one])
        found = [books.labels.one(CODES.issue(6, 1, index)) for index in (7, 8)]
        return [label.state for label in found if label]

    assert await archive.act(work) == [LabelState.CONSUMED, LabelState.ISSUED]


async def test_nothing_to_load_is_nothing_loaded(archive: SqlArchive) -> None:
    def work(books: SqlBooks) -> None:
        loading = loader(books)
        loading.records([])
        loading.events([])
        loading.singles([])

    await archive.act(work)

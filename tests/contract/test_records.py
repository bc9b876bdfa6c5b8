"""What the books must do with records: versions kept, other names unique, private parts sealed, feeds noted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.errors import Refusal
from gateway.domain.records.base import Private
from gateway.domain.trace import Filed
from gateway.ports import Lookup
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import record_secrets, record_versions
from tests.builders.messages import NOW
from tests.builders.store import rows
from tests.builders.traces import a_cylinder, a_lift, a_liquor

LATER = NOW + timedelta(days=1)
NO = "WH12345678"


class Hidden(Private, frozen=True, kw_only=True):
    id_card: str


def a_filing(**changes: object) -> Filed:
    return Filed("lpg", NO, a_cylinder(**changes), owner="station-1")


async def put(archive: SqlArchive, filed: Filed) -> int:
    return await archive.act(lambda books: books.records.put(filed, "somebody", NOW))


async def test_what_was_put_is_found_by_its_key_and_by_its_other_names(archive: SqlArchive) -> None:
    assert await put(archive, a_filing()) == 1
    kept = await archive.act(lambda books: books.records.get("lpg", NO))
    assert kept is not None
    assert (kept.id, kept.owner, kept.version, kept.record) == (f"lpg/{NO}", "station-1", 1, a_cylinder())
    assert await archive.act(lambda books: books.records.by_alias(f"cylinder/{NO}")) == kept
    assert await archive.act(lambda books: books.records.by_alias("cylinder/NOT-ONE")) is None


async def test_a_correction_keeps_what_stood_there_and_who_replaced_it(ledger: SqlLedger, archive: SqlArchive) -> None:
    await put(archive, a_filing())
    assert await put(archive, a_filing(maker="另一家钢瓶厂")) == 2
    (old,) = await rows(ledger, select(record_versions))
    assert (old["version"], old["actor"]) == (1, "somebody")
    assert "另一家" not in old["body"].decode()


async def test_the_same_again_makes_no_version(ledger: SqlLedger, archive: SqlArchive) -> None:
    await put(archive, a_filing())
    assert await put(archive, a_filing()) == 1
    assert await rows(ledger, select(record_versions)) == []


async def test_another_name_stands_for_one_thing_and_the_refusal_leaves_nothing(archive: SqlArchive) -> None:
    await put(archive, Filed("lift", "012345", a_lift(registration_code="31101503022015010001")))
    twin = Filed("lift", "012346", a_lift(local_no="012346", registration_code="31101503022015010001"))
    with pytest.raises(Refusal, match="31101503022015010001"):
        await put(archive, twin)
    assert await archive.act(lambda books: books.records.get("lift", "012346")) is None


async def test_what_only_the_regulator_may_read_is_sealed_and_opened_again(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    private = Hidden(id_card="11010519491231002X")
    await put(archive, Filed("lpg", NO, a_cylinder(), private=private))
    (row,) = await rows(ledger, select(record_secrets))
    assert b"11010519491231002X" not in row["sealed"]
    opened = await archive.act(lambda books: books.records.private(f"lpg/{NO}"))
    assert opened == {"id_card": "11010519491231002X"}
    assert await archive.act(lambda books: books.records.private("lpg/OTHER")) is None


async def test_data_is_as_old_as_the_older_of_its_feeds(ledger: SqlLedger, archive: SqlArchive) -> None:
    await archive.act(lambda books: books.records.heard("fills", LATER))
    await archive.act(lambda books: books.records.heard("inspections", NOW))
    lookup = Lookup(NO, "lpg", record_id=f"lpg/{NO}")

    async def as_of(source: str | None, inspector: str | None) -> object:
        await put(archive, Filed("lpg", NO, a_cylinder(), source, "station-1", inspector))
        found = await ledger.run(lambda unit: unit.traces.find([lookup]))
        return found[NO].source_at

    assert await as_of("fills", None) == LATER
    assert await as_of("fills", "inspections") == NOW
    assert await as_of("fills", "never heard") is None
    assert await as_of(None, None) is None


async def test_a_trace_says_whose_record_it_is(ledger: SqlLedger, archive: SqlArchive) -> None:
    await put(archive, Filed("liquor", "A0312", a_liquor(), "firms", "factory-1"))
    lookup = Lookup("A0312", "liquor", record_id="liquor/A0312")
    found = await ledger.run(lambda unit: unit.traces.find([lookup]))
    assert (found["A0312"].owner, found["A0312"].record_id) == ("factory-1", "liquor/A0312")

"""Files that were sent in, and what takes two people, on both databases."""

from datetime import timedelta
from functools import partial

import pytest
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal
from gateway.domain.trace import Filed
from gateway.filing import proposals, uploads
from gateway.filing.books import Books
from gateway.filing.uploads import CHECKED, CHECKING, LOADED, LOADING, Upload
from gateway.store import housekeeping
from gateway.store.books import SqlArchive
from tests.builders.messages import NOW
from tests.builders.traces import a_liquor

ONE, OTHER = Actor("user:娜仁", Role.ADMIN), Actor("user:高云", Role.REGULATOR)
FIRM, STRANGER = Actor("user:甲", Role.FIRM, "HT"), Actor("user:乙", Role.FIRM, "XX")
WISH = {"record": "liquor/A0312", "reason": "甲醇超标", "scope": "全部", "phone": "0478-1234567"}


def a_file(party: str | None = "HT") -> Upload:
    return Upload(uuid7(), "liquor", "a.csv", FIRM.name, party, NOW, CHECKED, 0, NOW, None, None, kept=True)


async def test_a_file_is_worked_on_by_one_at_a_time_and_dropped_when_it_is_loaded(archive: SqlArchive) -> None:
    file = a_file()
    await archive.act(lambda books: books.uploads.add(file, b"x"))
    assert await archive.act(lambda books: books.uploads.begin(file.id, CHECKING, NOW))
    assert not await archive.act(lambda books: books.uploads.begin(file.id, CHECKING, NOW))
    later = NOW + timedelta(minutes=3)  # whoever was at it is dead
    assert await archive.act(lambda books: books.uploads.begin(file.id, CHECKING, later))
    await archive.act(lambda books: books.uploads.end(file.id, LOADED, {"added": 1}, b"[]", NOW, keep=False))
    kept = await archive.look(lambda books: books.uploads.get(file.id))
    assert kept is not None
    assert (kept.state, kept.result, kept.remarks, kept.kept) == (LOADED, {"added": 1}, b"[]", False)
    assert not await archive.act(lambda books: books.uploads.begin(file.id, CHECKING, later))
    assert (uploads.may_see(FIRM, kept), uploads.may_see(STRANGER, kept), uploads.may_see(ONE, kept)) == (
        True, False, True,
    )  # fmt: skip
    assert await archive.look(lambda books: books.uploads.listed("XX", 9)) == []


async def test_a_file_that_nobody_takes_in_is_dropped_after_a_day_and_what_was_found_stays(archive: SqlArchive) -> None:
    tried, fresh = a_file(), a_file()

    def look_through(books: Books) -> None:
        for file, at in ((tried, NOW), (fresh, NOW + timedelta(hours=20))):
            books.uploads.add(file, b"x")
            books.uploads.end(file.id, CHECKED, {"things": 1}, b"[]", at, keep=True)

    await archive.act(look_through)
    tidying = partial(housekeeping.tidy, now=NOW + timedelta(hours=25), keep_messages=timedelta(days=184))
    await archive.database.transact(tidying)
    kept = await archive.look(lambda books: [books.uploads.get(tried.id), books.uploads.get(fresh.id)])
    assert [one and (one.state, one.result, one.kept) for one in kept] == [
        (CHECKED, {"things": 1}, False),
        (CHECKED, {"things": 1}, True),
    ]
    assert not await archive.act(lambda books: books.uploads.begin(tried.id, LOADING, NOW + timedelta(hours=26)))


@pytest.fixture
async def batch(archive: SqlArchive) -> SqlArchive:
    record = a_liquor()
    await archive.act(lambda books: books.records.put(Filed("liquor", "A0312", record, owner="HT"), "x", NOW))
    return archive


async def test_a_recall_is_done_by_the_second_person_only(batch: SqlArchive) -> None:
    id_, wish = uuid7(), {**WISH, "announced_on": "2026-05-01"}
    with pytest.raises(Refusal, match="不属于本单位"):
        await batch.act(lambda books: proposals.propose(books, STRANGER, "recall", wish, uuid7(), NOW))
    with pytest.raises(Refusal, match="写明原因"):
        await batch.act(lambda books: proposals.propose(books, FIRM, "recall", {**wish, "scope": ""}, uuid7(), NOW))
    await batch.act(lambda books: proposals.propose(books, FIRM, "recall", wish, id_, NOW))
    record = await batch.look(lambda books: books.records.get("liquor", "A0312"))
    assert record is not None
    assert getattr(record.record, "recall", None) is None  # nothing is done yet
    with pytest.raises(Refusal, match="另一人同意"):
        await batch.act(lambda books: proposals.agree(books, FIRM, id_, NOW))
    with pytest.raises(Refusal, match="不属于本单位"):
        await batch.act(lambda books: proposals.agree(books, STRANGER, id_, NOW))
    assert "已召回" in await batch.act(lambda books: proposals.agree(books, OTHER, id_, NOW))
    with pytest.raises(Refusal, match="已经有人定了"):
        await batch.act(lambda books: proposals.agree(books, ONE, id_, NOW))


async def test_what_was_dropped_is_not_done(batch: SqlArchive) -> None:
    id_, wish = uuid7(), {**WISH, "announced_on": "2026-05-01"}
    await batch.act(lambda books: proposals.propose(books, ONE, "recall", wish, id_, NOW))
    with pytest.raises(Refusal, match="不属于本单位"):
        await batch.act(lambda books: proposals.decline(books, STRANGER, id_, NOW))
    await batch.act(lambda books: proposals.decline(books, ONE, id_, NOW))
    with pytest.raises(Refusal):
        await batch.act(lambda books: proposals.agree(books, OTHER, id_, NOW))
    with pytest.raises(Refusal):
        await batch.act(lambda books: proposals.propose(books, ONE, "void", {"first": "1", "last": "2"}, uuid7(), NOW))

"""First answers to requests that come again: one act, whoever asks at once, and none left behind by a failed one."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from gateway.domain.errors import Refusal, Why
from gateway.filing.books import Books
from gateway.ports import First, Unit
from gateway.store import housekeeping
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.replays import ANSWER_LIFE
from tests.builders.messages import CODES, NOW, VAULT

ANSWER = First(201, b'{"id":1}')


@pytest.fixture
def archive(another: Callable[[], SqlLedger]) -> SqlArchive:
    return an_archive(another())


def an_archive(ledger: SqlLedger) -> SqlArchive:
    return SqlArchive(ledger.database, VAULT, CODES)


def once(books: Books, request: str = "body") -> First | None:
    """Answer a request under the key `key` for the first time; return what was answered before."""
    earlier = books.replays.first("key", request, NOW)
    if earlier is None:
        books.replays.keep("key", ANSWER)
    return earlier


async def test_the_second_gets_what_the_first_got(archive: SqlArchive) -> None:
    assert await archive.act(once) is None
    assert await archive.act(once) == ANSWER


async def test_another_request_under_the_same_key_is_refused(archive: SqlArchive) -> None:
    await archive.act(once)
    with pytest.raises(Refusal) as refused:
        await archive.act(lambda books: once(books, "another body"))
    assert refused.value.why is Why.CONFLICT
    assert await archive.act(once) == ANSWER


async def test_an_act_that_failed_leaves_its_key_free(archive: SqlArchive) -> None:
    def failing(books: Books) -> None:
        once(books)
        raise Refusal(Why.INVALID, "充装量超过最大值", "weight_kg")

    with pytest.raises(Refusal):
        await archive.act(failing)
    assert await archive.act(once) is None


async def test_of_many_at_once_in_two_processes_one_acts(another: Callable[[], SqlLedger]) -> None:
    archives = [an_archive(another()) for _ in range(2)]
    told = await asyncio.gather(*(archive.act(once) for archive in archives * 4))
    assert sorted(told, key=bool) == [None] + [ANSWER] * 7


async def test_of_many_at_once_one_makes_anew_what_is_too_old(another: Callable[[], SqlLedger]) -> None:
    ledgers = [another() for _ in range(2)]

    def ask(unit: Unit, at: datetime, answer: First) -> First | None:
        earlier = unit.replays.first("key", "body", at)
        if earlier is None:
            unit.replays.keep("key", answer)
        return earlier

    assert await ledgers[0].run(partial(ask, at=NOW, answer=ANSWER)) is None
    newer = First(200, b'{"id":2}')
    asking = partial(ask, at=NOW + ANSWER_LIFE, answer=newer)
    told = await asyncio.gather(*(ledger.run(asking) for ledger in ledgers * 4))
    assert sorted(told, key=bool) == [None] + [newer] * 7


async def test_an_answer_is_forgotten_after_a_week(archive: SqlArchive) -> None:
    await archive.act(once)
    for days, left in ((6, ANSWER), (8, None)):
        tidying = partial(housekeeping.tidy, now=NOW + timedelta(days=days), keep_messages=timedelta(days=184))
        await archive.database.transact(tidying)
        assert await archive.act(once) == left

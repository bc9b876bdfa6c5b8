"""Where stations ask for permits: one look for all who wait, a failure told to each of them, nobody left behind."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway.api import fill_permits
from gateway.api.fill_permits import Window
from gateway.domain.errors import StoreDown
from gateway.domain.permit import Permit
from gateway.domain.records.cylinder import Reason
from gateway.filing.permits import Asked
from gateway.filing.things import Name
from tests.builders.messages import NOW

DENIED = {plate: Permit((reason,), None) for plate, reason in zip("ABCDEF", Reason, strict=False)}


class Books:
    """An archive of nothing: a look waits until it is let go on, and may fail."""

    def __init__(self) -> None:
        self.looks: list[Sequence[Asked]] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.down = False

    async def look(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        self.begun.set()
        await self.go_on.wait()
        if self.down:
            raise StoreDown("the database is away")
        return work(self)

    async def act(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401
        raise AssertionError("a permit writes nothing")


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    made = Books()

    def decide(_books: Books, questions: Sequence[Asked]) -> list[Permit]:
        made.looks.append(questions)
        return [DENIED[one.name.value] for one in questions]

    monkeypatch.setattr(fill_permits, "decide", decide)
    return made


def asking(window: Window, plate: str) -> "asyncio.Task[Permit]":
    return asyncio.create_task(window.permit(Asked(Name("plate", plate), "station-1", NOW)))


async def test_who_waits_is_answered_by_the_next_look_each_his_own(books: Books) -> None:
    window = Window(books)
    first = asking(window, "A")
    await books.begun.wait()
    others = [asking(window, plate) for plate in "BCDE"]
    await asyncio.sleep(0)
    books.go_on.set()
    assert await asyncio.gather(first, *others) == [DENIED[plate] for plate in "ABCDE"]
    assert [len(look) for look in books.looks] == [1, 4]


async def test_a_look_takes_so_many_and_no_more(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill_permits, "MOST_AT_ONCE", 2)
    window = Window(books)
    all_of_them = [asking(window, plate) for plate in "ABCDE"]
    await books.begun.wait()
    books.go_on.set()
    assert await asyncio.gather(*all_of_them) == [DENIED[plate] for plate in "ABCDE"]
    assert [len(look) for look in books.looks] == [1, 2, 2]


async def test_a_database_that_is_away_is_told_to_each_and_the_next_one_is_answered(books: Books) -> None:
    window = Window(books)
    books.down = True
    waiting = [asking(window, plate) for plate in "ABC"]
    books.go_on.set()
    assert all(isinstance(one, StoreDown) for one in await asyncio.gather(*waiting, return_exceptions=True))
    books.down = False
    assert await asking(window, "D") == DENIED["D"]


async def test_a_thing_that_cannot_be_judged_hurts_no_other_station(books: Books) -> None:
    window = Window(books)
    first = asking(window, "A")
    await books.begun.wait()
    others = [asking(window, plate) for plate in ("B", "unheard of", "C")]
    await asyncio.sleep(0)
    books.go_on.set()
    told = await asyncio.gather(first, *others, return_exceptions=True)
    assert [one for one in told if isinstance(one, Permit)] == [DENIED[plate] for plate in "ABC"]
    assert isinstance(told[2], KeyError)


async def test_one_who_goes_away_takes_nobody_with_him(books: Books) -> None:
    window = Window(books)
    first = asking(window, "A")
    others = [asking(window, plate) for plate in "BC"]
    await books.begun.wait()
    first.cancel()
    books.go_on.set()
    assert await asyncio.gather(*others) == [DENIED["B"], DENIED["C"]]
    assert first.cancelled()

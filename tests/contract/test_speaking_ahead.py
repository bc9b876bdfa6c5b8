"""What is spoken before anybody calls, read from SQLite and PostgreSQL: the words that a caller then hears."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from gateway.filing.books import Books
from gateway.filing.kept import Event
from gateway.ivr.prompts import prompts
from gateway.jobs.ahead import ENOUGH, PAGE, SpeakingAhead
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from tests.builders.calls import CODE, Exchange, an_exchange, with_staff
from tests.builders.messages import NOW
from tests.builders.town import LIFT, alter, put, seal
from tests.builders.traces import a_lift

ROUNDS = 40  # more than a walk through the town takes


@dataclass
class Notebook:
    """`jobs.ahead.Studio` that notes what it is to speak, and has it at once."""

    engines: int = 1
    to_prepare: int = 0
    roomy: bool = True
    noted: list[str] = field(default_factory=list)

    def prepare(self, clauses: Sequence[str]) -> int:
        new = [clause for clause in clauses if clause not in self.noted]
        self.noted += new
        return len(new)


@pytest.fixture
async def exchange(url: str, ledger: SqlLedger, archive: SqlArchive) -> AsyncIterator[Exchange]:
    await archive.act(with_staff)
    async with an_exchange(url, ledger, archive) as made:
        yield made


@pytest.fixture
def studio() -> Notebook:
    return Notebook()


@pytest.fixture
def ahead(exchange: Exchange, archive: SqlArchive, studio: Notebook) -> SpeakingAhead:
    return SpeakingAhead(archive, exchange.dialogue.voice, studio, exchange.dialogue.fixed)


async def walk(ahead: SpeakingAhead) -> int:
    return sum([await ahead.round(NOW) for _ in range(ROUNDS)])


@pytest.mark.parametrize(("keys", "all_but"), [(f"2{LIFT}#~~", 0), (f"1{seal(0)}~~~", 0), (f"1{CODE}~~~", 1)])
async def test_what_a_caller_hears_of_a_thing_was_spoken_ahead(
    exchange: Exchange, ahead: SpeakingAhead, studio: Notebook, keys: str, all_but: int
) -> None:
    """All of it; of goods all but the end of the code, of which every bottle has another."""
    await walk(ahead)
    heard = (await exchange.caller(keys)).heard
    given = [clause for clause in heard if "您好" not in clause]
    silent = [clause for clause in given if clause not in {*studio.noted, *_of_flows(exchange)}]
    assert len(silent) == all_but, silent
    assert all(clause.startswith("编码尾号") for clause in silent)


async def test_after_a_walk_there_is_rest_until_a_day_or_a_file_begins_another(
    ahead: SpeakingAhead, studio: Notebook
) -> None:
    assert await walk(ahead) > 0
    assert await walk(ahead) == 0
    studio.noted.clear()
    assert await ahead.round(NOW + timedelta(minutes=1)) == 0
    assert await ahead.round(NOW + timedelta(days=1)) > 0


async def test_published_words_are_spoken_before_anybody_hears_them(
    exchange: Exchange, ahead: SpeakingAhead, studio: Notebook
) -> None:
    await walk(ahead)
    studio.noted.clear()
    voice = "电梯一切正常。\n{% if danger %}\n马上离开。\n{% endif %}\n电梯{{ lift_no|code }}。"
    assert exchange.dialogue.voice.adopt({("lift", "elev_ok"): (1, voice)}) == []
    assert await walk(ahead) > 0
    assert {"电梯一切正常。", "马上离开。"} <= set(studio.noted)  # also what is said on another branch
    assert exchange.dialogue.voice.adopt({("lift", "elev_ok"): (1, voice)}) == []
    assert await walk(ahead) == 0


async def test_what_an_event_changed_is_spoken_before_the_walk_goes_on(
    exchange: Exchange, archive: SqlArchive, ahead: SpeakingAhead, studio: Notebook
) -> None:
    await ahead.round(NOW)

    def changed(books: Books) -> None:
        alter(books, "lift", LIFT, state="fault", emergency_phone="0473-2222222")
        books.events.add(Event(uuid7(), "fault", f"lift/{LIFT}", None, NOW, NOW + timedelta(minutes=1)))

    await archive.act(changed)
    studio.noted.clear()
    await ahead.round(NOW + timedelta(minutes=2))
    assert studio.noted[0] == "应急电话零四七三，二二二，二二二二。"


async def test_a_type_with_many_records_keeps_none_of_the_others_waiting(
    archive: SqlArchive, ahead: SpeakingAhead, studio: Notebook
) -> None:
    def many(books: Books) -> None:
        for number in range(3 * PAGE):
            put(books, "lift", a_lift(local_no=f"1{number:05}"))

    await archive.act(many)
    for _ in range(9):
        await ahead.round(NOW)
    assert not any("幺零零，零二九" in clause for clause in studio.noted)
    await walk(ahead)
    assert any("幺零零，零二九" in clause for clause in studio.noted)


@pytest.mark.parametrize("way", [{"engines": 0}, {"to_prepare": ENOUGH}, {"roomy": False}])
async def test_nothing_is_asked_of_a_studio_that_has_no_engine_too_much_to_do_or_no_room(
    ahead: SpeakingAhead, studio: Notebook, way: dict[str, int]
) -> None:
    for name, value in way.items():
        setattr(studio, name, value)
    assert await walk(ahead) == 0
    assert studio.noted == []


def _of_flows(exchange: Exchange) -> set[str]:
    return {clause for flow in exchange.dialogue.shelf.flows.values() for clause in prompts(flow)}

"""Finding questions, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from gateway.domain.access import Actor, Role
from gateway.domain.code import EXAMPLE
from gateway.domain.errors import Refusal
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing import search
from gateway.filing.search import Sought
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked
from gateway.pipeline.reading import read
from gateway.ports import Admission
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from tests.builders.city import shipped_renderer
from tests.builders.figures import asked
from tests.builders.messages import CODES, NOW, an_inquiry

REGULATOR, FIRM = Actor("user:高云", Role.REGULATOR), Actor("user:x", Role.FIRM, "HT")
CODE, OTHER = "1688012345678904", "6112345678904444"


@pytest.fixture
async def some(ledger: SqlLedger, archive: SqlArchive) -> SqlArchive:
    def ask(connection: Connection) -> None:
        asked(connection, "GENUINE_FIRST", CODE, channel="modem")
        asked(connection, "REPEAT_WARN", CODE, channel="web")
        asked(connection, "CYL_OK", OTHER, times=3, channel="web")

    await ledger.database.transact(ask)
    return archive


async def found(archive: SqlArchive, **wanted: object) -> list[str]:
    exchanges = await archive.look(lambda books: books.questions.find(Sought(**wanted)))  # type: ignore[arg-type]
    return [one.verdict or "" for one in exchanges.rows]


async def test_all_conditions_hold_together_and_the_newest_come_first(some: SqlArchive) -> None:
    assert await found(some) == ["CYL_OK"] * 3 + ["REPEAT_WARN", "GENUINE_FIRST"]
    assert await found(some, code=CODE) == ["REPEAT_WARN", "GENUINE_FIRST"]
    assert await found(some, code=CODE, channel="modem") == ["GENUINE_FIRST"]
    assert await found(some, verdicts=[Verdict.REPEAT_WARN, Verdict.UNKNOWN]) == ["REPEAT_WARN"]
    assert await found(some, shown="139****0001", states=["answered"], most=2) == ["CYL_OK"] * 2
    assert await found(some, shown="138****0001") == []
    assert await found(some, begins=NOW + timedelta(days=1)) == []


async def test_paging_goes_on_before_the_last_seen(some: SqlArchive) -> None:
    first = await some.look(lambda books: books.questions.find(Sought(most=3)))
    assert await found(some, before=first.rows[-1].id) == ["REPEAT_WARN", "GENUINE_FIRST"]


async def test_a_code_tells_its_own_verdicts(some: SqlArchive) -> None:
    of = await some.look(lambda books: books.questions.of_code(CODE, 10))
    assert [one.verdict for one in of] == [Verdict.REPEAT_WARN, Verdict.GENUINE_FIRST]


@pytest.mark.parametrize("before", ["", "有人被困！"])  # what to do first is said first, in words of its own
async def test_each_answer_names_the_words_it_was_told_in(ledger: SqlLedger, archive: SqlArchive, before: str) -> None:
    renderer = shipped_renderer()
    renderer.adopt({("lift", "unknown"): (7, "查无此梯{{ code }}，无法确认。")})
    inquiry = an_inquiry(f"{before}CX{EXAMPLE} DT999999")
    question = Asked(inquiry, read(inquiry.text, 6), Admission(allowed=True))
    replied = await ledger.run(lambda unit: Desk(renderer, CODES).answer_new(unit, [question], NOW)[0])
    assert replied.reply is not None
    assert ("应急按钮" in replied.reply.text) is bool(before)
    life = await archive.look(lambda books: search.life(books, REGULATOR, inquiry.id))
    assert [(one.code, one.edition) for one in life.answers] == [
        (EXAMPLE, Edition("common/unknown", 0)),
        ("999999", Edition("lift/unknown", 7)),
    ]


async def test_answers_of_earlier_days_name_no_words(some: SqlArchive) -> None:
    (one,) = await some.look(lambda books: books.questions.find(Sought(most=1)))
    life = await some.look(lambda books: search.life(books, REGULATOR, one.id))
    assert [given.edition for given in life.answers] == [None]


async def test_a_life_is_told_to_the_desk_only(some: SqlArchive) -> None:
    (one,) = (await some.look(lambda books: books.questions.find(Sought(most=1)))).rows
    life = await some.look(lambda books: search.life(books, REGULATOR, one.id))
    assert ([given.code for given in life.answers], life.replies, life.whole) == ([OTHER], [], False)
    with pytest.raises(Refusal):
        await some.look(lambda books: search.life(books, FIRM, one.id))
    with pytest.raises(Refusal, match="已过保存期"):  # nothing is kept of it
        await some.act(lambda books: search.number(books, REGULATOR, one.id, "核对", NOW))

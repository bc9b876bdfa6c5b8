"""Finding questions, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import local
from gateway.domain.code import EXAMPLE
from gateway.domain.errors import Refusal
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing import search
from gateway.filing.books import Books
from gateway.filing.questions import Found, Sought
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked
from gateway.pipeline.reading import read
from gateway.ports import Admission
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.finding import Finding, Keys
from gateway.store.tables import answers, inquiries, messages
from gateway.store.tables import segments as pieces
from tests.builders.city import shipped_renderer
from tests.builders.figures import a_city, asked
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


@pytest.fixture
async def many(ledger: SqlLedger, archive: SqlArchive) -> SqlArchive:
    """Two codes in one text, hours of the day, batches, trials, test labels, replies of several segments."""

    def ask(connection: Connection) -> None:
        a_city(connection)
        asked(connection, "UNKNOWN", "1777000000000004", times=3, channel="modem", at=NOW - timedelta(hours=2))
        asked(connection, "UNKNOWN", "1888000000000004", channel="modem")
        asked(connection, "UNKNOWN", "9777000000000004")  # a test label
        asked(connection, "UNKNOWN", "1777000000000004", test=True)
        asked(connection, "REPEAT_WARN", CODE, times=2, record="melon/HLS-90", channel="voice")
        of_two = connection.execute(select(inquiries.c.id).order_by(inquiries.c.id.desc()).limit(1)).scalar_one()
        second = {"inquiry_id": of_two, "position": 2, "code": OTHER, "verdict": "REPEAT_WARN", "rule": "x"}
        connection.execute(insert(answers).values(**second, reasons=[], query_count=2))
        replied(connection, of_two, segments=3)

    await ledger.database.transact(ask)
    return archive


def replied(connection: Connection, inquiry: UUID, *, segments: int) -> None:
    message = {
        "id": uuid7(), "inquiry_id": inquiry, "channel": "voice", "account": "one", "recipient_shown": "139****0001",
        "recipient_key": b"k", "source": "1", "text": "字", "encoding": "ucs2", "reference": 1, "bulk": False,
        "created_at": NOW, "expires_at": NOW, "state": "sent", "moved": False,
    }  # fmt: skip
    connection.execute(insert(messages).values(message))
    for position in range(1, segments + 1):
        piece = {"id": uuid7(), "message_id": message["id"], "position": position, "text": "字", "state": "accepted"}
        connection.execute(insert(pieces).values(**piece, attempts=1, submits=1, account="one", recipient_key=b"k"))


async def test_what_a_picture_counts_is_found_row_by_row(many: SqlArchive) -> None:
    assert len(await found(many, verdicts=[Verdict.UNKNOWN])) == 6
    assert len(await found(many, verdicts=[Verdict.UNKNOWN], real=True)) == 4
    assert len(await found(many, verdicts=[Verdict.UNKNOWN], prefix="177700", real=True)) == 3
    assert len(await found(many, verdicts=[Verdict.REPEAT_WARN], record="melon/HLS-90")) == 2
    assert len(await found(many, district="150822")) == 2
    assert await found(many, district="150303") == []
    assert len(await found(many, hour=local(NOW).hour, channel="modem")) == 1
    assert len(await found(many, hour=local(NOW - timedelta(hours=2)).hour, real=True)) == 3
    assert len(await found(many, segments=3, channel="voice")) == 1
    assert await found(many, segments=2) == []


async def test_one_text_with_two_codes_is_two_rows_where_codes_are_counted(many: SqlArchive) -> None:
    def look(books: Books) -> Found:
        return books.questions.find(Sought(verdicts=[Verdict.REPEAT_WARN], most=1))

    first = await many.look(look)
    assert (first.count, first.more, first.rows[0].place) == (3, True, 2)
    last = first.rows[0]
    rest = await many.look(
        lambda books: books.questions.find(
            Sought(verdicts=[Verdict.REPEAT_WARN], before=last.id, place=last.place, most=9)
        )
    )
    assert [one.place for one in rest.rows] == [1, 1]
    assert (rest.count, rest.more, last.id == rest.rows[0].id) == (None, False, True)


async def test_where_no_index_leads_only_so_many_are_looked_through_and_it_is_said(
    ledger: SqlLedger, many: SqlArchive
) -> None:
    def look(connection: Connection, before: UUID | None = None) -> Keys:
        return Finding(connection, Sought(channel="modem", before=before, most=9), looked=4).keys()

    first = await ledger.database.read(look)
    assert (first.keys, first.count, first.floor is not None) == ([], 0, True)
    rest = await ledger.database.read(lambda connection: look(connection, first.floor))
    assert (len(rest.keys), rest.floor) == (4, None)


async def test_more_than_are_counted_are_told_from_how_quickly_they_came(ledger: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        for hour in range(200):
            asked(connection, "CYL_OK", OTHER, at=NOW - timedelta(hours=200 - hour), key=True)

    await ledger.database.transact(ask)
    keys = await ledger.database.read(
        lambda connection: Finding(connection, Sought(verdicts=[Verdict.CYL_OK], most=9), counted=20).keys()
    )
    assert keys.about
    assert keys.count is not None
    assert 180 <= keys.count <= 220


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
    (one,) = (await some.look(lambda books: books.questions.find(Sought(most=1)))).rows
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

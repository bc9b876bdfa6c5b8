"""Complaints on both databases: their way to an answer, who is told of it, and what other offices get."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.errors import Refusal, Why
from gateway.domain.ticket import DUE, TicketState
from gateway.filing import reports, tickets
from gateway.filing.casebook import Ticket
from gateway.filing.reports import ProblemKind, Scope
from gateway.filing.tickets import TicketChange
from gateway.jobs.post import Letters
from gateway.ports import TicketDraft
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, messages, optouts
from gateway.store.tables import tickets as table
from tests.builders.city import shipped_renderer
from tests.builders.messages import CITIZEN, NOW, SHORT_CODE, VAULT, an_inquiry
from tests.builders.store import rows

LETTERS = Letters(shipped_renderer(), SHORT_CODE, uuid7)
OFFICER = Actor("key:officer", Role.REGULATOR, "bureau")
LATER = NOW + timedelta(days=1)
S = TicketState


async def a_ticket(ledger: SqlLedger, reporter: Address = CITIZEN, code: str = "1688012345678904") -> str:
    draft = TicketDraft(an_inquiry().id, reporter, (code,), "假酒", "临河区", NOW, NOW + DUE)
    return await ledger.run(lambda unit: unit.tickets.open(draft))


async def take(archive: SqlArchive, number: str, state: TicketState, **fields: object) -> Ticket:
    sent = TicketChange(state=state, **fields)  # type: ignore[arg-type]  # named by the test
    return await archive.act(lambda books: tickets.change(books, OFFICER, LETTERS, number, sent, LATER))


async def texts(ledger: SqlLedger) -> list[dict[str, object]]:
    return await rows(ledger, select(messages.c.text, messages.c.recipient, messages.c.state, messages.c.bulk))


async def test_every_step_is_kept_with_who_took_it(ledger: SqlLedger, archive: SqlArchive) -> None:
    number = await a_ticket(ledger)
    await take(archive, number, S.IN_PROGRESS, note="已电话联系")
    await take(archive, number, S.HANDED_OVER, handed_to="12315", outside_ref="315-77")
    closed = await take(archive, number, S.CLOSED, answer="已查处，责令下架")
    assert [(step.state, step.actor, step.note) for step in closed.steps] == [
        (S.IN_PROGRESS, "key:officer", "已电话联系"),
        (S.HANDED_OVER, "key:officer", None),
        (S.CLOSED, "key:officer", None),
    ]
    assert (closed.handed_to, closed.outside_ref, closed.answer, closed.closed_at) == (
        "12315", "315-77", "已查处，责令下架", LATER,
    )  # fmt: skip
    noted = await rows(ledger, select(audit.c.action, audit.c.subject))
    assert [row["action"] for row in noted] == ["ticket in_progress", "ticket handed_over", "ticket closed"]
    assert {row["subject"] for row in noted} == {f"ticket/{number}"}


async def test_the_answer_is_texted_to_the_reporter_once(ledger: SqlLedger, archive: SqlArchive) -> None:
    number = await a_ticket(ledger)
    await take(archive, number, S.CLOSED, answer="已查处，责令下架。")
    with pytest.raises(Refusal, match="已办结") as refused:
        await take(archive, number, S.CLOSED, answer="已查处")
    assert refused.value.why is Why.CONFLICT
    (sent,) = await texts(ledger)
    assert sent["text"] == f"【放心100】您举报的{number}号已办结：已查处，责令下架。有异议请拨12315。"
    assert (sent["state"], sent["bulk"]) == ("open", True)
    assert VAULT.open(sent["recipient"]) == CITIZEN.number  # type: ignore[arg-type]


@pytest.mark.parametrize("reporter", [Address(""), Address("047312345678"), Address("106573012365")])
async def test_nobody_but_a_mobile_is_texted(ledger: SqlLedger, archive: SqlArchive, reporter: Address) -> None:
    number = await a_ticket(ledger, reporter)
    await take(archive, number, S.CLOSED, answer="已查处")
    assert await texts(ledger) == []


async def test_who_said_td_is_not_texted(ledger: SqlLedger, archive: SqlArchive) -> None:
    number = await a_ticket(ledger)
    said = insert(optouts).values(querier=VAULT.querier(CITIZEN), at=NOW)
    await ledger.database.transact(lambda connection: connection.execute(said))
    await take(archive, number, S.CLOSED, answer="已查处")
    assert await texts(ledger) == []
    (noted,) = await rows(ledger, select(audit.c.detail))
    assert noted["detail"]["told"] is False


async def test_a_refused_step_leaves_nothing(ledger: SqlLedger, archive: SqlArchive) -> None:
    number = await a_ticket(ledger)
    with pytest.raises(Refusal, match="不能改为「重新受理」"):
        await take(archive, number, S.REOPENED)
    with pytest.raises(Refusal, match="没有工单 000000000") as unknown:
        await take(archive, "000000000", S.IN_PROGRESS)
    assert unknown.value.why is Why.UNKNOWN
    assert await rows(ledger, select(audit)) == []


async def test_opened_again_it_is_due_anew(ledger: SqlLedger, archive: SqlArchive) -> None:
    number = await a_ticket(ledger)
    await take(archive, number, S.CLOSED, answer="已查处")
    again = await take(archive, number, S.REOPENED, note="复发")
    assert (again.state, again.due_at, again.closed_at) == (S.REOPENED, LATER + DUE, None)
    assert (await take(archive, number, S.CLOSED, answer="再次查处")).state is S.CLOSED
    assert len(await texts(ledger)) == 2


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REGULATOR, Role.ADMIN, Role.AGENT)])
async def test_complaints_are_the_regulators_matter(ledger: SqlLedger, archive: SqlArchive, role: Role) -> None:
    number, firm = await a_ticket(ledger), Actor("key:firm", role, "factory")
    for attempt in (
        lambda books: tickets.show(books, firm, number, NOW),
        lambda books: tickets.reporter(books, firm, number, NOW),
        lambda books: tickets.handed(books, firm, "12315", NOW, NOW),
        lambda books: tickets.change(books, firm, LETTERS, number, TicketChange(state=S.IN_PROGRESS), NOW),
    ):
        with pytest.raises(Refusal) as refused:
            await archive.act(attempt)
        assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(audit)) == []


async def test_the_hotlines_desk_works_on_complaints_and_sees_no_numbers(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    number, agent = await a_ticket(ledger), Actor("user:agent", Role.AGENT)
    assert (await archive.act(lambda books: tickets.show(books, agent, number, NOW))).state is S.OPEN
    step = TicketChange(state=S.IN_PROGRESS)
    changed = await archive.act(lambda books: tickets.change(books, agent, LETTERS, number, step, NOW))
    assert changed.state is S.IN_PROGRESS
    for attempt in (
        lambda books: tickets.reporter(books, agent, number, NOW),
        lambda books: tickets.handed(books, agent, "12315", NOW, NOW),
    ):
        with pytest.raises(Refusal) as refused:
            await archive.act(attempt)
        assert refused.value.why is Why.FORBIDDEN


async def test_the_reporter_is_masked_until_somebody_asks_and_that_is_noted(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    number = await a_ticket(ledger)
    shown = await archive.look(lambda books: tickets.show(books, OFFICER, number, NOW))
    assert shown.reporter == "139****0001"
    full = await archive.act(lambda books: tickets.reporter(books, OFFICER, number, NOW))
    assert full.phone == "13900000001"
    (noted,) = await rows(ledger, select(audit))
    assert (noted["actor"], noted["action"], noted["subject"]) == (
        "key:officer", "ticket reporter read", f"ticket/{number}",
    )  # fmt: skip
    assert "13900000001" not in str(noted)


async def test_an_office_gets_what_was_handed_to_it_lately_and_is_open(ledger: SqlLedger, archive: SqlArchive) -> None:
    ours, theirs, closed, waiting = [await a_ticket(ledger) for _ in range(4)]
    await take(archive, ours, S.HANDED_OVER, handed_to="12315")
    await take(archive, theirs, S.HANDED_OVER, handed_to="xinfang")
    await take(archive, closed, S.HANDED_OVER, handed_to="12315")
    await take(archive, closed, S.CLOSED, answer="已查处")
    handed = await archive.act(lambda books: tickets.handed(books, OFFICER, "12315", LATER, LATER))
    assert [(one.number, one.reporter) for one in handed] == [(ours, "13900000001")]
    after = LATER + timedelta(seconds=1)
    assert await archive.act(lambda books: tickets.handed(books, OFFICER, "12315", after, after)) == []
    assert waiting not in {one.number for one in handed}


async def test_lists_go_by_state_by_day_and_page_by_page(ledger: SqlLedger, archive: SqlArchive) -> None:
    numbers = [await a_ticket(ledger) for _ in range(3)]
    await take(archive, numbers[1], S.CLOSED, answer="已查处")
    late = update(table).where(table.c.number != numbers[2]).values(due_at=NOW - timedelta(days=1))
    await ledger.database.transact(lambda connection: connection.execute(late))

    async def listed(*states: TicketState, overdue: bool = False, after: str = "", most: int = 9) -> list[str]:
        found = await archive.look(
            lambda books: books.tickets.listed(states, NOW, overdue=overdue, after=after, most=most)
        )
        return [ticket.number for ticket in found]

    assert await listed() == numbers
    assert await listed(S.CLOSED) == [numbers[1]]
    assert await listed(overdue=True) == [numbers[0]]
    assert await listed(most=2) == numbers[:2]
    assert await listed(after=numbers[1]) == numbers[2:]
    days = reports.period(None, None, NOW)
    wrong = await archive.look(lambda books: reports.problems(books.reports, Scope(), days, NOW))
    assert [one.subject for one in wrong.problems if one.kind is ProblemKind.TICKET_OVERDUE] == [f"ticket/{numbers[0]}"]
    mine = await archive.look(lambda books: reports.problems(books.reports, Scope("s-1"), days, NOW))
    assert mine.problems == ()

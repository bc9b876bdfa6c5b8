"""Complaints, from their report to the answer the citizen gets (R67, R75)."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol
from uuid import UUID

import msgspec

from gateway.domain import notices
from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.classes import short_name
from gateway.domain.errors import Refusal, Why
from gateway.domain.outgoing import Message
from gateway.domain.reply import Clause
from gateway.domain.ticket import DUE, OFFICE_WORDS, STATE_WORDS, Office, TicketState, may_follow
from gateway.filing import search
from gateway.filing.books import Books, Phone
from gateway.filing.casebook import HandedOver, Move, Ticket
from gateway.ports import TicketDraft

# The answer reaches the citizen within a day or not at all: whoever handles the ticket can then call him.
ANSWER_KEEPS: Final = timedelta(days=1)
MOST_SAID, MOST_PLACE = 500, 60
# No text of ours shows an address to follow, so that one that does is known as not ours (DOMAIN T3).
_LINK: Final = re.compile(r"://|www\.|\.(?:com|cn|net|top|xyz)(?![a-z0-9])", re.IGNORECASE)


class Letters(Protocol):
    """Words texts and addresses them."""

    def to(
        self, phones: Sequence[Phone], clause: Clause, now: datetime, *, keeps: timedelta, bulk: bool
    ) -> list[Message]:
        """Return one message a phone."""
        ...


class TicketChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket's next step, from whoever handles it here or in the office it was handed to."""

    state: TicketState
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None  # not for the citizen
    handed_to: Office | None = None
    outside_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None  # their number for it
    # What the citizen is told when it is closed: two segments with the words around it.
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None

    def __post_init__(self) -> None:
        """Ask for what the state needs."""
        if self.state is TicketState.HANDED_OVER and self.handed_to is None:
            raise ValueError(f"handed_to: 未填 转办须写明转往何处（{'、'.join(OFFICE_WORDS)}）")
        if self.state is TicketState.CLOSED and self.answer is None:
            raise ValueError("answer: 未填 办结须填写给举报人的答复")
        if self.answer is not None and _LINK.search(self.answer):
            raise ValueError("answer: 短信答复中不得含网址")


def change(books: Books, actor: Actor, letters: Letters, number: str, sent: TicketChange, now: datetime) -> Ticket:
    """Take a ticket a step on; closed, its answer is texted to whoever reported it, unless he said TD.

    Opened again it is due anew. Raises `Refusal`: no such ticket, or a state that cannot follow the one it is in.
    """
    actor.require_role(Role.REGULATOR, Role.AGENT)
    before = show(books, actor, number, now, lock=True)
    if not may_follow(before.state, sent.state):
        words = f"工单 {number} 现为「{STATE_WORDS[before.state]}」，不能改为「{STATE_WORDS[sent.state]}」"
        raise Refusal(Why.CONFLICT, words, "state")
    move = Move(
        state=sent.state,
        note=sent.note,
        handed_to=sent.handed_to,
        outside_ref=sent.outside_ref,
        answer=sent.answer if sent.state is TicketState.CLOSED else None,
        due_at=now + DUE if sent.state is TicketState.REOPENED else None,
    )
    books.tickets.move(number, move, actor.name, now)
    told = _tell(books, letters, number, move, now)
    books.audit.note(
        now, actor.name, f"ticket {sent.state}", f"ticket/{number}", before=before.state, to=sent.handed_to, told=told
    )
    return show(books, actor, number, now)


def _tell(books: Books, letters: Letters, number: str, move: Move, now: datetime) -> bool:
    address = books.tickets.to_tell(number) if move.answer else None
    if address is None or move.answer is None:
        return False
    clause = notices.report_closed(number, move.answer)
    # No party and no role: a citizen is addressed as anybody is.
    citizen = Phone(address, "", Role.USE_UNIT)
    books.post.send(letters.to([citizen], clause, now, keeps=ANSWER_KEEPS, bulk=True))
    return True


def open_from(books: Books, actor: Actor, inquiry: UUID, said: str, place: str, now: datetime) -> str:
    """Make a ticket of a question, of which its asker complains to the desk; return its number.

    It has the question's number, codes and verdicts; what else is open on the same codes stands in its first step.
    Raises `Refusal`: there is no such question, it is a trial, it has a ticket.
    """
    actor.require_role(Role.REGULATOR, Role.AGENT)
    said, place = " ".join(said.split()), " ".join(place.split())
    if len(said) > MOST_SAID or len(place) > MOST_PLACE:
        raise Refusal(Why.INVALID, "写得太长，内容不超过 500 字，地点不超过 60 字", "said")
    life = search.life(books, actor, inquiry, lock=True)
    if life.asked.test:
        raise Refusal(Why.CONFLICT, "这是试用，不建工单")
    if life.tickets:
        raise Refusal(Why.CONFLICT, f"这次查询已经有工单 {life.tickets[0]}")
    codes = tuple(dict.fromkeys(given.code for given in life.answers if given.code))
    same = open_about(books, codes)
    reporter = books.questions.sender(inquiry) or Address("")
    number = books.tickets.open(
        TicketDraft(inquiry, reporter, codes, said or life.asked.text, place or None, now, now + DUE)
    )
    verdicts = [given.verdict for given in life.answers]
    words = ["按查询建"] + ([f"判定：{'、'.join(short_name(one) for one in verdicts)}"] if verdicts else [])
    words += [f"同一编码还有没办结的：{'、'.join(same)}"] if same else []
    books.tickets.move(number, Move(state=TicketState.OPEN, note="；".join(words)), actor.name, now)
    books.audit.note(now, actor.name, "ticket opened", f"ticket/{number}", inquiry=str(inquiry), same=same)
    return number


def open_about(books: Books, codes: Collection[str]) -> list[str]:
    """Return the numbers of tickets on these codes that are not closed."""
    rows = books.cases.tickets(codes, None) if codes else []
    return list(dict.fromkeys(str(row["number"]) for row in rows if row["state"] != TicketState.CLOSED))


def show(books: Books, actor: Actor, number: str, now: datetime, *, lock: bool = False) -> Ticket:
    """Return a ticket with its steps. Raises `Refusal` where there is none.

    Complaints are for the regulator, and for the desk that answers calls.
    """
    actor.require_role(Role.REGULATOR, Role.AGENT)
    ticket = books.tickets.get(number, now, lock=lock)
    if ticket is None:
        raise Refusal(Why.UNKNOWN, f"没有工单 {number}，请核对编号", "number")
    return ticket


class Reporter(msgspec.Struct, frozen=True, kw_only=True):
    """Who reported it."""

    number: str  # the ticket's
    phone: str  # in full; empty: withheld


def reporter(books: Books, actor: Actor, number: str, now: datetime) -> Reporter:
    """Return a reporter's number in full; who looked stands in the audit. Raises `Refusal`."""
    actor.require_role(Role.REGULATOR)
    show(books, actor, number, now)
    books.audit.note(now, actor.name, "ticket reporter read", f"ticket/{number}")
    return Reporter(number=number, phone=books.tickets.reporter(number).national)


def handed(books: Books, actor: Actor, office: Office, since: datetime, now: datetime) -> list[HandedOver]:
    """Return what was handed to an office since then, with the reporters' numbers; noted in the audit."""
    actor.require_role(Role.REGULATOR)
    found = books.tickets.handed(office, since)
    numbers = [one.number for one in found]
    books.audit.note(now, actor.name, "tickets exported", f"office/{office}", count=len(found), tickets=numbers)
    return found

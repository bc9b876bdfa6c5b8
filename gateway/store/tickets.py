"""Complaints and reports in the database, from their report to their end."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, or_, select, text, tuple_, update
from stdnum.iso7064 import mod_11_10

from gateway.domain.address import Address
from gateway.domain.ticket import Office, TicketState
from gateway.filing.casebook import HandedOver, Move, Ticket, TicketCounts, TicketStep
from gateway.ports import TicketDraft
from gateway.store.statements import fitting
from gateway.store.tables import inquiries, optouts, ticket_steps, tickets
from gateway.store.tables.filing import UNCLOSED
from gateway.store.vault import Vault


class SqlTickets:
    """`ports.Tickets` and `filing.casebook.TicketBook` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def is_open(self, first: UUID) -> bool:
        """Return whether the long text whose first question this is became a ticket."""
        of_text = select(tickets.c.id).join(inquiries, inquiries.c.id == tickets.c.inquiry_id)
        found = of_text.where(or_(inquiries.c.id == first, inquiries.c.continues == first)).limit(1)
        return self._connection.execute(found).first() is not None

    def open(self, draft: TicketDraft) -> str:
        """Store a ticket; return its number: eight digits and their check digit (ISO 7064 MOD 11-10)."""
        id_ = self._connection.execute(
            insert(tickets)
            .values(
                inquiry_id=draft.inquiry,
                reporter=self._vault.seal(draft.reporter.number),
                reporter_shown=fitting(str(draft.reporter), 32),
                codes=list(draft.codes),
                text=fitting(draft.text, len(draft.text)),
                place=draft.place and fitting(draft.place, len(draft.place)),
                recording=draft.recording,
                state="open",
                created_at=draft.created_at,
                due_at=draft.due_at,
            )
            .returning(tickets.c.id)
        ).scalar_one()
        serial = f"{id_:08d}"
        number = serial + mod_11_10.calc_check_digit(serial)
        self._connection.execute(update(tickets).where(tickets.c.id == id_).values(number=number))
        return number

    def get(self, number: str, now: datetime, *, lock: bool = False) -> Ticket | None:
        """Return one with its steps; `lock` holds it until the transaction ends."""
        wanted = select(tickets).where(tickets.c.number == number)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            return None
        its = select(ticket_steps).where(ticket_steps.c.ticket_id == row.id).order_by(ticket_steps.c.position)
        return _ticket(row, now, tuple(_step(step) for step in self._connection.execute(its)))

    def listed(
        self, states: Collection[TicketState], now: datetime, *, overdue: bool, after: str, most: int
    ) -> list[Ticket]:
        """Return tickets in these states (none: in all), without their steps, by number, from after this one."""
        wanted = select(tickets).where(tickets.c.number > after)
        if states:
            wanted = wanted.where(tickets.c.state.in_(list(states)))
        if overdue:
            wanted = wanted.where(tickets.c.due_at < now, tickets.c.state != TicketState.CLOSED)
        return [_ticket(row, now) for row in self._connection.execute(wanted.order_by(tickets.c.number).limit(most))]

    def waiting(
        self, state: TicketState | None, now: datetime, *, overdue: bool, after: str, most: int
    ) -> list[Ticket]:
        """Return tickets that are not closed, or those in this state, the first due first, from after this one."""
        wanted = select(tickets).where(text(f"tickets.{UNCLOSED}"))
        if state:
            wanted = wanted.where(tickets.c.state == state)
        if overdue:
            wanted = wanted.where(tickets.c.due_at < now)
        if after:
            last = self._connection.execute(select(tickets.c.due_at).where(tickets.c.number == after)).scalar()
            wanted = wanted.where(tuple_(tickets.c.due_at, tickets.c.number) > tuple_(last, after)) if last else wanted
        rows = self._connection.execute(wanted.order_by(tickets.c.due_at, tickets.c.number).limit(most))
        return [_ticket(row, now) for row in rows]

    def closed(self, after: str, most: int) -> list[Ticket]:
        """Return tickets that are closed, the newest first, from after this one."""
        wanted = select(tickets).where(tickets.c.state == TicketState.CLOSED)
        if after:
            wanted = wanted.where(tickets.c.number < after)
        rows = self._connection.execute(wanted.order_by(tickets.c.number.desc()).limit(most))
        return [_ticket(row, row.created_at) for row in rows]

    def counts(self, now: datetime) -> TicketCounts:
        """Return how many there are."""
        by_state = select(tickets.c.state, func.count()).group_by(tickets.c.state)
        late = select(func.count()).where(text(f"tickets.{UNCLOSED}"), tickets.c.due_at < now)
        found = {TicketState(state): count for state, count in self._connection.execute(by_state)}
        return TicketCounts(found, self._connection.execute(late).scalar_one())

    def move(self, number: str, move: Move, actor: str, now: datetime) -> None:
        """Write what became of one, and its step."""
        fields = {
            "handed_to": move.handed_to,
            "outside_ref": move.outside_ref and fitting(move.outside_ref, 64),
            "resolution": move.answer,
            "due_at": move.due_at,
        }
        changed = {name: value for name, value in fields.items() if value is not None}
        closed_at = now if move.state is TicketState.CLOSED else None
        id_ = self._connection.execute(
            update(tickets)
            .where(tickets.c.number == number)
            .values(state=move.state, closed_at=closed_at, **changed)
            .returning(tickets.c.id)
        ).scalar_one()
        taken = select(func.count()).where(ticket_steps.c.ticket_id == id_)
        position = self._connection.execute(taken).scalar_one() + 1
        step = {"ticket_id": id_, "position": position, "at": now, "actor": actor, "state": move.state}
        note = move.note and fitting(move.note, len(move.note))
        self._connection.execute(insert(ticket_steps).values(**step, note=note))

    def reporter(self, number: str) -> Address:
        """Return who reported it; the caller writes that into the audit."""
        sealed = select(tickets.c.reporter).where(tickets.c.number == number)
        return Address(self._vault.open(self._connection.execute(sealed).scalar_one()))

    def to_tell(self, number: str) -> Address | None:
        """Return the reporter's mobile; None: he has none, or wants nothing that he did not ask for."""
        address = self.reporter(number)
        if not address.is_mobile:
            return None
        refused = select(optouts.c.at).where(optouts.c.querier == self._vault.querier(address))
        return None if self._connection.execute(refused).first() else address

    def handed(self, office: Office, since: datetime) -> list[HandedOver]:
        """Return what was handed to an office since then and is not closed, the oldest first."""
        then = (
            select(ticket_steps.c.ticket_id)
            .where(ticket_steps.c.state == TicketState.HANDED_OVER, ticket_steps.c.at >= since)
            .scalar_subquery()
        )
        wanted = select(tickets).where(
            tickets.c.handed_to == office, tickets.c.state == TicketState.HANDED_OVER, tickets.c.id.in_(then)
        )
        return [
            HandedOver(
                number=row.number,
                created_at=row.created_at,
                due_at=row.due_at,
                reporter=Address(self._vault.open(row.reporter)).national,
                codes=tuple(row.codes),
                text=row.text,
                place=row.place,
                outside_ref=row.outside_ref,
            )
            for row in self._connection.execute(wanted.order_by(tickets.c.id))
        ]


def _ticket(row: Row[Any], now: datetime, steps: tuple[TicketStep, ...] = ()) -> Ticket:
    return Ticket(
        number=row.number,
        state=TicketState(row.state),
        reporter=row.reporter_shown,
        codes=tuple(row.codes),
        text=row.text,
        place=row.place,
        inquiry=row.inquiry_id,
        recording=row.recording,
        handed_to=row.handed_to,
        outside_ref=row.outside_ref,
        answer=row.resolution,
        created_at=row.created_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        overdue=row.state != TicketState.CLOSED and row.due_at < now,
        steps=steps,
    )


def _step(row: Row[Any]) -> TicketStep:
    return TicketStep(at=row.at, actor=row.actor, state=TicketState(row.state), note=row.note)

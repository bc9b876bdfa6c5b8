"""Complaints and reports in the database."""

from uuid import UUID

from sqlalchemy import Connection, insert, or_, select, update
from stdnum.iso7064 import mod_11_10

from gateway.ports import TicketDraft
from gateway.store.statements import fitting
from gateway.store.tables import inquiries, tickets
from gateway.store.vault import Vault


class SqlTickets:
    """`ports.Tickets` on one open transaction."""

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

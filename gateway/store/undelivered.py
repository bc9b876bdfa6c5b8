"""Counted answers that their asker never got: he hears the same verdict again (DOMAIN 2.10)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.inquiry import InquiryState
from gateway.domain.verdict import Verdict
from gateway.store.tables import answers, inquiries, undelivered


def owe(connection: Connection, asked: Collection[UUID], now: datetime) -> None:
    """Note of these questions the counted answers, which their asker never got, so that he hears the same again."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for inquiry in asked:
        rows = connection.execute(
            select(answers, inquiries.c.querier)
            .join(inquiries, inquiries.c.id == answers.c.inquiry_id)
            .where(answers.c.inquiry_id == inquiry, answers.c.query_count > 0)
        ).all()
        for row in rows:
            fields = {
                "query_count": row.query_count,
                "first_at": row.first_queried_at,
                "own": row.verdict == Verdict.SELF_REPEAT,
                "at": now,
            }
            connection.execute(
                dialect.insert(undelivered)
                .values(code=row.code, querier=row.querier, **fields)
                .on_conflict_do_update(index_elements=["code", "querier"], set_=fields)
            )


def reached(connection: Connection, inquiry: UUID, now: datetime | None) -> None:
    """Note that an answer was heard at `now`; without that, that it is on its way as a text which settles it."""
    state = InquiryState.REPLYING if now is None else InquiryState.ANSWERED
    connection.execute(
        update(inquiries).where(inquiries.c.id == inquiry).values(state=state, settled_at=now, reason=None)
    )
    its = exists().where(
        answers.c.inquiry_id == inquiry,
        answers.c.code == undelivered.c.code,
        inquiries.c.id == inquiry,
        inquiries.c.querier == undelivered.c.querier,
    )
    connection.execute(delete(undelivered).where(its))

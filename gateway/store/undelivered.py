"""Counted answers that their asker never got: he hears the same verdict again (DOMAIN 2.10)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.outgoing import Message
from gateway.domain.verdict import Verdict
from gateway.store.tables import answers, inquiries, undelivered


def owe(connection: Connection, undone: Sequence[Message], now: datetime) -> None:
    """Note counted answers that their asker never got, so that he hears the same verdict again."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for message in undone:
        rows = connection.execute(
            select(answers, inquiries.c.querier)
            .join(inquiries, inquiries.c.id == answers.c.inquiry_id)
            .where(answers.c.inquiry_id == message.inquiry, answers.c.query_count > 0)
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

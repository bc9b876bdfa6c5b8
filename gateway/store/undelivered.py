"""Counted answers that their asker never got: he hears the same verdict again (DOMAIN 2.10)."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Executable, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.inquiry import InquiryState
from gateway.domain.verdict import Verdict
from gateway.store.tables import answers, inquiries, undelivered


def owe(connection: Connection, asked: Collection[UUID], now: datetime) -> None:
    """Note of these questions the counted answers, which their asker never got, so that he hears the same again."""
    rows = connection.execute(_COUNTED, {"asked": list(asked)}).all()
    if rows:
        values = [
            {
                "code": row.code,
                "querier": row.querier,
                "query_count": row.query_count,
                "first_at": row.first_queried_at,
                "own": row.verdict == Verdict.SELF_REPEAT,
                "at": now,
            }
            for row in rows
        ]
        connection.execute(_noting(connection.dialect.name), values)


def reached(connection: Connection, asked: Collection[UUID], now: datetime | None) -> None:
    """Note that answers were heard at `now`; without that, that they are on their way as texts which settle them."""
    state = InquiryState.REPLYING if now is None else InquiryState.ANSWERED
    connection.execute(
        update(inquiries).where(inquiries.c.id.in_(asked)).values(state=state, settled_at=now, reason=None)
    )
    rows = connection.execute(_ANSWERED, {"asked": list(asked)}).all()
    if rows:
        connection.execute(_GOT, [{"its_code": row.code, "asker": row.querier} for row in rows])


_GOT: Final = delete(undelivered).where(
    undelivered.c.code == bindparam("its_code"), undelivered.c.querier == bindparam("asker")
)

_ITS: Final = inquiries.c.id == answers.c.inquiry_id
_ASKED: Final = answers.c.inquiry_id.in_(bindparam("asked", expanding=True))
# Transactions take the same rows in one order, or they would lock each other out.
_ORDER: Final = (answers.c.code, inquiries.c.querier, inquiries.c.received_at)
_COUNTED: Final = (
    select(
        answers.c.code,
        answers.c.query_count,
        answers.c.first_queried_at,
        answers.c.verdict,
        inquiries.c.querier,
    )
    .join(inquiries, _ITS)
    .where(_ASKED, answers.c.query_count > 0)
    .order_by(*_ORDER)
)
_ANSWERED: Final = (
    select(answers.c.code, inquiries.c.querier)
    .join(inquiries, _ITS)
    .where(_ASKED, answers.c.code.is_not(None))
    .order_by(*_ORDER)
)


@cache
def _noting(dialect: str) -> Executable:
    """Return the statement that notes an answer, built once: building it takes longer than running it."""
    noting = (postgresql if dialect == "postgresql" else sqlite).insert(undelivered)
    upsert: Executable = noting.on_conflict_do_update(
        index_elements=["code", "querier"],
        set_={name: noting.excluded[name] for name in ("query_count", "first_at", "own", "at")},
    )
    return upsert

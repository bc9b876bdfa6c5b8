"""Counted answers that their asker never got: he hears the same verdict again (DOMAIN 2.10)."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.inquiry import InquiryState
from gateway.domain.verdict import Verdict
from gateway.store.prepared import Among, Fields, Prepared
from gateway.store.tables import answers, inquiries, undelivered


def owe(connection: Connection, asked: Collection[UUID], now: datetime) -> None:
    """Note of these questions the counted answers, which their asker never got, so that he hears the same again."""
    rows = sorted(_COUNTED.rows(connection, list(asked)), key=_order)
    values = [
        {
            "code": row["code"],
            "querier": row["querier"],
            "query_count": row["query_count"],
            "first_at": row["first_queried_at"],
            "own": row["verdict"] == Verdict.SELF_REPEAT,
            "at": now,
        }
        for row in rows
    ]
    _noting(connection.dialect.name).run(connection, values)


def reached(connection: Connection, asked: Collection[UUID], now: datetime | None) -> None:
    """Note that answers were heard at `now`; without that, that they are on their way as texts which settle them."""
    state = InquiryState.REPLYING if now is None else InquiryState.ANSWERED
    _REACHED.run(
        connection, [{"its_id": id_, "state": state, "settled_at": now, "reason": None} for id_ in sorted(asked)]
    )
    rows = sorted(_ANSWERED.rows(connection, list(asked)), key=_order)
    _GOT.run(connection, [{"its_code": row["code"], "asker": row["querier"]} for row in rows])


def _order(row: Fields) -> tuple[object, ...]:
    """Transactions take the same rows in one order, or they would lock each other out."""
    return row["code"], row["querier"], row["received_at"]


_REACHED: Final = Prepared(update(inquiries).where(inquiries.c.id == bindparam("its_id")))
_GOT: Final = Prepared(
    delete(undelivered).where(undelivered.c.code == bindparam("its_code"), undelivered.c.querier == bindparam("asker"))
)

_ITS: Final = inquiries.c.id == answers.c.inquiry_id
_COUNTED: Final = Among(
    select(
        answers.c.code,
        answers.c.query_count,
        answers.c.first_queried_at,
        answers.c.verdict,
        inquiries.c.querier,
        inquiries.c.received_at,
    )
    .join(inquiries, _ITS)
    .where(answers.c.query_count > 0),
    answers.c.inquiry_id,
)
_ANSWERED: Final = Among(
    select(answers.c.code, inquiries.c.querier, inquiries.c.received_at)
    .join(inquiries, _ITS)
    .where(answers.c.code.is_not(None)),
    answers.c.inquiry_id,
)


@cache
def _noting(dialect: str) -> Prepared:
    """Return the statement that notes an answer."""
    noting = (postgresql if dialect == "postgresql" else sqlite).insert(undelivered)
    return Prepared(
        noting.on_conflict_do_update(
            index_elements=["code", "querier"],
            set_={name: noting.excluded[name] for name in ("query_count", "first_at", "own", "at")},
        )
    )

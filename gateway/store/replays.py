"""First answers to requests that may come again (`Idempotency-Key`)."""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.errors import Refusal, Why
from gateway.ports import First
from gateway.store.tables import idempotency

_PENDING = 0  # the status of a request whose transaction is still running


class SqlReplays:
    """`ports.Replays` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first(self, key: str, request: str, now: datetime) -> First | None:
        """Take `key` for this request, or return what was answered to it before.

        The same key in another transaction is waited for until that one ends.
        """
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        taken = self._connection.execute(
            dialect.insert(idempotency)
            .values(key=key, request=request, status=_PENDING, body=b"", at=now)
            .on_conflict_do_nothing()
        )
        if taken.rowcount == 1:
            return None
        row = self._connection.execute(select(idempotency).where(idempotency.c.key == key)).one()
        if row.request != request:
            raise Refusal(Why.CONFLICT, "此 Idempotency-Key 已用于另一请求，请换用新的")
        return First(row.status, row.body)

    def keep(self, key: str, first: First) -> None:
        """Write what was answered."""
        self._connection.execute(
            update(idempotency).where(idempotency.c.key == key).values(status=first.status, body=first.body)
        )

"""First answers to requests that may come again (`Idempotency-Key`)."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.errors import Refusal, Why
from gateway.ports import First
from gateway.store.tables import idempotency

# A station's controller that was cut off sends its events again for days, never for longer.
REPLAY_LIFE = timedelta(days=7)
# An answer is asked for again by one who did not hear it, in minutes; later the thing may not be what it was.
ANSWER_LIFE = timedelta(minutes=15)

_PENDING = 0  # the status of a request whose transaction is still running


class SqlReplays:
    """`ports.Replays` on one open transaction; what is older than `life` is made anew."""

    def __init__(self, connection: Connection, life: timedelta) -> None:
        self._connection, self._life = connection, life

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
        if taken.rowcount == 1 or self._retaken(key, request, now):
            return None
        row = self._connection.execute(select(idempotency).where(idempotency.c.key == key)).one()
        if row.request != request:
            raise Refusal(Why.CONFLICT, "此 Idempotency-Key 已用于另一请求，请换用新的")
        return First(row.status, row.body)

    def _retaken(self, key: str, request: str, now: datetime) -> bool:
        old = idempotency.c.at <= now - self._life
        retaken = self._connection.execute(
            update(idempotency)
            .where(idempotency.c.key == key, old)
            .values(request=request, status=_PENDING, body=b"", at=now)
        )
        return retaken.rowcount == 1

    def keep(self, key: str, first: First) -> None:
        """Write what was answered."""
        self._connection.execute(
            update(idempotency).where(idempotency.c.key == key).values(status=first.status, body=first.body)
        )

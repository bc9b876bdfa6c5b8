"""The append-only log: each entry carries the hash of the one before (DOMAIN 2.1, T14)."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from gateway.filing.books import Wanted
from gateway.store.tables import audit

_NOTHING = bytes(32)
# One writer at a time: the chain has one end, and so has the deny list. Any number will do, as long as nothing else
# locks it.
_LOCK = text("SELECT pg_advisory_xact_lock(7365)")


class SqlAudit:
    """`filing.books.Audit` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, now: datetime, actor: str, action: str, subject: str, **detail: object) -> None:
        """Append an entry; `detail` is plain JSON without personal data and secrets."""
        take_turns(self._connection)
        last, before = self.end()
        entry = {"seq": last + 1, "at": now, "actor": actor, "action": action, "subject": subject, "detail": detail}
        self._connection.execute(insert(audit).values(**entry, hash=_digest(before, entry)))

    def newest(self, most: int) -> list[dict[str, Any]]:
        """Return the last entries, the newest first."""
        found = select(audit).order_by(audit.c.seq.desc()).limit(most)
        return [_entry(row) for row in self._connection.execute(found)]

    def find(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Return what begins with these texts, the newest first."""
        found = select(audit).where(audit.c.seq < wanted.before).order_by(audit.c.seq.desc()).limit(wanted.most)
        for name in ("actor", "action", "subject"):
            if text_ := getattr(wanted, name):
                found = found.where(audit.c[name].startswith(text_, autoescape=True))
        return [_entry(row) for row in self._connection.execute(found)]

    def end(self) -> tuple[int, bytes]:
        """Return the number and the hash of the last entry: kept elsewhere, they show later that none was cut off."""
        row = self._connection.execute(
            select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        ).one_or_none()
        return (row.seq, row.hash) if row else (0, _NOTHING)

    def fault(self) -> str | None:
        """Walk the whole chain; return what is wrong with it, or None."""
        before, expected = _NOTHING, 1
        for row in self._connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.seq)):
            if row.seq != expected:
                return f"entry {expected} is missing"
            if _digest(before, _entry(row)) != row.hash:
                return f"entry {row.seq} was changed: {row.action} {row.subject}"
            before, expected = row.hash, expected + 1
        return None


def take_turns(connection: Connection) -> None:
    """Wait until no other transaction writes what is numbered; held until this one ends. SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)


def _entry(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("seq", "at", "actor", "action", "subject", "detail")}


def _digest(before: bytes, entry: dict[str, Any]) -> bytes:
    written = {**entry, "at": entry["at"].astimezone(UTC).isoformat(timespec="microseconds")}
    return sha256(before + json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).digest()

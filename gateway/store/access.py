"""Keys of the interface in the database: their SHA-256, and whose they are."""

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from gateway.domain.access import Actor, Role
from gateway.store.tables import api_keys

# With 256 bits of its own a key needs no salt and no slow hash.
_KEY = 32  # octets


def new_key() -> str:
    """Return a fresh key: 256 bits, as base64url."""
    return secrets.token_urlsafe(_KEY)


class SqlAccess:
    """Keys, on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def key(self, digest: bytes) -> Actor | None:
        """Return whose key has this SHA-256; None for one unknown or revoked."""
        found = select(api_keys).where(api_keys.c.hash == digest, api_keys.c.revoked_at.is_(None))
        row = self._connection.execute(found).one_or_none()
        return Actor(f"key:{row.id}", Role(row.role), row.party) if row else None

    def add(self, id_: UUID, key: str, owner: Actor, by: str, now: datetime) -> None:
        """Let whoever has this key act as `owner`."""
        row = {"id": id_, "hash": sha256(key.encode()).digest(), "role": owner.role, "party": owner.party}
        self._connection.execute(insert(api_keys).values(**row, created_at=now, created_by=by))

    def listed(self) -> list[dict[str, Any]]:
        """Return all, the oldest first: id, role, party, created_at, created_by, revoked_at."""
        c = api_keys.c
        shown = select(c.id, c.role, c.party, c.created_at, c.created_by, c.revoked_at).order_by(c.created_at, c.id)
        return [row._asdict() for row in self._connection.execute(shown)]

    def revoke(self, id_: UUID, now: datetime) -> bool:
        """End a key; return whether there was one to end."""
        ending = update(api_keys).where(api_keys.c.id == id_, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
        return self._connection.execute(ending).rowcount > 0

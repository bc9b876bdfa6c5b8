"""Firms and offices in the database; a contact person's name is sealed."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.trace import Party
from gateway.store.tables import parties
from gateway.store.vault import Vault


class SqlParties:
    """`filing.books.Parties` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, party: str) -> Party | None:
        """Return one."""
        row = self._connection.execute(select(parties).where(parties.c.id == party)).one_or_none()
        if row is None:
            return None
        contact = self._vault.open(row.contact) if row.contact else None
        return msgspec.convert({**row.body, "contact": contact}, Party)

    def put(self, party: Party, now: datetime) -> None:
        """Write one; its contact person is sealed."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        row = {
            "id": party.id,
            "kind": party.kind,
            "name": party.name,
            "district": party.district,
            "pilot": party.pilot,
            "licence_valid_to": party.licence_valid_to,
            "body": {name: value for name, value in msgspec.to_builtins(party).items() if name != "contact"},
            "contact": self._vault.seal(party.contact) if party.contact else None,
            "updated_at": now,
        }
        adding = dialect.insert(parties).values(row)
        changed = {name: adding.excluded[name] for name in row if name != "id"}
        self._connection.execute(adding.on_conflict_do_update(index_elements=["id"], set_=changed))

"""Registered phones in the database: numbers sealed, PINs as Argon2 only."""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.access import Badge, PinFault, Role
from gateway.domain.address import Address
from gateway.filing.books import Phone
from gateway.store.engine import Database
from gateway.store.tables import optouts, parties, phones
from gateway.store.vault import Vault

# After so many wrong PINs in a row a phone is locked for so long (DESIGN 4, Privacy).
MOST_FAILURES, LOCKED_FOR = 5, timedelta(hours=1)
PIN_DIGITS = 6

_HASHER = PasswordHasher()  # RFC 9106's low-memory profile


class SqlPhones:
    """`filing.books.Phones` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def add(self, phone: Phone, pin: str | None, now: datetime, *, alerts: bool) -> None:
        """Register a phone, or change what it may; a new PIN unlocks it."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        row = {
            "querier": self._vault.querier(phone.address),
            "party": phone.party,
            "role": phone.role,
            "sealed": self._vault.seal(phone.address.number),
            "shown": str(phone.address),
            "pin_hash": _HASHER.hash(pin) if pin else None,
            "failures": 0,
            "locked_until": None,
            "alerts": alerts,
            "created_at": now,
        }
        adding = dialect.insert(phones).values(row)
        changed = {name: adding.excluded[name] for name in row if name not in ("querier", "party")}
        self._connection.execute(adding.on_conflict_do_update(index_elements=["querier", "party"], set_=changed))

    def remove(self, address: Address, party: str) -> bool:
        """Forget a phone; return whether it was there."""
        gone = delete(phones).where(phones.c.querier == self._vault.querier(address), phones.c.party == party)
        return self._connection.execute(gone).rowcount > 0

    def listed(self) -> list[Mapping[str, Any]]:
        """Return all, masked: shown, party, role, alerts, locked_until."""
        wanted = select(phones.c.shown, phones.c.party, phones.c.role, phones.c.alerts, phones.c.locked_until)
        rows = self._connection.execute(wanted.order_by(phones.c.party, phones.c.shown))
        return [dict(row) for row in rows.mappings()]

    def to_tell(
        self,
        parties: Collection[str],
        *,
        role: Role | None = None,
        district: str | None = None,
        grave: bool = False,
    ) -> list[Phone]:
        """Return the phones of these parties, or of a role in a district, that want to be told.

        Who opted out of reminders is told of what is `grave` alone: somebody may be trapped.
        """
        whose: ColumnElement[bool] = phones.c.party.in_(list(parties))
        if role is not None:
            whose = or_(whose, (phones.c.role == role) & self._in_district(district))
        wanted = select(phones.c.sealed, phones.c.party, phones.c.role).where(phones.c.alerts, whose)
        if not grave:
            wanted = wanted.where(~select(optouts.c.querier).where(optouts.c.querier == phones.c.querier).exists())
        rows = self._connection.execute(wanted)
        found = [Phone(Address(self._vault.open(row.sealed)), row.party, Role(row.role)) for row in rows]
        return list({phone.address: phone for phone in found}.values())

    @staticmethod
    def _in_district(district: str | None) -> ColumnElement[bool]:
        if district is None:
            return phones.c.party.is_not(None)
        return phones.c.party.in_(select(parties.c.id).where(parties.c.district.startswith(district[:4])))


class SqlBadges:
    """`ports.Badges`: the PIN of a registered phone, checked outside of any open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self, querier: bytes, pin: str, now: datetime, *, dry: bool = False) -> Badge | PinFault | None:
        """Return what the phone may ask; None when it is not registered. Raises `StoreDown`.

        `dry`: a PIN that is wrong is not counted, nor one that is right.
        """

        def look(connection: Connection) -> list[Row[Any]]:
            mine = select(phones).where(phones.c.querier == querier, phones.c.pin_hash.is_not(None))
            return list(connection.execute(mine))

        rows = await self._database.transact(look)
        if not rows:
            return None
        if any(row.locked_until and row.locked_until > now for row in rows):
            return PinFault.LOCKED
        right = await asyncio.to_thread(lambda: next((row for row in rows if _fits(row.pin_hash, pin)), None))
        failures = 0 if right else max(row.failures for row in rows) + 1
        if not dry:
            await self._database.transact(lambda connection: _note(connection, querier, failures, now))
        if right:
            return Badge(Role(right.role), right.party)
        return PinFault.LOCKED if failures >= MOST_FAILURES else PinFault.WRONG


def new_pin() -> str:
    """Return a PIN as a person can key it."""
    return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))


def _fits(pin_hash: str, pin: str) -> bool:
    try:
        return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


def _note(connection: Connection, querier: bytes, failures: int, now: datetime) -> None:
    """Write how many PINs in a row were wrong; one counted meanwhile by another process is not lost."""
    mine = update(phones).where(phones.c.querier == querier)
    if not failures:
        connection.execute(mine.values(failures=0, locked_until=None))
        return
    connection.execute(mine.values(failures=phones.c.failures + 1))
    connection.execute(mine.where(phones.c.failures >= MOST_FAILURES).values(failures=0, locked_until=now + LOCKED_FOR))

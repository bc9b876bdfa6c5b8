"""Operators of the console: who they are, and where they are signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from gateway.domain.access import EVERYWHERE, PERSONS, Actor, Role

ROLES: Final = (
    Role.ADMIN,
    Role.WORDING,
    Role.AGENT,
    Role.REGULATOR,
    Role.FIRM,
    Role.COOPERATIVE,
    Role.STATION,
    Role.MAINTENANCE,
)
# Whose work is nobody's own party.
PARTYLESS: Final = EVERYWHERE | PERSONS


@dataclass(frozen=True, slots=True)
class User:
    """An operator; `password_hash` is Argon2's."""

    id: UUID
    name: str
    role: Role
    party: str | None
    password_hash: str
    must_change: bool
    theme: str  # light, dark; empty: as the system has it
    locale: str
    keys: bool  # single letters are shortcuts
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    password_until: datetime | None = None  # a one-time password lets nobody in from then on

    def lapsed(self, now: datetime) -> bool:
        """Return whether his password is a one-time one that was not used in its time."""
        return self.must_change and self.password_until is not None and now >= self.password_until

    @property
    def actor(self) -> Actor:
        """Return him as the audit and all acts know him."""
        return Actor(f"user:{self.name}", self.role, self.party)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is signed in."""

    id: UUID
    user: User
    address: str
    browser: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime

    def over(self, now: datetime, idle: timedelta) -> bool:
        """Return whether it has ended by itself."""
        return now >= self.ends_at or now - self.seen_at >= idle


class Users(Protocol):
    """Operators and their sessions."""

    def named(self, name: str) -> User | None:
        """Return one by his name."""
        ...

    def all(self) -> list[User]:
        """Return all, by name."""
        ...

    def add(self, user: User) -> None:
        """Write a new one."""
        ...

    def set_password(self, id_: UUID, password_hash: str, one_time_until: datetime | None) -> None:
        """Change how he signs in: by a one-time password until then, or by one of his own."""
        ...

    def set_taste(self, id_: UUID, theme: str, locale: str, *, keys: bool) -> None:
        """Change how he likes his pages."""
        ...

    def set_disabled(self, id_: UUID, at: datetime | None) -> None:
        """Let him in no more, or again."""
        ...

    def open_session(self, session: Session, token: bytes) -> None:
        """Write a new session; `token` is the SHA-256 of what stands in the cookie."""
        ...

    def session(self, token: bytes) -> Session | None:
        """Return whose session it is; None where there is none, or its person is disabled."""
        ...

    def seen(self, id_: UUID, now: datetime) -> None:
        """Note that a session is in use."""
        ...

    def sessions(self, user: UUID | None = None) -> list[Session]:
        """Return all sessions, of all or of one, the last used first."""
        ...

    def end_session(self, id_: UUID) -> bool:
        """End one; return whether there was one to end."""
        ...

    def end_sessions(self, user: UUID, but: UUID | None = None) -> None:
        """End all of one person, `but` one."""
        ...

    def tidy(self, now: datetime, idle: timedelta) -> None:
        """Forget sessions that have ended by themselves."""
        ...

"""`filing.users.Users` on one open transaction."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from gateway.domain.access import Role
from gateway.filing.people import Session, User
from gateway.store.tables import sessions, users

_COLUMNS = tuple(column.name for column in users.c)
_SESSION = ("id", "address", "browser", "created_at", "seen_at", "ends_at")
_JOINED = select(users, *(sessions.c[name].label(f"session_{name}") for name in _SESSION)).join(
    sessions, sessions.c.user_id == users.c.id
)


class SqlUsers:
    """Operators and their sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def named(self, name: str) -> User | None:
        """Return one by his name."""
        row = self._connection.execute(select(users).where(users.c.name == name)).mappings().one_or_none()
        return _user(row) if row else None

    def all(self) -> list[User]:
        """Return all, by name."""
        return [_user(row) for row in self._connection.execute(select(users).order_by(users.c.name)).mappings()]

    def add(self, user: User) -> None:
        """Write a new one."""
        self._connection.execute(insert(users).values({name: getattr(user, name) for name in _COLUMNS}))

    def set_password(self, id_: UUID, password_hash: str, one_time_until: datetime | None) -> None:
        """Change how he signs in."""
        must_change = one_time_until is not None
        self._set(id_, password_hash=password_hash, must_change=must_change, password_until=one_time_until)

    def set_taste(self, id_: UUID, theme: str, locale: str, *, keys: bool) -> None:
        """Change how he likes his pages."""
        self._set(id_, theme=theme, locale=locale, keys=keys)

    def set_disabled(self, id_: UUID, at: datetime | None) -> None:
        """Let him in no more, or again."""
        self._set(id_, disabled_at=at)

    def _set(self, id_: UUID, **values: Any) -> None:  # noqa: ANN401 - of the columns' own types
        self._connection.execute(update(users).where(users.c.id == id_).values(values))

    def open_session(self, session: Session, token: bytes) -> None:
        """Write a new session."""
        values = {name: getattr(session, name) for name in _SESSION}
        self._connection.execute(insert(sessions).values(**values, token=token, user_id=session.user.id))

    def session(self, token: bytes) -> Session | None:
        """Return whose session it is; None where there is none, or its person is disabled."""
        found = _JOINED.where(sessions.c.token == token, users.c.disabled_at.is_(None))
        row = self._connection.execute(found).mappings().one_or_none()
        return _session(row) if row else None

    def seen(self, id_: UUID, now: datetime) -> None:
        """Note that a session is in use."""
        self._connection.execute(update(sessions).where(sessions.c.id == id_).values(seen_at=now))

    def sessions(self, user: UUID | None = None) -> list[Session]:
        """Return all sessions, the last used first."""
        wanted = _JOINED.order_by(sessions.c.seen_at.desc())
        rows = self._connection.execute(wanted.where(users.c.id == user) if user else wanted)
        return [_session(row) for row in rows.mappings()]

    def end_session(self, id_: UUID) -> bool:
        """End one; return whether there was one to end."""
        return self._connection.execute(delete(sessions).where(sessions.c.id == id_)).rowcount > 0

    def end_sessions(self, user: UUID, but: UUID | None = None) -> None:
        """End all of one person, `but` one."""
        ending = delete(sessions).where(sessions.c.user_id == user)
        self._connection.execute(ending.where(sessions.c.id != but) if but else ending)

    def tidy(self, now: datetime, idle: timedelta) -> None:
        """Forget sessions that have ended by themselves."""
        over = or_(sessions.c.ends_at <= now, sessions.c.seen_at <= now - idle)
        self._connection.execute(delete(sessions).where(over))


def _user(row: RowMapping) -> User:
    return User(**{name: row[name] for name in _COLUMNS if name != "role"}, role=Role(row["role"]))


def _session(row: RowMapping) -> Session:
    return Session(user=_user(row), **{name: row[f"session_{name}"] for name in _SESSION})

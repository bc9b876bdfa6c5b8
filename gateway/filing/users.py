"""Letting people into the console and out of it: names and passwords as they must be, and what an admin may change."""

import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.filing.books import Books
from gateway.filing.people import PARTYLESS, ROLES, User

LONGEST_NAME: Final = 32
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 256
_ONE_TIME = 12  # random octets of a one-time password


def plain_name(name: str) -> str:
    """Return a name in its one form. Raises `Refusal` for one that cannot be read or typed."""
    plain = unicodedata.normalize("NFKC", name).strip()
    if not 2 <= len(plain) <= LONGEST_NAME or not plain.isprintable() or "/" in plain or ":" in plain:
        raise Refusal(Why.INVALID, f"用户名须为 2 至 {LONGEST_NAME} 个可见的字，不含 / 和 :", "name")
    return plain


def one_time_password() -> str:
    """Return a password for the first sign-in."""
    return secrets.token_urlsafe(_ONE_TIME)


def check_password(password: str, name: str) -> None:
    """Raise `Refusal` for a password that would be guessed (NIST SP 800-63B §5.1.1.2: length, not signs)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refusal(Why.INVALID, f"新密码至少 {SHORTEST_PASSWORD} 个字符", "new")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise Refusal(Why.INVALID, "新密码太容易猜，换一个", "new")


def add(books: Books, actor: Actor, user: User) -> None:
    """Let a new person in; `user.name` is plain. Raises `Refusal`."""
    if user.role not in ROLES:
        raise Refusal(Why.INVALID, f"没有“{user.role}”这种角色", "role")
    if user.role in PARTYLESS and user.party:
        raise Refusal(Why.INVALID, "这种角色不属于某个单位", "party")
    if user.role not in PARTYLESS and not user.party:
        raise Refusal(Why.INVALID, "这种角色要写明单位编号", "party")
    if user.party and books.parties.get(user.party) is None:
        raise Refusal(Why.UNKNOWN, f"没有编号为“{user.party}”的单位", "party")
    if books.users.named(user.name):
        raise Refusal(Why.CONFLICT, f"已经有叫“{user.name}”的用户", "name")
    books.users.add(user)
    books.audit.note(user.created_at, actor.name, "user added", f"user/{user.name}", role=user.role, party=user.party)


def change_password(books: Books, user: User, password_hash: str, session: UUID, now: datetime) -> None:
    """Write a password that its person chose; he stays signed in here, and nowhere else."""
    books.users.set_password(user.id, password_hash, None)
    books.users.end_sessions(user.id, session)
    books.audit.note(now, user.actor.name, "password changed", f"user/{user.name}")


def reset_password(books: Books, actor: Actor, name: str, password_hash: str, now: datetime, lasts: timedelta) -> None:
    """Give somebody a one-time password that `lasts` so long; he is signed out everywhere. Raises `Refusal`."""
    user = _known(books, name)
    books.users.set_password(user.id, password_hash, now + lasts)
    books.users.end_sessions(user.id)
    books.audit.note(now, actor.name, "password reset", f"user/{name}")


def disable(books: Books, actor: Actor, name: str, now: datetime) -> None:
    """Let somebody in no more. Raises `Refusal`: nobody locks himself out."""
    user = _known(books, name)
    if user.actor.name == actor.name:
        raise Refusal(Why.CONFLICT, "不能停用自己", "name")
    books.users.set_disabled(user.id, now)
    books.users.end_sessions(user.id)
    books.audit.note(now, actor.name, "user disabled", f"user/{name}")


def enable(books: Books, actor: Actor, name: str, now: datetime) -> None:
    """Let somebody in again. Raises `Refusal`."""
    books.users.set_disabled(_known(books, name).id, None)
    books.audit.note(now, actor.name, "user enabled", f"user/{name}")


def end_session(books: Books, actor: Actor, id_: UUID, now: datetime) -> None:
    """Sign a browser out. Raises `Refusal`: another person's only by an admin."""
    found = next((one for one in books.users.sessions() if one.id == id_), None)
    if found is None or (found.user.actor.name != actor.name and actor.role is not Role.ADMIN):
        raise Refusal(Why.UNKNOWN, "没有这个登录，可能已经结束")
    books.users.end_session(id_)
    books.audit.note(now, actor.name, "session ended", f"user/{found.user.name}", session=str(id_))


def _known(books: Books, name: str) -> User:
    user = books.users.named(name)
    if user is None:
        raise Refusal(Why.UNKNOWN, f"没有叫“{name}”的用户", "name")
    return user

"""`gateway user`: who may sign in at the console."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from uuid_utils.compat import uuid7

from gateway import settings as config
from gateway.cli.archive import act, look, operator
from gateway.cli.listing import print_rows
from gateway.console.passwords import hashed
from gateway.domain.access import Role
from gateway.filing import users
from gateway.filing.people import User
from gateway.store.books import SqlBooks

_SHOWN = ("name", "role", "party", "must_change", "password_until", "created_at", "created_by", "disabled_at")


def new_user(name: str, role: Role, party: str | None, password: str, by: str, now: datetime, lasts: timedelta) -> User:
    """Return a person who must change this password at his first sign-in, which is to be while it `lasts`."""
    return User(
        id=uuid7(),
        name=users.plain_name(name),
        role=role,
        party=party,
        password_hash=hashed(password),
        must_change=True,
        theme="",
        locale="zh",
        keys=True,
        created_at=now,
        created_by=by,
        disabled_at=None,
        password_until=now + lasts,
    )


def add(file: Path | None, name: str, role: Role, party: str | None) -> None:
    """Let somebody in."""
    password, lasts = users.one_time_password(), _lasts(file)
    user = new_user(name, role, party, password, operator().name, datetime.now(UTC), lasts)
    act(file, lambda books: users.add(books, operator(), user))
    typer.echo(f"{user.name}: {role}" + (f" of {party}" if party else "") + f"; {_until(lasts)}")
    typer.echo(password)


def reset(file: Path | None, name: str) -> None:
    """Give somebody a new one-time password."""
    password, lasts = users.one_time_password(), _lasts(file)
    kept = hashed(password)

    def work(books: SqlBooks) -> None:
        users.reset_password(books, operator(), users.plain_name(name), kept, datetime.now(UTC), lasts)

    act(file, work)
    typer.echo(_until(lasts))
    typer.echo(password)


def list_(file: Path | None, *, as_json: bool) -> None:
    """Print all."""
    found = look(file, lambda books: books.users.all())
    print_rows([{name: getattr(user, name) for name in _SHOWN} for user in found], _SHOWN, as_json=as_json)


def _lasts(file: Path | None) -> timedelta:
    return config.load(config.settings_file(file)).console.one_time


def _until(lasts: timedelta) -> str:
    return f"the one-time password below lasts {lasts.total_seconds() / 3600:.0f} hours, to sign in and choose another"

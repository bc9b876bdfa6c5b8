"""How a command opens the books for one act."""

import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from gateway import settings as config
from gateway.cli.running import run
from gateway.domain.access import Actor, Role
from gateway.domain.trace import Party, PartyKind
from gateway.store import keyring, schema
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import open_database
from gateway.store.vault import Keys

T = TypeVar("T")

_ROLES: Final = {
    PartyKind.COOP: Role.COOPERATIVE,
    PartyKind.STATION: Role.STATION,
    PartyKind.INSPECTOR: Role.INSPECTOR,
    PartyKind.MAINTENANCE: Role.MAINTENANCE,
    PartyKind.USE_UNIT: Role.USE_UNIT,
    PartyKind.REGULATOR: Role.REGULATOR,
}


def act(file: Path | None, work: Callable[[SqlBooks], T]) -> T:
    """Run `work` in one transaction on the database of the settings."""
    return _opened(file, lambda archive: archive.act(work))


def look(file: Path | None, work: Callable[[SqlBooks], T]) -> T:
    """Run `work` that only reads; however long it takes, the service goes on."""
    return _opened(file, lambda archive: archive.look(work))


def _opened(file: Path | None, work: Callable[[SqlArchive], Awaitable[T]]) -> T:
    settings = config.load(config.settings_file(file))
    keys = Keys(settings.key_folder)
    vault, codes = keys.vault(), keys.code_book()

    async def acting() -> T:
        database = open_database(settings.database.url)
        try:
            await schema.check(database)
            await keyring.check(database, keys)
            return await work(SqlArchive(database, vault, codes))
        finally:
            await database.close()

    return run(acting())


def this_person() -> str:
    """Return who sits at the machine, as the audit names him."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name
        return "cli"


def operator() -> Actor:
    """Return whoever sits at the machine as an actor: he holds the keys, so he may do anything."""
    return Actor(this_person(), Role.ADMIN)


def acting_for(party: Party, name: str) -> Actor:
    """Return whoever sits at the machine with a party's rights."""
    return Actor(name, _ROLES.get(party.kind, Role.FIRM), party.id)

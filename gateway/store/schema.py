"""The schema's version: brought up by `gateway db upgrade`, checked before anything is served."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.domain.errors import Unmigrated
from gateway.store.engine import Database


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _at(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Bring the schema up in one transaction; return the revisions before and after."""

    def work(connection: Connection) -> tuple[str | None, str | None]:
        before = _at(connection)
        command.upgrade(_config(connection), "head")
        return before, _at(connection)

    return await database.transact(work)


async def check(database: Database) -> None:
    """Raise `Unmigrated`, with the command to run, when the schema is not the one this version knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    found = await database.transact(_at)
    if found != head:
        at = found or "empty"
        raise Unmigrated(f"the database's schema is {at}, this version needs {head}; run: gateway db upgrade -c FILE")

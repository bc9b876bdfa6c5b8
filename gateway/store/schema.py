"""The schema's version: brought up by `gateway db upgrade`, checked before anything is served."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from gateway.domain.errors import Unmigrated
from gateway.store.engine import Database

# The newest of `migrations/versions`. Stands here so that only `upgrade` has to import alembic: it takes a fifth of
# a second, which every `gateway ask` would wait for.
HEAD: Final = "0011"


def _at(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


async def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Bring the schema up in one transaction; return the revisions before and after."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))

    def work(connection: Connection) -> tuple[str | None, str | None]:
        before = _at(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before, _at(connection)

    return await database.transact(work)


async def check(database: Database) -> None:
    """Raise `Unmigrated`, with the command to run, when the schema is not the one this version knows."""
    found = await database.read(_at)
    if found != HEAD:
        at = found or "empty"
        raise Unmigrated(f"the database's schema is {at}, this version needs {HEAD}; run: gateway db upgrade -c FILE")

"""`gateway db upgrade`."""

from pathlib import Path

import typer
from sqlalchemy.engine import make_url

from gateway import settings as config
from gateway.cli.running import run
from gateway.store import keyring, schema
from gateway.store.engine import open_database
from gateway.store.vault import Keys


def upgrade(file: Path | None) -> None:
    """Bring the schema up; on SQLite also make the keys that are missing."""
    settings = config.load(config.settings_file(file))
    keys = Keys(settings.key_folder)
    embedded = make_url(settings.database.url).get_backend_name() == "sqlite"
    if embedded:
        for made in keys.make_missing():
            typer.echo(f"made {made}")
    before, after = run(_upgrade(settings.database.url, keys if embedded else None))
    typer.echo(f"schema: {before or 'empty'} -> {after}" if before != after else f"schema: {after}, nothing to do")


async def _upgrade(url: str, keys: Keys | None) -> tuple[str | None, str | None]:
    database = open_database(url)
    try:
        revisions = await schema.upgrade(database)
        if keys is not None:  # those just made are not the ones that were lost
            await keyring.check(database, keys)
        return revisions
    finally:
        await database.close()

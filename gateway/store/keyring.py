"""The keys a database was written with: noted when it first meets them, compared before anything is said.

With another key every genuine code decodes to an index that nobody issued, and its buyer would be told of a
counterfeit; and whoever asks again would be a stranger to his own first question.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.errors import BadSettings
from gateway.store.engine import Database
from gateway.store.tables import key_marks, label_issues
from gateway.store.vault import Keys, code_key_file


async def check(database: Database, keys: Keys) -> None:
    """Compare the key files with what the database knows of them; note the new ones.

    Raises `BadSettings` for a key that is another than before, and for a version's whose labels were issued.
    """
    marks = keys.marks()
    known = await database.read(_known)
    if not marks.keys() <= known.keys():
        known = await database.transact(lambda connection: _noted(connection, marks))
    for name, mark in marks.items():
        if known[name] != mark:
            raise BadSettings(
                f"{name} in [keys] dir is not the one this database was written with: genuine labels would be taken "
                "for counterfeits; put the old file back"
            )
    for version in await database.read(_issued):
        if code_key_file(version) not in marks:
            raise BadSettings(
                f"{code_key_file(version)} is missing in [keys] dir: labels were issued with it; copy it from the "
                "machine where it was made"
            )


def _known(connection: Connection) -> dict[str, bytes]:
    return {row.name: row.mark for row in connection.execute(select(key_marks))}


def _noted(connection: Connection, marks: Mapping[str, bytes]) -> dict[str, bytes]:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    now = datetime.now(UTC)
    rows = [{"name": name, "mark": mark, "noted_at": now} for name, mark in marks.items()]
    connection.execute(dialect.insert(key_marks).on_conflict_do_nothing(), rows)
    return _known(connection)


def _issued(connection: Connection) -> list[int]:
    return list(connection.scalars(select(label_issues.c.version).distinct().order_by(label_issues.c.version)))

"""Temporary tables for the rows of a file: where they wait until all are read and compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    Column,
    Connection,
    Date,
    FromClause,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    literal,
    select,
)

from gateway.filing.staging import StagedRows
from gateway.store.statements import MOST_VALUES

_temporary = MetaData()
staged = Table(
    "staged_rows",
    _temporary,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("record_id", String(160), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("status", String(16), nullable=False),
    Column("owner", String(32)),
    Column("district", String(6)),
    Column("category", String(60)),
    Column("due_on", Date),
    Column("served_on", Date),
    Column("version", Integer, nullable=False, server_default="0", info={"usual": 0}),
    prefixes=["TEMPORARY"],
)
staged_names = Table(
    "staged_names",
    _temporary,
    Column("number", Integer, nullable=False),
    Column("record_id", String(160), nullable=False),
    Column("alias", String(96), nullable=False),
    prefixes=["TEMPORARY"],
)
staged_parties = Table(
    "staged_parties",
    _temporary,
    Column("number", Integer, nullable=False),
    Column("record_id", String(160), nullable=False),
    Column("role", String(16), nullable=False),
    Column("party", String(32), nullable=False),
    prefixes=["TEMPORARY"],
)
# Rows that stay out. A set: one statement a row would look through a million rows for each.
out = Table(
    "staged_out",
    _temporary,
    Column("number", Integer, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)


@dataclass(slots=True)
class Laid:
    """What is known of the rows that are laid aside: to ask would be to look through a million of them once more."""

    rows: int = 0
    out: int = 0  # of them, the rows that stay out
    sealed: bool = False  # one has a sealed part
    owned: bool = False  # one names its owner
    # The keys that are not greater than all before them: no other can be a repetition. None: they come in no order.
    strays: list[str] | None = field(default_factory=list)
    # As `StagedRows.named` of all: such names repeat only where keys do, and are not laid aside. "": there are no rows.
    named: str | None = ""
    _greatest: str = ""

    def add(self, rows: StagedRows) -> None:
        """Take note of more rows."""
        self.rows += len(rows.number)
        self.owned |= any(rows.owner)
        if self.strays is not None:
            self._watch(rows.record_id, self.strays)
        if rows.number and self.named is not None:
            self.named = rows.named if self.named in ("", rows.named) else None

    def _watch(self, ids: Sequence[str], strays: list[str]) -> None:
        greatest = self._greatest
        for id_ in ids:
            if id_ > greatest:
                greatest = id_
            else:
                strays.append(id_)
        self._greatest = greatest
        if len(strays) > MOST_VALUES:
            self.strays = None


def names(named: str | None, type_: str) -> FromClause:
    """Return the other names of all rows (`Laid.named`), as `staged_names` has them."""
    if not named:
        return staged_names
    alias = literal(named, String) + func.substr(staged.c.record_id, len(type_) + 1)
    return select(staged.c.number, staged.c.record_id, alias.label("alias")).subquery()


def create(connection: Connection) -> None:
    """Make the tables, empty."""
    for table in _temporary.sorted_tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        table.create(connection, checkfirst=False)
    if connection.dialect.name == "postgresql":  # an index that nothing asks; SQLite's is the table itself
        connection.exec_driver_sql(f"ALTER TABLE {staged.name} DROP CONSTRAINT {staged.name}_pkey")


def analyse(connection: Connection) -> None:
    """Let PostgreSQL know what is there, once all of it is: it would guess how to compare it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")  # few rows tell how alike all are
        for table in _temporary.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {table.name}")

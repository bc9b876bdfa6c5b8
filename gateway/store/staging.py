"""A file's rows on their way into the trace database: laid aside in temporary tables, merged by one transaction.

Temporary tables are the connection's own: filling them writes nothing into the database, and when the import is
killed they are gone with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Column, Connection, Date, Table, delete, insert, select, text
from sqlalchemy.util import await_only

from gateway.domain.inputs import Input, Inputs
from gateway.domain.trace import Party
from gateway.filing.staging import Batch, Clash, Earlier, Merged, Opened, StagedRows
from gateway.store import aside, inputs, merging
from gateway.store.audit import SqlAudit
from gateway.store.correcting import Corrections
from gateway.store.engine import Database
from gateway.store.parties import SqlParties
from gateway.store.statements import fitting
from gateway.store.tables import imports, records
from gateway.store.vault import Vault

T = TypeVar("T")
_Columns: TypeAlias = Sequence[Sequence[Any]]
_Fill: TypeAlias = Callable[[Connection, Table, _Columns], None]

# One merges at a time: what two files both bring, the second would not see. Any number that nothing else locks.
_LOCK = text("SELECT pg_advisory_xact_lock(7366)")


class SqlStaging:
    """`filing.staging.Staging`. The database is this import's own: another connection would not see its rows."""

    def __init__(self, database: Database, vault: Vault, batch: Batch) -> None:
        self._database = database
        self._vault = vault
        self._batch = batch
        self._corrections = Corrections(vault, batch)
        self._laid = aside.Laid()

    async def open(self) -> Opened:
        """Make an empty place for the rows."""
        batch = self._batch

        def work(connection: Connection) -> Opened:
            aside.create(connection)
            whole = imports.c.type == batch.type, imports.c.sha256 == batch.sha256, imports.c.rejected == 0
            found = connection.execute(select(imports).where(*whole)).one_or_none()
            earlier = Earlier(found.at, found.actor, found.rows) if found else None
            of_type = select(records.c.id).where(records.c.type == batch.type).limit(1)
            return Opened(earlier, connection.execute(of_type).first() is not None)

        return await self._database.transact(work)

    async def add(self, rows: StagedRows) -> list[Clash]:
        """Put rows there; return those that do not fit what is known of their things, which are left out."""

        def work(connection: Connection) -> list[Clash]:
            laid, clashes = self._corrections.of(connection, rows)
            fill = _copy if connection.dialect.name == "postgresql" else _insert
            self._name(connection, laid, fill)
            fill(connection, aside.staged, self._sealed(laid).columns())
            fill(connection, aside.staged_parties, laid.parties)
            return clashes

        return await self._database.aside(work)

    async def settle(self, *, merge: bool, partial: bool, rejected: int) -> Merged:
        """Compare all rows with one another, then with the database, and merge them in one transaction."""

        def look(connection: Connection) -> list[Clash]:
            aside.analyse(connection)
            return merging.repeats(connection, self._laid)

        repeats = await self._database.aside(look)

        def work(connection: Connection) -> Merged:
            if connection.dialect.name == "postgresql":  # SQLite has one writer
                connection.execute(_LOCK)
            corrects = merging.corrects(connection)
            clashes = tuple(merging.clashes(connection, self._batch, self._laid, repeats, corrects=corrects))
            out = {clash.number for clash in clashes}
            if not merge or (clashes and not partial):
                return Merged(clashes)
            merging.leave_out(connection, self._laid, out, corrects=corrects)
            merged = self._merge(connection, corrects=corrects)
            self._note(connection, merged, rejected + len(out))
            return replace(merged, clashes=clashes)

        return await self._database.transact(work)

    def _name(self, connection: Connection, rows: StagedRows, fill: _Fill) -> None:
        """Lay the other names of more rows aside, unless those of all rows can be told from their keys."""
        before = self._laid.named
        self._laid.add(rows)
        if self._laid.named is not None:
            return
        if before:  # until now they could
            known = aside.names(before, self._batch.type)
            connection.execute(insert(aside.staged_names).from_select(list(known.c), select(known)))
        fill(connection, aside.staged_names, rows.all_names())

    def _sealed(self, rows: StagedRows) -> StagedRows:
        if not any(rows.private):
            return rows
        self._laid.sealed = True
        sealed = [self._vault.seal(part.decode()) if part else None for part in rows.private]
        return msgspec.structs.replace(rows, private=sealed)

    def _merge(self, connection: Connection, *, corrects: bool) -> Merged:
        match self._batch.type:
            case "party":
                found, parties = self._bodies(connection, Party), SqlParties(connection, self._vault)
                merged = _counted([(party, parties.get(party.id)) for party in found])
                for party in found:
                    parties.put(party, self._batch.at)
                return merged
            case "inputs":
                entries = self._bodies(connection, Input)
                before = {entry.name: entry for entry in inputs.load(connection, Inputs()).entries}
                inputs.put(connection, entries, self._batch.at)
                return _counted([(entry, before.get(entry.name)) for entry in entries])
            case _:
                return merging.merge(connection, self._batch, self._laid, corrects=corrects)

    def _bodies(self, connection: Connection, model: type[T]) -> list[T]:
        """Return the few rows of a list, what was sealed of them opened."""
        laid = select(aside.staged).order_by(aside.staged.c.number)
        rows = connection.execute(merging.let_in(laid, aside.staged, self._laid))
        whole = []
        for row in rows:
            sealed = msgspec.json.decode(self._vault.open(row.sealed)) if row.sealed else {}
            whole.append(msgspec.convert(msgspec.json.decode(row.body) | sealed, model))
        return whole

    def _note(self, connection: Connection, merged: Merged, rejected: int) -> None:
        """Keep that this file was taken in, and who did it."""
        batch = self._batch
        same_file = imports.c.type == batch.type, imports.c.sha256 == batch.sha256
        connection.execute(delete(imports).where(*same_file))  # of which rows had been left out
        counts = {"rows": merged.added + merged.changed + merged.same, "rejected": rejected}
        row = {"id": batch.id, "type": batch.type, "sha256": batch.sha256, "name": fitting(batch.name, 255)}
        connection.execute(
            insert(imports).values(**row, **counts, actor=batch.actor.name, party=batch.actor.party, at=batch.at)
        )
        SqlAudit(connection).note(
            batch.at,
            batch.actor.name,
            "import",
            f"{batch.type}/{batch.id}",
            sha256=batch.sha256,
            party=batch.actor.party,
            added=merged.added,
            changed=merged.changed,
            same=merged.same,
            rejected=rejected,
        )


def _insert(connection: Connection, table: Table, columns: _Columns) -> None:
    if columns[0]:
        filled = _filled(table, columns)
        names, places = ", ".join(column.name for column in filled), ", ".join("?" * len(filled))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
        connection.exec_driver_sql(statement, list(zip(*filled.values(), strict=True)))


def _copy(connection: Connection, table: Table, columns: _Columns) -> None:
    if columns[0]:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - it was just used
        filled = _filled(table, columns)
        for column, values in filled.items():
            if isinstance(column.type, Date):  # the wire of PostgreSQL wants the day itself
                days = {value: value and date.fromisoformat(value) for value in set(values)}
                filled[column] = [days[value] for value in values]
        names, rows = [column.name for column in filled], zip(*filled.values(), strict=True)
        await_only(driver.copy_records_to_table(table.name, records=rows, columns=names))


def _filled(table: Table, columns: _Columns) -> dict[Column[Any], Sequence[Any]]:
    """Return the columns in which anything stands but the usual: the others would cost a driver as much as they."""
    each = zip(table.c, columns, strict=True)
    return {column: values for column, values in each if values.count(column.info.get("usual")) < len(values)}


def _counted(things: Sequence[tuple[T, T | None]]) -> Merged:
    """Count entries of a list, each beside what stood there before."""
    added, same = sum(before is None for _, before in things), sum(now == before for now, before in things)
    return Merged(done=True, added=added, changed=len(things) - added - same, same=same)

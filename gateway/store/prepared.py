"""Statements of the hot path: compiled once a dialect, then run on the driver's own cursor.

SQLAlchemy's `execute` runs generic code for each statement and each row and puts each `IN` together anew, which took
more than half of the store's time. The text, the types and their conversions stay SQLAlchemy's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Delete, Insert, Select, Update, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import TextualSelect

from gateway.store.statements import padded, slices

Fields: TypeAlias = Mapping[str, Any]
Values: TypeAlias = tuple[Any, ...]
_Convert: TypeAlias = Callable[[Any], Any]


class Prepared:
    """An `INSERT`, `UPDATE` or `DELETE` of which only the values change: all its rows have the same names."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Callable[[Sequence[Fields]], list[Values]]]] = {}

    def run(self, connection: Connection, rows: Sequence[Fields]) -> None:
        """Run for each row."""
        if not rows:
            return
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled = _compile(self._statement, dialect, list(rows[0]))
            self._compiled[dialect.name] = str(compiled), _rows_binder(compiled, dialect, rows[0])
        text, bind = self._compiled[dialect.name]
        with _cursor(connection, text) as cursor:
            cursor.executemany(text, bind(rows))


class Query:
    """A `SELECT` whose parameters are given by name."""

    def __init__(self, statement: Select[Any] | TextualSelect) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Callable[[Fields], Values], Callable[[Values], Fields]]] = {}

    def rows(self, connection: Connection, given: Fields) -> list[Fields]:
        """Return the rows found, each by the names of its columns."""
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled = _compile(self._statement, dialect)
            binder, reader = _binder(compiled, dialect, given), _reader(self._statement, dialect)
            self._compiled[dialect.name] = str(compiled), binder, reader
        text, bind, read = self._compiled[dialect.name]
        return [read(row) for row in fetched(connection, text, bind(given))]


class Among:
    """A `SELECT` of the rows whose column is among some values; its other parameters are given by name."""

    def __init__(self, statement: Select[Any], column: ColumnElement[Any]) -> None:
        self._statement = statement
        self._column = column
        self._of_size: dict[int, Query] = {}

    def rows(self, connection: Connection, values: Collection[Any], **given: object) -> list[Fields]:
        """Return the rows found, each by the names of its columns."""
        found: list[Fields] = []
        for some in map(padded, slices(values)):
            names = _names(len(some))
            query = self._of_size.get(len(some)) or self._query(names)
            found += query.rows(connection, dict(zip(names, some, strict=True)) | given)
        return found

    def _query(self, names: Sequence[str]) -> Query:
        values = [bindparam(name, type_=self._column.type) for name in names]
        query = self._of_size[len(names)] = Query(self._statement.where(self._column.in_(values)))
        return query


def fetched(connection: Connection, text: str, values: Values) -> Sequence[Values]:
    """Run a statement of the driver's own; return its rows as the driver gives them."""
    with _cursor(connection, text) as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()


@contextmanager
def _cursor(connection: Connection, text: str) -> Iterator[DBAPICursor]:
    """Lend a cursor; the driver's errors come as SQLAlchemy's, without the values."""
    dialect, pooled = connection.dialect, connection.connection
    cursor = pooled.cursor()
    try:
        yield cursor
    except dialect.loaded_dbapi.Error as err:
        lost = dialect.is_disconnect(err, pooled, cursor)
        if lost:
            connection.invalidate(err)
        raise DBAPIError.instance(
            text, None, err, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost
        ) from err
    finally:
        cursor.close()


def _compile(
    statement: Insert | Update | Delete | Select[Any] | TextualSelect, dialect: Dialect, names: list[str] | None = None
) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
    return compiled


@lru_cache(maxsize=16)  # lists are padded to a power of two
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"value_{at}" for at in range(count))


def _conversions(compiled: SQLCompiler, dialect: Dialect) -> list[_Convert | None]:
    """Return what makes the driver's value of ours, for each place of the text."""
    types = (compiled.binds[name].type for name in compiled.positiontup or [])
    return [type_.dialect_impl(dialect).bind_processor(dialect) for type_ in types]


def _rows_binder(compiled: SQLCompiler, dialect: Dialect, row: Fields) -> Callable[[Sequence[Fields]], list[Values]]:
    """Return what makes the driver's rows of ours: column by column, since a column has one conversion."""
    places = compiled.positiontup or []
    picks = [itemgetter(name) if name in row else None for name in places]
    constants = [compiled.params[name] for name in places]
    columns = list(zip(picks, _conversions(compiled, dialect), constants, strict=True))

    def bind(rows: Sequence[Fields]) -> list[Values]:
        return list(zip(*(_column(rows, *column) for column in columns), strict=True))

    return bind


def _column(
    rows: Sequence[Fields], pick: Callable[[Fields], Any] | None, convert: _Convert | None, constant: object
) -> list[Any]:
    if pick is None:
        return [convert(constant) if convert else constant] * len(rows)
    return [convert(value) for value in map(pick, rows)] if convert else list(map(pick, rows))


def _binder(compiled: SQLCompiler, dialect: Dialect, given: Fields) -> Callable[[Fields], Values]:
    """Return what makes the driver's values of those given by name."""
    places, converts = compiled.positiontup or [], _conversions(compiled, dialect)
    constants = {name: compiled.params[name] for name in places if name not in given}

    def bind(given: Fields) -> Values:
        values = map({**constants, **given}.__getitem__, places)
        return tuple([convert(value) if convert else value for value, convert in zip(values, converts, strict=True)])

    return bind


def _reader(statement: Select[Any] | TextualSelect, dialect: Dialect) -> Callable[[Values], Fields]:
    """Return what makes our row of the driver's."""
    columns = list(statement.selected_columns)
    names = [column.name for column in columns]
    types = [column.type.dialect_impl(dialect) for column in columns]
    converts = [(at, convert) for at, type_ in enumerate(types) if (convert := type_.result_processor(dialect, None))]

    def read(row: Values) -> Fields:
        values = list(row)
        for at, convert in converts:
            values[at] = convert(values[at])
        return dict(zip(names, values, strict=True))

    return read

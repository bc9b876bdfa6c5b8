"""Statements of the hot path: compiled once a dialect, their values bound and their rows read without detours.

SQLAlchemy's own `execute` runs generic code for each row and puts each `IN` together anew, which took half of the
store's time. The text, the types and their conversions stay SQLAlchemy's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Insert, Select, Update, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.store.statements import padded, slices

Fields: TypeAlias = Mapping[str, Any]
_Convert: TypeAlias = Callable[[Any], Any]
_Bind: TypeAlias = Callable[[Sequence[Fields]], list[tuple[Any, ...]]]
_BindList: TypeAlias = Callable[[Sequence[Any], Fields], tuple[Any, ...]]
_Read: TypeAlias = Callable[[Sequence[Sequence[Any]]], list[Fields]]


class Prepared:
    """An `INSERT` or `UPDATE` of which only the values change: all its rows have the same names."""

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, _Bind]] = {}

    def run(self, connection: Connection, rows: Sequence[Fields]) -> None:
        """Run for each row."""
        if rows:
            text, bind = self._for(connection.dialect, rows[0])
            connection.exec_driver_sql(text, bind(rows))

    def _for(self, dialect: Dialect, row: Fields) -> tuple[str, _Bind]:
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = _compile(self._statement, dialect, list(row))
            found = self._compiled[dialect.name] = (str(compiled), _binder(compiled, dialect, row))
        return found


class Among:
    """A `SELECT` of the rows whose column is among some values; its other parameters are given by name."""

    def __init__(self, statement: Select[Any], column: ColumnElement[Any]) -> None:
        self._statement = statement
        self._column = column
        self._compiled: dict[tuple[str, int], tuple[str, _BindList]] = {}
        self._read: dict[str, _Read] = {}

    def rows(self, connection: Connection, values: Collection[Any], **given: object) -> list[Fields]:
        """Return the rows found, each by the names of its columns."""
        found: list[Fields] = []
        for some in map(padded, slices(values)):
            text, bind = self._for(connection.dialect, len(some), given)
            rows = connection.exec_driver_sql(text, bind(some, given)).fetchall()
            found += self._read[connection.dialect.name](rows)
        return found

    def _for(self, dialect: Dialect, size: int, given: Fields) -> tuple[str, _BindList]:
        found = self._compiled.get((dialect.name, size))
        if found is None:
            names = [f"value_{at}" for at in range(size)]
            values = [bindparam(name, type_=self._column.type) for name in names]
            compiled = _compile(self._statement.where(self._column.in_(values)), dialect)
            bind = _list_binder(compiled, dialect, names, given)
            found = self._compiled[dialect.name, size] = (str(compiled), bind)
            self._read[dialect.name] = _reader(self._statement, dialect)
        return found


def _compile(statement: Insert | Update | Select[Any], dialect: Dialect, names: list[str] | None = None) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
    return compiled


def _conversions(compiled: SQLCompiler, dialect: Dialect) -> dict[str, _Convert | None]:
    named = compiled.bind_names.items()
    return {name: bound.type.dialect_impl(dialect).bind_processor(dialect) for bound, name in named}


def _binder(compiled: SQLCompiler, dialect: Dialect, row: Fields) -> _Bind:
    """Return what makes the driver's rows of ours: column by column, since a column has one conversion."""
    converts = _conversions(compiled, dialect)
    columns = [
        (itemgetter(name) if name in row else None, converts[name], compiled.params[name])
        for name in compiled.positiontup or []
    ]

    def bind(rows: Sequence[Fields]) -> list[tuple[Any, ...]]:
        return list(zip(*(_column(rows, *column) for column in columns), strict=True))

    return bind


def _column(
    rows: Sequence[Fields], pick: Callable[[Fields], Any] | None, convert: _Convert | None, constant: object
) -> list[Any]:
    if pick is None:
        return [convert(constant) if convert else constant] * len(rows)
    return [convert(value) for value in map(pick, rows)] if convert else list(map(pick, rows))


def _list_binder(compiled: SQLCompiler, dialect: Dialect, names: Sequence[str], given: Fields) -> _BindList:
    """Return what makes the driver's parameters of a list of values and of those given by name."""
    converts = _conversions(compiled, dialect)
    convert = converts[names[0]]
    others = set(converts) - set(names)
    constants = {name: _converted(compiled.params[name], converts[name]) for name in others - set(given)}
    places = compiled.positiontup or []

    def bind(values: Sequence[Any], given: Fields) -> tuple[Any, ...]:
        by_name = dict(zip(names, map(convert, values) if convert else values, strict=True)) | constants
        by_name |= {name: _converted(value, converts[name]) for name, value in given.items()}
        return tuple(map(by_name.__getitem__, places))

    return bind


def _converted(value: Any, convert: _Convert | None) -> Any:  # noqa: ANN401 - whatever the column holds
    return convert(value) if convert else value


def _reader(statement: Select[Any], dialect: Dialect) -> _Read:
    """Return what makes our rows of the driver's."""
    columns = statement.selected_columns
    names = [column.name for column in columns]
    types = [column.type.dialect_impl(dialect) for column in columns]
    converts = [(at, convert) for at, type_ in enumerate(types) if (convert := type_.result_processor(dialect, None))]

    def read(rows: Sequence[Sequence[Any]]) -> list[Fields]:
        found: list[Fields] = []
        for row in rows:
            values = list(row)
            for at, convert in converts:
                values[at] = convert(values[at])
            found.append(dict(zip(names, values, strict=True)))
        return found

    return read

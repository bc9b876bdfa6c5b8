"""What statements of several modules share."""

import json
from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

T = TypeVar("T")

# Longer lists are asked for in slices: SQLite takes 32,766 parameters, PostgreSQL 32,767.
MOST_VALUES = 512


def fitting(text: str, most: int) -> str:
    """Return what came from outside as both databases hold it: no NUL, no half of a surrogate pair, `most` long."""
    held = text if text.isprintable() else text.replace("\x00", "").encode("utf-8", "replace").decode()
    return held[:most]


class Listed(TypeDecorator[Collection[Any]]):
    """Many values as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Let PostgreSQL have its array."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:  # noqa: ANN401 - a list, or its JSON
        """Write the values as the dialect wants them; ids stand in SQLite as hexadecimal digits."""
        listed = list(value or ())
        if dialect.name == "postgresql":
            return listed
        return json.dumps([item.hex if isinstance(item, UUID) else item for item in listed])


class among(FunctionElement[bool]):  # noqa: N801 - reads as the function it is
    """`column` is one of the values of the parameter `values`: one text however many there are, so it is compiled once.

    SQLAlchemy's own `in_` writes the statement anew for each call, which costs more than the look-up. Not for octets.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column, bindparam("values", type_=Listed(column.type)))


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's protocol
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a column's name and a placeholder


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


def slices(values: Collection[T]) -> list[list[T]]:
    """Return `values` in lists that one statement can take."""
    listed = list(values)
    return [listed[at : at + MOST_VALUES] for at in range(0, len(listed), MOST_VALUES)]

"""What statements of several modules share."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam

T = TypeVar("T")

# Longer lists are asked for in slices: SQLite takes 32,766 parameters, PostgreSQL 32,767.
MOST_VALUES = 512


def first_id(at: datetime) -> UUID:
    """Return the least id that a question of this time can have: they are made when it comes in (UUIDv7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def fitting(text: str, most: int) -> str:
    """Return what came from outside as both databases hold it: no NUL, no half of a surrogate pair, `most` long."""
    held = text if text.isprintable() else text.replace("\x00", "").encode("utf-8", "replace").decode()
    return held[:most]


def among(column: ColumnElement[Any], name: str = "values") -> ColumnElement[bool]:
    """Return `column IN (:name)`; give the values `padded`."""
    values: BindParameter[Any] = bindparam(name, expanding=True)
    return column.in_(values)


def padded(values: Collection[T]) -> list[T]:
    """Repeat the last value up to a power of two, so that few texts of a statement are ever prepared."""
    listed = list(values)
    size = 1 << max(0, len(listed) - 1).bit_length()
    return listed + listed[-1:] * (size - len(listed))


def slices(values: Collection[T]) -> list[list[T]]:
    """Return `values` in lists that one statement can take."""
    listed = list(values)
    return [listed[at : at + MOST_VALUES] for at in range(0, len(listed), MOST_VALUES)]

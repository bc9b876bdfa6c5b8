"""What becomes of a sheet's rows: the model they must fit, what is wrong with them today, and the row to be stored."""

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from gateway.domain.inputs import Input
from gateway.domain.records.base import Entry, Facts, Fault, PartyId
from gateway.domain.records.registry import REGISTRY, AnyType
from gateway.domain.trace import Party
from gateway.filing.staging import StagedRow
from gateway.interchange.sheet import OWNER, PRIVATE, Sheet
from gateway.interchange.sheets import SHEETS

# Of the target's own model, which only it knows.
Thing: TypeAlias = Any
_ToRow: TypeAlias = Callable[[int, Thing, Thing | None, str | None], tuple[StagedRow, Facts]]

_ENCODE: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Target:
    """The way from a sheet to the rows that are stored.

    `row` is given the row's number, what it became, its private part and the party that owns it; it also returns what
    the thing is linked to.
    """

    sheet: Sheet
    model: type[Thing]
    private: type[Thing] | None
    faults: Callable[[Thing, Entry], Iterable[Fault]]
    row: _ToRow

    @property
    def required(self) -> frozenset[str]:
        """Return the paths without which no row can be right: what the model requires, below parts it requires too."""
        needed = set(_required(self.model, ""))
        return frozenset(column.path for column in self.sheet.columns if column.path in needed)

    def types(self) -> Mapping[str, Any]:
        """Return the type that what a column holds must fit, by the column's path."""
        private = {} if self.private is None else dict(_types(self.private, PRIVATE))
        return dict(_types(self.model, "")) | private | {OWNER: PartyId}


def build(model: type[msgspec.Struct], fields: Mapping[str, Any]) -> Thing:
    """Put together what each cell was checked for on its own; only the model's own rules are checked here.

    Raises `TypeError` for a field that is missing and `ValueError` for a rule that is broken.
    """
    inner = {name: build(part, fields[name]) for name, part in parts_of(model) if name in fields}
    return model(**{**fields, **inner}) if inner else model(**fields)


def target(type_: str) -> Target:
    """Return the way of a type in `SHEETS`."""
    sheet = SHEETS[type_]
    match type_:
        case "party":
            return Target(sheet, Party, _Contact, lambda _party, _entry: (), _party_row)
        case "inputs":
            return Target(sheet, Input, None, _input_faults, _input_row)
        case _:
            kind = REGISTRY[type_]
            return Target(sheet, kind.model, kind.private, kind.entry, _record_row(kind))


def _record_row(kind: AnyType) -> _ToRow:
    name, key, facts_of = kind.name, kind.key, kind.facts
    make = StagedRow._make  # in half the time that its arguments by name would take

    def row(number: int, record: Thing, private: Thing | None, owner: str | None) -> tuple[StagedRow, Facts]:
        facts = facts_of(record)
        due_on, served_on = facts.due_on, facts.served_on
        row = (
            number,
            f"{name}/{key(record)}",
            _ENCODE(record),
            None if private is None else _ENCODE(private),
            facts.status,
            owner,
            facts.district,
            facts.category,
            None if due_on is None else _written(due_on),
            None if served_on is None else _written(served_on),
            0,
        )
        return make(row), facts

    return row


@lru_cache(maxsize=4096)  # few days are due dates
def _written(day: date) -> str:
    return day.isoformat()


class _Contact(msgspec.Struct, frozen=True):
    """What of a party is sealed."""

    contact: str | None = None


def _party_row(number: int, party: Party, private: _Contact | None, _owner: str | None) -> tuple[StagedRow, Facts]:
    sealed = None if private is None else _ENCODE(private)
    return StagedRow(number, f"party/{party.id}", _ENCODE(party), sealed, party.kind), Facts(party.kind)


def _input_faults(added: Input, entry: Entry) -> Iterator[Fault]:
    for name in (added.name, *added.synonyms):
        for known in entry.inputs.find(name, added.kind):
            if known.name != added.name and name in (known.name, *known.synonyms):
                yield Fault("synonyms", name, f"已是“{known.name}”的名称")


def _input_row(number: int, added: Input, _private: None, _owner: str | None) -> tuple[StagedRow, Facts]:
    names = tuple(f"{added.kind}/{name}" for name in (added.name, *added.synonyms))
    return StagedRow(number, f"inputs/{added.name}", _ENCODE(added), None, added.kind), Facts(added.kind, aliases=names)


def _required(model: type[Any], prefix: str) -> Iterator[str]:
    for name, type_, needed in _fields(model):
        part = _part(type_)
        if needed and part is None:
            yield prefix + name
        elif needed and part is not None:
            yield from _required(part, f"{prefix}{name}.")


@cache
def parts_of(model: type[msgspec.Struct]) -> tuple[tuple[str, type[msgspec.Struct]], ...]:
    """Return the structs inside a struct, lists apart, by the names of their fields."""
    found = ((name, _struct(hint)) for name, hint in typing.get_type_hints(model).items())
    return tuple((name, part) for name, part in found if part is not None)


def _types(model: type[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Return the type of every field, by its path as sheets write it."""
    for name, hint in typing.get_type_hints(model, include_extras=True).items():
        yield prefix + name, hint
        if (part := _struct(hint)) is not None:
            yield from _types(part, f"{prefix}{name}.")
        for entry in _members(hint):
            if typing.get_origin(entry) in {list, tuple} and (part := _struct(typing.get_args(entry)[0])) is not None:
                yield from _types(part, f"{prefix}{name}[].")


def _struct(hint: Any) -> type[Any] | None:  # noqa: ANN401 - a type as it is written
    return next((part for member in _members(hint) if (part := _part(member)) is not None), None)


def _members(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type as it is written
    """Return the types of a union, and of any other type itself."""
    if typing.get_origin(hint) is typing.Annotated:
        return _members(typing.get_args(hint)[0])
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _fields(model: type[Any]) -> Iterator[tuple[str, Any, bool]]:
    described = msgspec.inspect.type_info(model)
    hints = typing.get_type_hints(model, include_extras=True)
    assert isinstance(described, msgspec.inspect.StructType | msgspec.inspect.DataclassType)  # noqa: S101
    for field in described.fields:
        yield field.name, hints[field.name], field.required


def _part(type_: Any) -> type[Any] | None:  # noqa: ANN401 - a type as it is written
    """Return the struct that a field is; None for a value, a list, and what may be left out."""
    is_struct = isinstance(type_, type) and issubclass(type_, msgspec.Struct)
    return type_ if is_struct else None

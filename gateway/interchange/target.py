"""What becomes of a sheet's rows: the model they must fit, what is wrong with them today, and the row to be stored."""

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

import msgspec

from gateway.domain.inputs import Input
from gateway.domain.records.base import Entry, Facts, Fault, PartyId
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Party
from gateway.filing.staging import StagedRows, named, turned
from gateway.interchange.sheet import OWNER, PRIVATE, Sheet
from gateway.interchange.sheets import SHEETS

# Of the target's own model, which only it knows.
Thing: TypeAlias = Any

_ENCODE: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Target:
    """The way from a sheet to the rows that are stored; `key` and `facts` are asked of each thing."""

    sheet: Sheet
    model: type[Thing]
    private: type[Thing] | None
    faults: Callable[[Thing, Entry], Iterable[Fault]]
    key: Callable[[Thing], str]
    facts: Callable[[Thing], Facts]

    @property
    def required(self) -> frozenset[str]:
        """Return the paths without which no row can be right: what the model requires, below parts it requires too."""
        needed = set(_required(self.model, ""))
        return frozenset(column.path for column in self.sheet.columns if column.path in needed)

    def rows(
        self,
        numbers: Sequence[int],
        things: Sequence[Thing],
        private: Sequence[Thing | None],
        owners: Sequence[str | None],
        said: list[bytes],
    ) -> StagedRows:
        """Return things, with their rows' numbers, their private parts and owners and what was said, to be stored."""
        keys, facts = list(map(self.key, things)), list(map(self.facts, things))
        ids = [f"{self.sheet.type}/{key}" for key in keys]
        each = list(zip(numbers, ids, facts, strict=True))
        by = named(keys, [told.aliases for told in facts])
        names = [(number, id_, alias) for number, id_, told in each for alias in told.aliases] if by is None else []
        links = [(number, id_, role, party) for number, id_, told in each for role, party in told.parties.items()]
        return StagedRows(
            number=list(numbers),
            record_id=ids,
            body=list(map(_ENCODE, things)),
            private=[None if part is None else _ENCODE(part) for part in private],
            status=[told.status for told in facts],
            owner=list(owners),
            district=[told.district for told in facts],
            category=[told.category for told in facts],
            due_on=[_written(told.due_on) for told in facts],
            served_on=[_written(told.served_on) for told in facts],
            version=[0] * len(ids),
            named=by,
            names=turned(names, 3),
            parties=turned(links, 4),
            said=said,
        )

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
            return Target(sheet, Party, _Contact, _no_faults, attrgetter("id"), _party_facts)
        case "inputs":
            return Target(sheet, Input, None, _input_faults, attrgetter("name"), _input_facts)
        case _:
            kind = REGISTRY[type_]
            return Target(sheet, kind.model, kind.private, kind.entry, kind.key, kind.facts)


@lru_cache(maxsize=4096)  # few days are due dates
def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class _Contact(msgspec.Struct, frozen=True):
    """What of a party is sealed."""

    contact: str | None = None


def _no_faults(_party: Party, _entry: Entry) -> tuple[Fault, ...]:
    return ()


def _party_facts(party: Party) -> Facts:
    return Facts(party.kind)


def _input_faults(added: Input, entry: Entry) -> Iterator[Fault]:
    for name in (added.name, *added.synonyms):
        for known in entry.inputs.find(name, added.kind):
            if known.name != added.name and name in (known.name, *known.synonyms):
                yield Fault("synonyms", name, f"已是“{known.name}”的名称")


def _input_facts(added: Input) -> Facts:
    return Facts(added.kind, aliases=tuple(f"{added.kind}/{name}" for name in (added.name, *added.synonyms)))


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

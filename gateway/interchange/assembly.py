"""Things put together column by column, where all is well with a row: of most rows of a file there is nothing to say.

A row in which anything is amiss is left to `convert`, which looks at it alone and finds the words.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from typing import Final

import msgspec

from gateway.interchange.cells import Cell
from gateway.interchange.chunk import EMPTY, Bad, Chunk, Layout, Meaning, Part
from gateway.interchange.sheet import OWNER, PRIVATE
from gateway.interchange.target import Target, Thing, parts_of

_PRIVATE: Final = PRIVATE.removesuffix(".")
_REMEMBERED: Final = 20_000  # parts: days of inspection recur, the last fill of a cylinder does not


class _Broken:
    """Stands for a part that breaks its model's rules."""


_BROKEN: Final = _Broken()
_NO_VALUES: Final = frozenset({type(EMPTY), _Broken})


class _Inner(dict[tuple[Cell, ...], Thing]):
    """One struct inside the record, by the cells it is made of."""

    def __init__(self, model: type[Thing], part: Part, meanings: Sequence[Meaning]) -> None:
        super().__init__()
        self._model = model
        self._places = [at for _, at in part.fields]
        self._fields = [(name, meanings[at]) for name, at in part.fields]

    def of(self, chunk: Chunk) -> list[Thing]:
        """Return what each row has there: a struct, `EMPTY` where nothing is said, or `_BROKEN`."""
        return list(map(self.__getitem__, zip(*map(chunk.written, self._places), strict=True)))

    def __missing__(self, cells: tuple[Cell, ...]) -> Thing:
        if len(self) >= _REMEMBERED:
            self.clear()
        meant = [meaning[cell] for (_, meaning), cell in zip(self._fields, cells, strict=True)]
        made = self[cells] = _made(self._model, [name for name, _ in self._fields], meant)
        return made


class Assembly:
    """Makes the things of a sheet in which each row is one, and parts have no parts."""

    def __init__(self, target: Target, layout: Layout) -> None:
        parts = {part.path: part for part in layout.parts}
        whole: type[msgspec.Struct] = target.model
        models = {name: model for name, model in parts_of(whole) if name in parts}
        self._meanings = layout.meanings
        self._private = target.private
        self._defaults = {field.name: field.default for field in msgspec.structs.fields(target.model)}
        self._fields = [(name, at) for name, at in parts[""].fields if name != OWNER]
        self._owner = layout.at.get(OWNER)
        self._sealed = parts[_PRIVATE].fields if _PRIVATE in parts else ()
        self._inner = {name: _Inner(model, parts[name], layout.meanings) for name, model in models.items()}
        self._make = _by_place(target.model, [*(name for name, _ in self._fields), *self._inner])

    def things(
        self, chunk: Chunk, unread: Set[int]
    ) -> tuple[Sequence[Thing | None], Sequence[Thing | None], Sequence[str | None]]:
        """Return each row's record, private part and owner; no record for those to be looked at, as the `unread`."""
        columns = {name: chunk.meant(at) for name, at in self._fields}
        gaps = [name for name, at in self._fields if self._meanings[at].any_empty]
        columns |= {name: inner.of(chunk) for name, inner in self._inner.items()}
        private = self._seals(chunk)
        amiss = self._fill([*gaps, *self._inner], columns) | unread
        if self._sealed:
            amiss.update(row for row, seal in enumerate(private) if seal is _BROKEN)
        return self._records(tuple(columns.values()), amiss), private, self._owners(chunk)

    def _records(self, columns: Sequence[Sequence[Thing]], amiss: Set[int]) -> Sequence[Thing | None]:
        make = self._make
        if not amiss:
            try:
                return list(map(make, *columns))
            except (TypeError, ValueError):
                pass  # of one of them: which, is found below
        records: list[Thing | None] = []
        for row, values in enumerate(zip(*columns, strict=True)):
            try:
                records.append(None if row in amiss else make(*values))
            except (TypeError, ValueError):
                records.append(None)
        return records

    def _fill(self, names: Iterable[str], columns: dict[str, Sequence[Thing]]) -> set[int]:
        """Put the model's default where nothing is said; return the rows where it has none, or a part is broken."""
        amiss: set[int] = set()
        for name in names:
            values = columns[name]
            if _NO_VALUES.isdisjoint(map(type, values)):
                continue
            default = self._defaults[name]
            default = EMPTY if default is msgspec.NODEFAULT else default
            columns[name] = filled = [default if value is EMPTY else value for value in values]
            amiss.update(row for row, value in enumerate(filled) if value is EMPTY or value is _BROKEN)
        return amiss

    def _seals(self, chunk: Chunk) -> list[Thing]:
        if not self._sealed or self._private is None:
            return [None] * len(chunk.numbers)
        private, names = self._private, [name for name, _ in self._sealed]
        made = (
            _made(private, names, meant) for meant in zip(*(chunk.meant(at) for _, at in self._sealed), strict=True)
        )
        return [None if seal is EMPTY else seal for seal in made]

    def _owners(self, chunk: Chunk) -> list[Thing]:
        if self._owner is None:
            return [None] * len(chunk.numbers)
        return [None if owner is EMPTY else owner for owner in chunk.meant(self._owner)]


def _by_place(model: type[Thing], names: Sequence[str]) -> Callable[..., Thing]:
    """Return a model as a function of these fields in their order.

    Compiled, as `collections.namedtuple` is: a dictionary for each of a million calls takes three times as long.
    """
    values = [f"value{place}" for place in range(len(names))]
    fields = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
    made: Callable[..., Thing] = eval(f"lambda {', '.join(values)}: model({fields})", {"model": model})  # noqa: S307 - fields of our own models
    return made


def _made(model: type[Thing], names: Sequence[str], meant: Sequence[object]) -> Thing:
    """Return a part, `EMPTY` where nothing is said, `_BROKEN` where it breaks a rule."""
    fields = {name: value for name, value in zip(names, meant, strict=True) if value is not EMPTY}
    if not fields:
        return EMPTY
    if any(isinstance(value, Bad) for value in fields.values()):
        return _BROKEN
    try:
        return model(**fields)
    except (TypeError, ValueError):
        return _BROKEN


def assembly(target: Target, layout: Layout) -> Assembly | None:
    """Return the assembly of a sheet's things; None where they take several rows, or are no structs of plain parts."""
    if target.sheet.listed or not issubclass(target.model, msgspec.Struct):
        return None
    known = {"", _PRIVATE, *(name for name, _ in parts_of(target.model))}
    return Assembly(target, layout) if all(part.path in known for part in layout.parts) else None

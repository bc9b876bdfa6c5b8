"""The hand-written part of the city: an example of every verdict, with days relative to the day it is loaded."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from gateway.domain.calendar import SHANGHAI
from gateway.domain.errors import BadSettings
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, Label, LabelRange, Party, SingleLabel, Source
from gateway.domain.verdict import Verdict
from gateway.interchange.sample.city import Caller, City, Example

_Json: TypeAlias = Any  # what a JSON file holds, before its types are known


class _Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quiet_hours: int


class _FiledAs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    key: str
    record: dict[str, _Json]
    source: str | None = None
    owner: str | None = None
    inspector: str | None = None
    shows: Verdict | None = None


class _Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    klass: int
    version: int
    label: Label
    record_type: str
    record_key: str | None
    issued_to: str | None
    shows: Verdict


class _Range(_Labels, frozen=True, forbid_unknown_fields=True):
    first: int
    count: int
    countersigned: bool = False


class _Single(_Labels, frozen=True, forbid_unknown_fields=True):
    index: int


class _CityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: dict[str, _Quiet]
    parties: tuple[Party, ...]
    records: tuple[_FiledAs, ...]
    ranges: tuple[_Range, ...]
    singles: tuple[_Single, ...]
    callers: tuple[Caller, ...] = ()


def load(folder: Path, today: date) -> City:
    """Read `city.json` in `folder` as of `today` (a day of Asia/Shanghai).

    Days stand in it as `{"days": -10}`, months as `{"month": 8}`, moments as `{"days": -3, "at": "09:30"}`.
    Raises `BadSettings` naming the file, the entry and the reason.
    """
    path = folder / "city.json"
    try:
        written = msgspec.convert(_dated(msgspec.json.decode(path.read_bytes()), today), _CityFile)
        return City(
            tuple(Source(name, timedelta(hours=feed.quiet_hours)) for name, feed in written.sources.items()),
            written.parties,
            tuple(map(_filed, written.records)),
            tuple(map(_range, written.ranges)),
            tuple(map(_single, written.singles)),
            callers=written.callers,
            examples=tuple(_examples(written)),
        )
    except (OSError, ValueError) as err:  # msgspec's errors are ValueErrors, and say where
        raise BadSettings(f"{path}: {err}") from err


def _dated(value: _Json, today: date) -> _Json:
    """Replace every relative day, month and moment below `value` by the one it means."""
    match value:
        case {"days": int(days), "at": str(at), **rest} if not rest:
            day = today + timedelta(days=days)
            return datetime.combine(day, time.fromisoformat(at), SHANGHAI).isoformat()
        case {"days": int(days), **rest} if not rest:
            return (today + timedelta(days=days)).isoformat()
        case {"month": int(months), **rest} if not rest:
            year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
            return f"{year:04}-{month + 1:02}"
        case dict():
            return {name: _dated(item, today) for name, item in value.items()}
        case list():
            return [_dated(item, today) for item in value]
        case _:
            return value


def _filed(item: _FiledAs) -> Filed:
    kind = REGISTRY.get(item.type)
    if kind is None:
        raise ValueError(f"records: {item.key}: type {item.type!r} is none of {', '.join(REGISTRY)}")
    try:
        record = msgspec.convert(item.record, kind.model)
    except msgspec.ValidationError as err:
        raise ValueError(f"records: {item.type} {item.key}: {err}") from err
    return Filed(item.type, item.key, record, item.source, item.owner, item.inspector)


def _range(item: _Range) -> LabelRange:
    last = item.first + item.count - 1
    return LabelRange(
        item.klass,
        item.version,
        item.first,
        last,
        item.label,
        item.record_type,
        item.record_key,
        item.issued_to,
        item.countersigned,
    )


def _single(item: _Single) -> SingleLabel:
    return SingleLabel(
        item.klass, item.version, item.index, item.label, item.record_type, item.record_key, item.issued_to
    )


def _examples(written: _CityFile) -> Iterator[Example]:
    for labels in written.ranges:
        yield Example(labels.shows, labels.record_type, labels.record_key, (labels.klass, labels.version, labels.first))
    for label in written.singles:
        yield Example(label.shows, label.record_type, label.record_key, (label.klass, label.version, label.index))
    for thing in written.records:
        if thing.shows is not None:
            yield Example(thing.shows, thing.type, thing.key)

"""The forms against the records they fill."""

import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any

import msgspec
import pytest

from gateway.domain.records.registry import REGISTRY
from gateway.interchange.sheet import OWNER, PRIVATE, Column, Sheet
from gateway.interchange.sheets import SHEETS
from gateway.interchange.target import target

# What no file may say: a regulator's word, a picture, the party's contact, which stands in its private part, and
# why a fill should not have been, which is looked up.
BESIDE = {"hold", f"{PRIVATE}courier_photo", "contact", "last_fill.denied"}


def fields_of(model: type[Any], prefix: str = "") -> Iterator[str]:
    """Give the path of each field, of its parts and of the entries of its lists."""
    for name, type_ in typing.get_type_hints(model).items():
        if name in getattr(model, "__struct_fields__", ()) or not issubclass(model, msgspec.Struct):
            part, listed = _part(type_)
            if part is None:
                yield f"{prefix}{name}"
            else:
                yield from fields_of(part, f"{prefix}{name}{'[]' if listed else ''}.")


def _part(type_: object) -> tuple[type[Any] | None, bool]:
    if typing.get_origin(type_) in {UnionType, typing.Union}:
        return next((found for choice in typing.get_args(type_) if (found := _part(choice))[0]), (None, False))
    if typing.get_origin(type_) is tuple:
        return _part(typing.get_args(type_)[0])[0], True
    return (type_, False) if isinstance(type_, type) and issubclass(type_, msgspec.Struct) else (None, False)


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_each_field_has_its_column_and_each_column_its_field(sheet: Sheet) -> None:
    way = target(sheet.type)
    fields = {*fields_of(way.model), *(PRIVATE + path for path in (fields_of(way.private) if way.private else ()))}
    columns = [column.path for column in sheet.columns if column.path != OWNER]

    assert sorted(set(columns)) == sorted(columns)
    assert set(columns) == fields - BESIDE


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_no_name_stands_for_two_columns(sheet: Sheet) -> None:
    names = [name for column in sheet.columns for name in {column.heading, *column.also}]

    assert sorted(name for name in names if names.count(name) > 1) == []


def test_every_record_type_has_a_sheet() -> None:
    assert set(SHEETS) == {*REGISTRY, "party", "inputs"}


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_the_thing_is_named_by_a_column_that_must_be_there(sheet: Sheet) -> None:
    key = next(column for column in sheet.columns if column.heading == sheet.key)

    assert key.path in target(sheet.type).required


def test_people_are_masked_in_reports() -> None:
    personal = {"种植户", "充装工", "送气员", "送气员身份证号", "用户地址", "车主", "车主电话", "联系人", "维保人员"}
    columns: list[Column] = [column for sheet in SHEETS.values() for column in sheet.columns]

    assert personal <= {column.heading for column in columns}
    assert all(column.kind.mask for column in columns if column.heading in personal)

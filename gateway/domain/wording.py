"""Why a record was refused, in words its sender understands: msgspec's and the records' own errors, in Chinese."""

import re
from dataclasses import dataclass
from typing import Final

_PLACE: Final = re.compile(r"(?P<text>.*?)(?: - at `\$(?P<path>[^`]*)`)?\Z", re.DOTALL)
_INDEX: Final = re.compile(r"\[([0-9]+)\]")
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`\Z")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]*)`\Z")
# `field: value reason`, as the records write it (`records.base.require`).
_OWN: Final = re.compile(r"(?P<field>[a-z_]+(?:(?:\[[0-9]+\])?\.[a-z_]+)*): (?P<rest>.+)\Z", re.DOTALL)
_BOUNDS: Final = {">": "应大于", ">=": "不能小于", "<": "应小于", "<=": "不能大于"}
# msgspec's sentences (msgspec 0.19 … 0.20, `_core.c`), the first that fits; groups are put in.
_RULES: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Expected `str` of length <= ([0-9]+)", "太长，最多{0}个字"),
        (r"Expected `str` of length >= ([0-9]+)", "至少{0}个字"),
        (r"Expected `array` of length <= ([0-9]+)", "最多{0}项"),
        (r"Expected `array` of length >= ([0-9]+)", "至少{0}项"),
        (r"Expected `str` matching regex", "格式不符"),
        (r"Expected `(?:int|float)` (>=|<=|>|<) ([0-9.]+)", "{0}{1}"),
        (r"Invalid enum value", "不在可选项内"),
        (r"Invalid RFC3339 encoded", "日期或时间无效"),
        (r"Expected `datetime` with a timezone component", "时间须写明时区，如2026-05-10T12:00:00+08:00"),
        (r"(?:Number|Integer value) out of range", "数字超出范围"),
        (r"Expected `.*`, got `null`", "必填"),
        (r"Expected `(?:int|int \| null)`, got", "应为整数"),
        (r"Expected `.*float.*`, got", "应为数字"),
        (r"Expected `.*date.*`, got", "应为日期"),
        (r"Expected `.*bool.*`, got", "请填“是”或“否”"),
        (r"Expected `.*str.*`, got", "应为文字"),
        (r"Expected `.*object.*`, got", "应为对象"),
        (r"Expected `.*array.*`, got", "应为列表"),
        (r"Invalid base64", "不是有效的base64"),
    )
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where in what was sent, and why; `path` is that of the field, `pesticides[0].name`, empty for the whole."""

    path: str
    reason: str


def understood(message: str) -> Fault:
    """Return what a `msgspec.ValidationError` says; a sentence nobody foresaw is kept as it stands."""
    found = _PLACE.match(message)
    text, path = (found["text"], found["path"] or "") if found else (message, "")
    at = path.removeprefix(".")
    if missing := _MISSING.match(text):
        return Fault(f"{at}.{missing[1]}" if at else missing[1], "必填")
    if unknown := _UNKNOWN.match(text):
        return Fault(f"{at}.{unknown[1]}" if at else unknown[1], f"没有“{unknown[1]}”这一项")
    if own := _OWN.match(text):
        _, _, reason = own["rest"].partition(" ")
        return Fault(_below(at, own["field"]), reason or own["rest"])
    for pattern, words in _RULES:
        if fits := pattern.match(text):
            return Fault(at, words.format(*(_BOUNDS.get(g, _plain(g)) for g in fits.groups())))
    return Fault(at, text)


def unindexed(path: str) -> tuple[str, int | None]:
    """Split `pesticides[0].name` into the path of its field and the place of its entry."""
    found = _INDEX.search(path)
    return _INDEX.sub("", path), int(found[1]) if found else None


def _below(at: str, field: str) -> str:
    """Return the whole path of a field that a record names from its root, or from the part it stands in."""
    bare = unindexed(at)[0]
    part = bare.rpartition(".")[2]
    if field == bare or field.startswith(f"{bare}."):
        return at + field.removeprefix(bare)
    if not at or unindexed(field)[0].startswith(f"{bare}."):
        return field
    return at + field.removeprefix(part) if field.startswith(f"{part}.") else f"{at}.{field}"


def _plain(number: str) -> str:
    """Write `80.0` as people do; anything else is kept."""
    return number.removesuffix(".0")

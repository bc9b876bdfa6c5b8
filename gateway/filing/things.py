"""What a request is about: one thing, named by what somebody at it can read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import msgspec

from gateway.domain.code import CodeBook, is_issued, klass, record_type, version
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.registry import REGISTRY
from gateway.filing.books import Books
from gateway.filing.kept import Kept
from gateway.ports import Lookup
from gateway.text.normalise import normalise

# Without control characters: a line break would make two lines of what a permit signs. The last part is there because
# `$` also stands before a line break that ends the text.
Written: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f\x85\u2028\u2029]+$(?!\n)")
]

_FIELD_WORDS = {"code": "标签编码", "cylinder_no": "钢印号", "plate": "车牌号", "lift": "电梯编号"}
_RECORD_OF = {"plate": "vehicle", "lift": "lift"}
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Zero width, and what turns the direction of writing.
_UNSEEN: Final = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_OURS: Final = re.compile(r"[【】]|是正品|https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    """The one name that was given: which field, and what stands in it, in the form of the books."""

    field: str
    value: str


def only_name(**given: str | None) -> Name:
    """Return the one that is given. Raises `ValueError` for none and for several."""
    names = [Name(field, plain(value)) for field, value in given.items() if value]
    if len(names) != 1:
        words = "、".join(f"{field}（{_FIELD_WORDS[field]}）" for field in given)
        raise ValueError(f"{next(iter(given))}: 请在 {words} 中给出且只给出一项")
    return names[0]


def plain(written: str) -> str:
    """Return a code, a number or a plate as the books have it: `1688 0123…` and `蒙ｃ12345` are read, too."""
    return normalise(written).upper().replace(" ", "")


def lookups(names: Sequence[Name], books: Books) -> list[Lookup]:
    """Return how to look things up, beside its label each that is named by one.

    Their keys are codes, and ids of records, which no code is like.
    """
    stamps = [f"cylinder/{name.value}" for name in names if name.field == "cylinder_no"]
    of_stamp = books.records.aliases(stamps) if stamps else {}
    return [_lookup(name, of_stamp, books.codes) for name in names]


def _lookup(name: Name, of_stamp: Mapping[str, str], codes: CodeBook) -> Lookup:
    match name.field:
        case "code" if is_issued(name.value):
            code = name.value
            return Lookup(code, record_type(code), klass(code), version(code), codes.index_of(code))
        case "code":
            return Lookup(name.value, None)
        case "cylinder_no":
            stamp = f"cylinder/{name.value}"
            return _of_record(of_stamp.get(stamp, stamp))
        case field:
            return _of_record(f"{_RECORD_OF[field]}/{name.value}")


def _of_record(id_: str) -> Lookup:
    return Lookup(id_, id_.partition("/")[0], record_id=id_)


def find(name: Name, books: Books, *types: str, lock: bool = True) -> Kept:
    """Return the record of a thing of one of these types; `lock` holds it until the transaction ends.

    Raises `Refusal`: unknown, or a thing of another type.
    """
    (wanted,) = lookups([name], books)
    id_ = wanted.record_id
    if id_ is None:
        id_ = books.traces.find([wanted])[wanted.key].record_id
    kind, _, key = (id_ or "").partition("/")
    if kind in REGISTRY and kind not in types:
        raise Refusal(Why.INVALID, f"{_FIELD_WORDS[name.field]}所指不是此接口办理的设备", name.field)
    kept = books.records.get(kind, key, lock=lock) if kind in REGISTRY else None
    if kept is None:
        raise Refusal(Why.UNKNOWN, f"未查到{_FIELD_WORDS[name.field]}，请核对；未登记的请先登记", name.field)
    return kept


def require_plain(value: object, field: str) -> None:
    """Refuse what a short message would show as if we had said it, or otherwise than it is, and blank ends.

    That is a second line, our signature's brackets, a verdict's words, an address (DOMAIN T3), and signs that nobody
    sees, which also make a second key that looks like the first. Signs that join Mongolian letters are none of these.
    """
    match value:
        case str():
            if wrong := _not_plain(value):
                raise Refusal(Why.INVALID, wrong, field)
        case dict():
            for name, part in value.items():
                require_plain(part, f"{field}.{name}")
        case list() | tuple():
            for at, part in enumerate(value):
                require_plain(part, f"{field}[{at}]")


def _not_plain(text: str) -> str | None:
    if text != text.strip() or _BREAKS.search(text):
        return "首尾不能有空格，中间不能有换行等控制字符"
    if _UNSEEN.search(text):
        return "含有看不见的字符，请重新输入"
    if spoken := _OURS.search(text):
        return f"不能含有“{spoken[0]}”"
    return None

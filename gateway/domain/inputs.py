"""Farm inputs (R70): the pesticides and veterinary drugs that may be used, how long before picking or slaughter, and
those that may not be used at all."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

# What stands before and after the active ingredient's name on a bag or a bottle.
_STRENGTH = re.compile(r"^(?:注射用)?(?:[0-9.]+(?:%|克/升|g/l|亿/克|万单位))?")
_FORMULATION = re.compile(
    r"(?:乳油|水剂|粉剂|烟剂|粉|片|水乳剂|微乳剂|悬浮剂|悬乳剂|微囊悬浮剂|颗粒剂|可湿性粉剂|可溶性?粉剂|可溶性?液剂|"
    r"可分散油悬浮剂|水分散粒剂|水溶性?粒剂|悬浮种衣剂|缓释剂|预混剂|注射液|溶液|浇泼剂)$"
)
_MIXED = re.compile(r"[·・•‧+]")  # between the ingredients of a mixture
_BLANKS = re.compile(r"\s+")


class InputKind(StrEnum):
    """What an input is used on."""

    PESTICIDE = "pesticide"  # melons and fruit
    VET_DRUG = "vet_drug"  # animals kept for meat


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One active ingredient.

    `interval_days` is the shortest registered: safety interval before picking, or withdrawal before slaughter; None
    where the product's own label alone says it. `banned`: on melons and fruit, or in animals kept for meat.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    kind: InputKind
    synonyms: tuple[str, ...] = ()
    # Pesticide registration, `PD` and the year's number; of a veterinary drug its approval number.
    registration_no: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    banned: bool = False
    interval_days: Annotated[int, msgspec.Meta(ge=0, le=365)] | None = None
    source: str | None = None  # the notice or standard that says so


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    inputs: tuple[Input, ...]


class Inputs:
    """The list in force; found by any name people write."""

    __slots__ = ("_named", "entries")

    def __init__(self, entries: Iterable[Input] = ()) -> None:
        """Index by name and synonyms; raises `ValueError` for a name that stands for two entries of one kind."""
        self.entries = tuple(entries)
        self._named: dict[tuple[InputKind, str], Input] = {}
        for entry in self.entries:
            for name in (entry.name, *entry.synonyms):
                if self._named.setdefault((entry.kind, _plain(name)), entry) is not entry:
                    raise ValueError(f"{entry.name}: {name} 在投入品清单中已有，请合并为一条")

    def find(self, written: str, kind: InputKind) -> tuple[Input, ...]:
        """Return what is known of a product's ingredients; empty: nothing.

        Names are compared in Unicode's NFKC form without case and blanks; failing that without strength and
        formulation (`10%吡虫啉可湿性粉剂`), and a mixture (`阿维菌素·吡虫啉`) by each of its parts.
        """
        whole = _plain(written)
        parts = [whole] if (kind, whole) in self._named else [_bare(part) for part in _MIXED.split(_bare(whole))]
        return tuple(entry for part in parts if (entry := self._named.get((kind, part))))


def decode(toml: bytes) -> Inputs:
    """Read a list written as `[[inputs]]` tables; raises `ValueError` that names the entry and the reason."""
    return Inputs(msgspec.toml.decode(toml, type=_File).inputs)


def _plain(name: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def _bare(name: str) -> str:
    return _FORMULATION.sub("", _STRENGTH.sub("", name))

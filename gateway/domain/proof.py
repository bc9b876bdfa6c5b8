"""What a wording comes to for one record, taken apart as its editor looks at it. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from gateway.domain.reply import Clause, Plain

COMMON, FIRMS = "common", "firms"
# Words in place of the files', by record type and name: which version of them, and what it says.
Published: TypeAlias = Mapping[tuple[str, str], tuple[int, str]]
# Characters that sound: 20 s of speech, the longest that a caller keeps in mind (DOMAIN 2.11).
LONGEST_SPOKEN = 60
# Above this a template is no template of ours; its rendering is bounded by it and its values.
MOST_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Source:
    """The words of one verdict as they are written; `voice` is empty where nothing of its own is said aloud."""

    record_type: str  # or `common`
    name: str  # the template's, in lower case
    sms: str
    voice: str

    @property
    def key(self) -> tuple[str, str]:
        """Return whose words they are."""
        return self.record_type, self.name


@dataclass(frozen=True, slots=True)
class WordingFault:
    """What is wrong, for its writer, and in which line, counted from 1."""

    part: str  # sms, voice
    line: int
    text: str


class Kind(StrEnum):
    """Where a run of characters comes from."""

    SIGNATURE = "signature"
    TEXT = "text"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one kind; level 0 must be said, of the others the highest goes first."""

    text: str
    kind: Kind
    level: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """What a text costs, and what fitting it cost."""

    units: int  # of the text as it goes out
    segments: int
    whole: int  # units with every optional part
    must: int  # units of what must be said
    must_segments: int
    dropped: tuple[int, ...]  # levels that were left out


@dataclass(frozen=True, slots=True)
class Proof:
    """One text as a phone shows it."""

    text: str
    encoding: str
    segments: tuple[str, ...]
    runs: tuple[Run, ...]  # of the text
    dropped: tuple[Run, ...]  # what was left out, one a part
    must: str  # what must be said, by itself
    size: Size

    @property
    def room(self) -> int:
        """Return how many units its segments hold."""
        alone, per_part = (70, 67) if self.encoding == "ucs2" else (160, 153)
        return alone if len(self.segments) == 1 else per_part * len(self.segments)


class Saying(StrEnum):
    """What a spoken value tells."""

    THING = "thing"  # what was asked for: its code, number, plate or name
    DATE = "date"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One answer as a caller hears it."""

    clauses: tuple[str, ...]
    must: tuple[str, ...]  # what is said whatever else is left out
    sounds: int  # characters that sound in what must be said
    values: tuple[Saying, ...]  # in the order in which they are said

    @property
    def dates(self) -> int:
        """Return how many dates a caller has to keep in mind."""
        return self.values.count(Saying.DATE)


class Bench(Protocol):
    """A draft, compiled. Each raises `TemplateFault` for a value that is missing."""

    def proof(self, clause: Clause) -> Proof: ...  # noqa: D102 - named by its type
    def size(self, clause: Clause) -> Size: ...  # noqa: D102 - named by its type
    def spoken(self, clause: Clause) -> Sequence[str]: ...  # noqa: D102 - named by its type
    def utterance(self, clause: Clause) -> Utterance: ...  # noqa: D102 - named by its type


class Workshop(Protocol):
    """Where wordings are tried without being said to anybody."""

    def shipped(self, record_type: str, name: str) -> Source | None:
        """Return version 0: what came with the gateway, or stands in the operator's own folder."""
        ...

    def keys(self) -> list[tuple[str, str]]:
        """Return all that have words of their own, by record type and name."""
        ...

    def faults(self, source: Source, known: frozenset[str] | None) -> list[WordingFault]:
        """Return what is wrong with a draft; `known`: the values there are, None where nobody can tell."""
        ...

    def bench(self, source: Source) -> Bench:
        """Compile a draft. Raises `TemplateFault`."""
        ...

    def fixed(self, source: Source) -> list[str]:
        """Return the spoken lines that are the same in all answers, on whatever branch. Raises `TemplateFault`."""
        ...

    def explained(self, fault: str) -> str:
        """Return what a `TemplateFault` of a bench says, for operators: its line and, in Chinese, the reason."""
        ...

    @property
    def common(self) -> dict[str, Plain]:
        """Return the values that every template may use."""
        ...

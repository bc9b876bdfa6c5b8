"""What goes back to the person who asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gateway.text.segments import Encoding

# Templates see plain values only (DESIGN 4): a missing one is `None` or absent.
Plain: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing to say: a verdict on one code, or a notice (help, ticket number, ...).

    `name` is a verdict's or a notice's name; the renderer looks for `<record_type>/<name>.j2`, then
    `common/<name>.j2`.
    """

    name: str
    values: Mapping[str, Plain]
    record_type: str | None = None
    firm: str | None = None  # the party whose goods they are: it may have words of its own (R11)


@dataclass(frozen=True, slots=True)
class Edition:
    """Whose words were said, and which version of them; the files' are version 0."""

    words: str  # `liquor/genuine_first`; a firm's own: `firms/PARTY/liquor/genuine_first`
    version: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to one person, the signature included, already cut into segments."""

    text: str
    encoding: Encoding
    segments: tuple[str, ...]
    editions: tuple[Edition, ...] = ()  # of each clause; none where nobody can tell

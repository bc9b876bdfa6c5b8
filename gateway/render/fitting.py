"""Which optional parts go out: the fewest segments for what must be said, then as much as fits. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from gateway.render.language import CLOSE, MIDDLE, OPEN
from gateway.text.segments import Measure, measure

_MARK = re.compile(f"{OPEN}([0-9]+){MIDDLE}([^{CLOSE}]*){CLOSE}")
_MARKS = re.compile(f"{OPEN}[0-9]+{MIDDLE}|{CLOSE}")
_BLANKS = re.compile(r"  +")
_BREAKS = re.compile(r" *\n[ \n]*")

MANDATORY = 0
ALL = frozenset(range(100))  # whatever level a part has


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and how dispensable it is: 0 must be said, of the others the lowest level goes last."""

    level: int
    text: str


def pieces(rendered: str) -> Iterator[Piece]:
    """Take a rendered template apart at its marks."""
    at = 0
    for mark in _MARK.finditer(rendered):
        if mark.start() > at:
            yield Piece(MANDATORY, rendered[at : mark.start()])
        yield Piece(int(mark[1]), mark[2])
        at = mark.end()
    if at < len(rendered):
        yield Piece(MANDATORY, rendered[at:])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text and what it costs."""

    text: str
    size: Measure
    kept: frozenset[int] = field(compare=False)  # levels of the parts in it, at least


def whole(signature: str, rendered: Iterable[str]) -> Fitted:
    """Join rendered templates, a line each, into the text that holds all of them, `signature` in front."""
    return _fitted(signature, (_MARKS.sub("", clause) for clause in rendered), ALL)


def fit(signature: str, clauses: Sequence[Sequence[Piece]]) -> Fitted:
    """Join the clauses, a line each, into the text to send, `signature` in front.

    All mandatory pieces stand in it, in the fewest segments that hold them. Level by level from the lowest, a
    level's pieces are added, all together, where they need no further segment.
    """
    levels = sorted({piece.level for clause in clauses for piece in clause})
    kept = frozenset({MANDATORY})
    best = _fitted(signature, _kept(clauses, kept), kept)
    for level in levels:
        longer = _fitted(signature, _kept(clauses, kept | {level}), kept | {level})
        if longer.size.segments <= best.size.segments:
            kept, best = longer.kept, longer
    return best


def _kept(clauses: Sequence[Sequence[Piece]], levels: Set[int]) -> Iterator[str]:
    return ("".join(piece.text for piece in clause if piece.level in levels) for clause in clauses)


def must(signature: str, clause: Sequence[Piece]) -> Fitted:
    """Return what must be said of one clause."""
    only = frozenset({MANDATORY})
    return _fitted(signature, _kept([clause], only), only)


def _fitted(signature: str, clauses: Iterable[str], kept: frozenset[int]) -> Fitted:
    text = signature + "\n".join(filter(None, map(_tidy, clauses)))
    return Fitted(text, measure(text), kept)


def _tidy(text: str) -> str:
    """Drop what a left-out part leaves behind: blanks at the ends of lines, doubled blanks, empty lines."""
    if "  " in text:
        text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _BREAKS.sub("\n", text)
    return text.strip(" \n")

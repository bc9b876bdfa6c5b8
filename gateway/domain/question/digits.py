"""Finds codes among digits, separators and look-alike letters. Pure.

An *atom* is a run of ASCII digits, a run of Chinese digits, or one look-alike letter; it is never cut in two.
A *chain* is atoms with nothing but separators between them; only inside one are atoms joined.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.domain.code import LENGTH, LONG_LENGTH, is_issued
from gateway.domain.question.marks import Found
from gateway.domain.question.values import Token, TokenKind
from gateway.domain.verdict import Verdict

SEPARATORS: Final = " -.,/_、。·•・‧‐‑‒–—―−"
LOOK_ALIKES: Final = "OoQDIil|!ZSBG"
_HANZI: Final = str.maketrans("〇零一二三四五六七八九幺两", "0012345678912")
_ALIKE: Final = {**dict.fromkeys("OoQD", "0"), **dict.fromkeys("Iil|!", "1"), "Z": "2", "S": "5", "B": "8", "G": "6"}
_ATOM: Final = re.compile(r"([0-9]+)|([〇零一二三四五六七八九幺两]+)|([" + LOOK_ALIKES + "])")
# Below this many real digits a "code" full of look-alikes is a word.
_REAL_DIGITS: Final = 10
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}\Z")


@dataclass(frozen=True, slots=True)
class Atom:
    """Digits as written in one piece; `alike` when they were a letter that looks like one."""

    start: int
    end: int
    digits: str
    alike: bool = False


Chain = Sequence[Atom]


def chains(text: str) -> Iterator[list[Atom]]:
    """Yield the chains of `text` that hold a digit, in order."""
    chain: list[Atom] = []
    for match in _ATOM.finditer(text):
        atom = _atom(match)
        if chain and text[chain[-1].end : atom.start].strip(SEPARATORS):
            if not all(a.alike for a in chain):
                yield chain
            chain = []
        chain.append(atom)
    if not all(a.alike for a in chain):
        yield chain


def _atom(match: re.Match[str]) -> Atom:
    start, end = match.span()
    if match[1]:
        return Atom(start, end, match[1])
    if match[2]:
        return Atom(start, end, match[2].translate(_HANZI))
    return Atom(start, end, _ALIKE[match[3]], alike=True)


def joined(chain: Chain) -> str:
    """Return the digits of a chain as one string."""
    return "".join(atom.digits for atom in chain)


def even(chain: Chain) -> bool:
    """Return whether all atoms are equally long, as in `012 345` or `01 23 45`."""
    return len({len(atom.digits) for atom in chain}) == 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a chain was found to hold: our codes, and the pieces that are none."""

    found: list[Found]
    rest: list[list[Atom]]


def read(chain: Chain) -> Reading:
    """Split a chain into issued codes and what is left, look-alikes only where digits alone gave nothing."""
    found: list[Found] = []
    rest: list[list[Atom]] = []
    for piece in _cut(chain, [i for i, a in enumerate(chain) if not a.alike and is_issued(a.digits)], found):
        exact: list[Found] = []
        left: list[list[Atom]] = []
        for plain in _plain(piece):
            _windows(plain, whole=len(plain) == len(chain), found=exact, rest=left)
        if not exact and any(a.alike for a in piece):
            _look_alike(piece, found=exact, rest=left)
        found += exact
        rest += left
    return Reading(found, rest)


def _cut(chain: Chain, alone: Sequence[int], found: list[Found]) -> Iterator[Chain]:
    """Yield what lies between atoms that are a code by themselves; nothing is ever joined across one."""
    begin = 0
    for i in alone:
        found.append(Found(chain[i].start, chain[i].end, Token(chain[i].digits, TokenKind.ISSUED)))
        if i > begin:
            yield chain[begin:i]
        begin = i + 1
    if begin < len(chain):
        yield chain[begin:]


def _plain(piece: Chain) -> Iterator[Chain]:
    """Yield the stretches of a piece without look-alikes."""
    begin = 0
    for i, atom in enumerate(piece):
        if atom.alike:
            if i > begin:
                yield piece[begin:i]
            begin = i + 1
    if begin < len(piece):
        yield piece[begin:]


def _candidates(atoms: Chain) -> Iterator[tuple[int, int, str]]:
    """Yield (first, after last, digits) of each row of atoms that makes a code."""
    if sum(len(atom.digits) for atom in atoms) < LENGTH:
        return
    digits = joined(atoms)
    ends, position = {0: 0}, 0  # where an atom ends, in `digits` -> how many atoms that is
    for count, atom in enumerate(atoms, 1):
        position += len(atom.digits)
        ends[position] = count
    for start, first in ends.items():
        for length in (LENGTH, LONG_LENGTH):
            last = ends.get(start + length)
            if last and _mostly_digits(atoms[first:last]) and is_issued(code := digits[start : start + length]):
                yield first, last, code


def _windows(atoms: Chain, *, whole: bool, found: list[Found], rest: list[list[Atom]]) -> None:
    """Join atoms into codes so that most digits are used; two equally good ways are no way at all.

    A mobile's number is left out of it unless the code takes the whole chain: it stands beside codes often enough.
    """
    candidates = [
        (first, last, digits)
        for first, last, digits in _candidates(atoms)
        if (whole and last - first == len(atoms)) or not any(_MOBILE.match(a.digits) for a in atoms[first:last])
    ]
    chosen = _best(len(atoms), candidates)
    if chosen is None:
        found.append(Found(atoms[0].start, atoms[-1].end, None, Verdict.MALFORMED, solid=False))
        return
    begin = 0
    for first, last, digits in chosen:
        token = Token(digits, TokenKind.ISSUED)
        found.append(Found(atoms[first].start, atoms[last - 1].end, token, solid=False))
        if first > begin:
            rest.append(list(atoms[begin:first]))
        begin = last
    if begin < len(atoms):
        rest.append(list(atoms[begin:]))


def _best(size: int, candidates: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]] | None:
    """Return the candidates, none overlapping, that cover most digits; None when that can be done in two ways."""
    if not candidates:
        return []
    at: dict[int, list[tuple[int, int, str]]] = {}
    for candidate in candidates:
        at.setdefault(candidate[0], []).append(candidate)
    covered, ways = [0] * (size + 1), [1] * (size + 1)
    pick: list[tuple[int, int, str] | None] = [None] * size
    for i in reversed(range(size)):
        covered[i], ways[i] = covered[i + 1], ways[i + 1]
        for candidate in at.get(i, ()):
            total = len(candidate[2]) + covered[candidate[1]]
            if total > covered[i]:
                covered[i], ways[i], pick[i] = total, ways[candidate[1]], candidate
            elif total == covered[i]:
                ways[i] = min(ways[i] + ways[candidate[1]], 2)
    if ways[0] > 1:
        return None
    chosen, i = [], 0
    while i < size:
        taken = pick[i]
        if taken:
            chosen.append(taken)
        i = taken[1] if taken else i + 1
    return chosen


def _look_alike(piece: Chain, *, found: list[Found], rest: list[list[Atom]]) -> None:
    """Read look-alike letters as digits where exactly one code comes of it (DOMAIN 3.5.5)."""
    candidates = list(_candidates(piece))
    if len(candidates) == 1:
        first, last, digits = candidates[0]
        token = Token(digits, TokenKind.ISSUED, corrected=True)
        found.append(Found(piece[first].start, piece[last - 1].end, token, solid=False))
        rest.clear()
    elif candidates or (len(joined(piece)) in {LENGTH, LONG_LENGTH} and _mostly_digits(piece)):
        found.append(Found(piece[0].start, piece[-1].end, None, Verdict.MALFORMED, solid=False))
        rest.clear()


def _mostly_digits(atoms: Chain) -> bool:
    return sum(len(atom.digits) for atom in atoms if not atom.alike) >= _REAL_DIGITS

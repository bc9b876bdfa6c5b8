"""Finds codes among digits, separators and look-alike letters. Pure.

An *atom* is a run of ASCII digits, a run of Chinese digits, or one look-alike letter; it is never cut in two.
A *chain* is atoms with nothing but separators between them; only inside one are atoms joined.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from gateway.domain.code import LENGTH, LONG_LENGTH, is_issued
from gateway.domain.question.marks import Found
from gateway.domain.question.values import Token, TokenKind
from gateway.domain.verdict import Verdict

SEPARATORS: Final = " -.,/_、。·•・‧‐‑‒–—―−"
LOOK_ALIKES: Final = "OoQDIil|!ZSBG"
CHINESE_DIGITS: Final = "〇零一二三四五六七八九幺两"
_HANZI: Final = str.maketrans(CHINESE_DIGITS, "0012345678912")
_ALIKE: Final = {**dict.fromkeys("OoQD", "0"), **dict.fromkeys("Iil|!", "1"), "Z": "2", "S": "5", "B": "8", "G": "6"}
_ATOM: Final = re.compile(r"([0-9]+)|([" + CHINESE_DIGITS + r"]+)|([" + LOOK_ALIKES + "])")
# Below this many real digits a "code" full of look-alikes is a word.
_REAL_DIGITS: Final = 10
_STRAYS: Final = 2  # digits: the number of an item in a list, of bottles
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}\Z")
# Days and times of day, as people put them beside a code; and the number of an item in a list.
ASIDE: Final = re.compile(
    r"(?<![0-9])(?:20[0-3][0-9]([-./])(?:0?[1-9]|1[0-2])\1(?:[12][0-9]|3[01]|0?[1-9])"
    r"|20[1-3][0-9](?:0[1-9]|1[0-2])(?:[12][0-9]|3[01]|0[1-9])|[0-2]?[0-9]:[0-5][0-9]|[0-9]{1,2}(?=\. ))(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Atom:
    """Digits as written in one piece; `alike` when they were a letter that looks like one.

    `opens` and `closes`: a code may begin or end here. It may not where ASCII digits go on without a gap behind
    whatever is glued between (`1688Z012` is one thing, `第一1688` is two). `aside`: a day, a time or a list's
    number; with half a code it would make a whole one that passes the check one time in ten. `counts`: a word stands
    right behind, as in `36元` or `500ml`.
    """

    start: int
    end: int
    digits: str
    alike: bool = False
    opens: bool = True
    closes: bool = True
    aside: bool = False
    counts: bool = False

    @property
    def stands(self) -> bool:
        """True when nothing is glued to it that could be a part of it."""
        return self.opens and self.closes


Chain = Sequence[Atom]


def chains(text: str) -> Iterator[list[Atom]]:
    """Yield the chains of `text` that hold a digit, in order."""
    chain: list[re.Match[str]] = []
    asides = {place for match in ASIDE.finditer(text) for place in range(*match.span())}
    for match in _ATOM.finditer(text):
        if chain and text[chain[-1].end() : match.start()].strip(SEPARATORS):
            yield from _chain(chain, text, asides)
            chain = []
        chain.append(match)
    yield from _chain(chain, text, asides)


def _chain(matches: Sequence[re.Match[str]], text: str, asides: Set[int]) -> Iterator[list[Atom]]:
    """Yield the chain of these matches, unless they are look-alikes only."""
    if all(match[3] for match in matches):
        return
    opens = _free(matches)
    closes = _free(matches[::-1])[::-1]
    yield [
        Atom(
            match.start(),
            match.end(),
            _digits(match),
            alike=bool(match[3]),
            opens=may_open,
            closes=may_close,
            aside=match.start() in asides,
            counts=text[match.end() : match.end() + 1].isalpha(),
        )
        for match, may_open, may_close in zip(matches, opens, closes, strict=True)
    ]


def _free(matches: Sequence[re.Match[str]]) -> list[bool]:
    """Return of each match whether no ASCII digits stand before it, in reading order, without a gap."""
    free: list[bool] = []
    glued_digits, before = False, None
    for match in matches:
        if before is not None and match.start() != before.end() and match.end() != before.start():
            glued_digits = False
        free.append(not glued_digits)
        glued_digits = glued_digits or bool(match[1])
        before = match
    return free


def _digits(match: re.Match[str]) -> str:
    return match[1] or (match[2].translate(_HANZI) if match[2] else _ALIKE[match[3]])


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
    rest: list[Chain]


def read(chain: Chain) -> Reading:
    """Split a chain into issued codes and what is left, look-alikes only where digits alone gave nothing."""
    found: list[Found] = []
    rest: list[Chain] = []
    for piece in _cut(
        chain, [i for i, a in enumerate(chain) if a.stands and not a.alike and is_issued(a.digits)], found
    ):
        exact: list[Found] = []
        left: list[Chain] = []
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
        if first == len(atoms) or not atoms[first].opens:
            continue
        for length in (LENGTH, LONG_LENGTH):
            last = ends.get(start + length)
            if not last or not atoms[last - 1].closes or not _mostly_digits(atoms[first:last]):
                continue
            if any(atom.aside for atom in atoms[first:last]):
                continue
            if is_issued(code := digits[start : start + length]):
                yield first, last, code


def _windows(atoms: Chain, *, whole: bool, found: list[Found], rest: list[Chain]) -> None:
    """Join atoms into codes so that most digits are used; two equally good ways are no way at all.

    A mobile's number stands beside codes often enough, so it is joined only when the code takes the whole chain;
    a day or a time never is.
    """
    candidates = [
        (first, last, digits)
        for first, last, digits in _candidates(atoms)
        if (whole and last - first == len(atoms)) or not any(_MOBILE.match(a.digits) for a in atoms[first:last])
    ]
    if not candidates:
        rest.append(atoms)
        return
    chosen = _best(len(atoms), candidates)
    left = _uncovered(atoms, chosen or [])
    if chosen and _may_be_left(left, before=atoms[chosen[-1][1] - 1].end):
        for first, last, digits in chosen:
            token = Token(digits, TokenKind.ISSUED)
            found.append(Found(atoms[first].start, atoms[last - 1].end, token, solid=False))
        rest += left
    elif len(joined(atoms)) <= LONG_LENGTH:
        rest.append(atoms)
    else:
        found.append(Found(atoms[0].start, atoms[-1].end, None, Verdict.MALFORMED, solid=False))


def _may_be_left(left: Sequence[Chain], *, before: int) -> bool:
    """Return whether the digits beside codes are no part of them: telephones, days, amounts, a short number before.

    Others would be the end of a longer code, mistyped: its first sixteen digits pass the check one time in ten.
    """
    others = [a for chain in left for a in chain if not (a.aside or a.counts or _MOBILE.match(a.digits))]
    return sum(len(a.digits) for a in others) <= _STRAYS and all(a.start < before for a in others)


def _uncovered(atoms: Chain, chosen: Sequence[tuple[int, int, str]]) -> list[Chain]:
    """Return the stretches of atoms that no chosen row takes."""
    left: list[Chain] = []
    begin = 0
    for first, last in [*((c[0], c[1]) for c in chosen), (len(atoms), len(atoms))]:
        if first > begin:
            left.append(atoms[begin:first])
        begin = last
    return left


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


def _look_alike(piece: Chain, *, found: list[Found], rest: list[Chain]) -> None:
    """Read look-alike letters as digits where exactly one code comes of it (DOMAIN 3.5.5)."""
    candidates = list(_candidates(piece))
    if len(candidates) == 1:
        first, last, digits = candidates[0]
        token = Token(digits, TokenKind.ISSUED, corrected=True)
        found.append(Found(piece[first].start, piece[last - 1].end, token, solid=False))
        rest.clear()
    elif candidates or _near_miss(piece):
        found.append(Found(piece[0].start, piece[-1].end, None, Verdict.MALFORMED, solid=False))
        rest.clear()


def _near_miss(piece: Chain) -> bool:
    """Return whether a code was meant though none came of it: its length is right, or one of its parts passes alone."""
    return (len(joined(piece)) in {LENGTH, LONG_LENGTH} and _mostly_digits(piece)) or any(
        is_issued(atom.digits) for atom in piece
    )


def _mostly_digits(atoms: Chain) -> bool:
    return sum(len(atom.digits) for atom in atoms if not atom.alike) >= _REAL_DIGITS

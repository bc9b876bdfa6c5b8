"""Ranges of codes that are known to be issued, so that nobody has to look twice for one entered code."""

from bisect import bisect_right, insort
from collections import defaultdict
from typing import Final

from gateway.ports import Lookup

MOST: Final = 20_000  # ranges, of some 100 bytes each


class IssuedRanges:
    """What look-ups have shown so far. No code ever becomes unissued, so a range that is known stays true.

    Whatever else is asked of a code is not known here: its verdict is looked up when it is counted.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._of: defaultdict[tuple[int | None, int | None], list[tuple[int, int]]] = defaultdict(list)

    def hold(self, lookup: Lookup) -> bool:
        """Return whether a code is known to lie in one; False: it is yet to be looked up."""
        some = self._of.get((lookup.klass, lookup.version))
        if not some or lookup.index is None:
            return False
        at = bisect_right(some, lookup.index, key=lambda stretch: stretch[0]) - 1
        return at >= 0 and lookup.index <= some[at][1]

    def add(self, lookup: Lookup, stretch: tuple[int, int] | None) -> None:
        """Keep the first and last index of the range that a code was found in."""
        if stretch is None:  # bound on its own
            return
        if self._count >= self._most:
            self._of.clear()
            self._count = 0
        insort(self._of[lookup.klass, lookup.version], stretch)
        self._count += 1

"""Room on paper: where the words of an arrow can stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in pixels from the upper left corner."""

    x: float
    y: float


Line: TypeAlias = tuple[Point, ...]
Size: TypeAlias = tuple[float, float]

# Along a line its words stand where they can be read first: in its middle, then to either side.
_FRACTIONS: Final = tuple(0.5 + sign * step / 40 for step in range(20) for sign in (1, -1))


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def round(cls, middle: Point, size: Size) -> "Area":
        """Return the area of this size round a point."""
        return cls(middle.x - size[0] / 2, middle.y - size[1] / 2, *size)

    def meets(self, other: "Area") -> bool:
        """Return whether two areas overlap."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not (beside or self.y + self.height <= other.y or other.y + other.height <= self.y)

    def crossed(self, line: Line) -> int:
        """Return how many of a line's straight pieces go through."""
        return sum(self.meets(_span(a, b)) for a, b in pairwise(line))


def _span(a: Point, b: Point) -> Area:
    return Area(min(a.x, b.x), min(a.y, b.y), abs(b.x - a.x) or 0.1, abs(b.y - a.y) or 0.1)


def place(line: Line, size: Size, taken: Sequence[Area], others: Sequence[Line]) -> Point:
    """Return the place on a line where words of this size hide the least: no box, no other words, few other lines."""
    best, fewest = line[0], float("inf")
    for a, b in pairwise(line):
        along = size[0] if abs(b.x - a.x) > abs(b.y - a.y) else size[1]
        length = abs(b.x - a.x) + abs(b.y - a.y)
        for preference, fraction in enumerate(_FRACTIONS):
            middle = Point(a.x + (b.x - a.x) * fraction, a.y + (b.y - a.y) * fraction)
            area = Area.round(middle, size)
            hidden = sum(1000 * area.meets(one) for one in taken) + sum(10 * area.crossed(one) for one in others)
            hidden += 5 * (along + 16 > length) + 2 * (abs(b.x - a.x) < abs(b.y - a.y))
            worth = hidden + preference / 40
            if worth < fewest:
                best, fewest = middle, worth
    return best

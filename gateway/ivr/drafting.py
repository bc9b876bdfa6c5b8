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

    def met(self, others: "Sequence[Area]") -> int:
        """Return how many of these overlap it."""
        left, right, top, low = self.x, self.x + self.width, self.y, self.y + self.height
        return sum(
            left < one.x + one.width and one.x < right and top < one.y + one.height and one.y < low for one in others
        )


def _span(a: Point, b: Point) -> Area:
    return Area(min(a.x, b.x), min(a.y, b.y), abs(b.x - a.x) or 0.1, abs(b.y - a.y) or 0.1)


def place(line: Line, size: Size, taken: Sequence[Area], others: Sequence[Line]) -> Point:
    """Return the place on a line where words of this size hide the least: no box, no other words, few other lines."""
    best, fewest = line[0], float("inf")
    spans = [_span(a, b) for other in others for a, b in pairwise(other)]
    for a, b in pairwise(line):
        along = size[0] if abs(b.x - a.x) > abs(b.y - a.y) else size[1]
        length = abs(b.x - a.x) + abs(b.y - a.y)
        piece = 5 * (along + 16 > length) + 2 * (abs(b.x - a.x) < abs(b.y - a.y))
        for preference, fraction in enumerate(_FRACTIONS):
            worth = piece + preference / 40
            if worth >= fewest:
                break  # it only grows, whatever the place hides
            middle = Point(a.x + (b.x - a.x) * fraction, a.y + (b.y - a.y) * fraction)
            area = Area.round(middle, size)
            worth += 1000 * area.met(taken)
            if worth < fewest:
                worth += 10 * area.met(spans)
            if worth < fewest:
                best, fewest = middle, worth
    return best

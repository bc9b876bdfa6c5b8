"""What a benchmark found, and how it is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is compared with and what it should reach.

    `baseline` was measured in the same run, in the same unit. `goal` is a bound: at least, or at most when `lower`.
    """

    row: str
    what: str
    value: float | None  # None: never, within the time it was given
    unit: str
    goal: float | None = None
    lower: bool = False
    baseline: float | None = None
    against: str = ""

    @property
    def ratio(self) -> float | None:
        """Return how many times the baseline it is."""
        return self.value / self.baseline if self.value is not None and self.baseline else None

    @property
    def reached(self) -> bool | None:
        """Return whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        if self.value is None:
            return False
        return self.value <= self.goal if self.lower else self.value >= self.goal

    def cells(self) -> list[str]:
        """Return the cells of its line."""
        value = "never" if self.value is None else f"{_number(self.value)} {self.unit}".strip()
        base = f"{self.against}: {_number(self.baseline)}" if self.baseline is not None else ""
        ratio = f"{_number(self.ratio)} ×" if self.ratio else ""
        return [self.row, self.what, value, base, ratio, self._aim()]

    def _aim(self) -> str:
        if self.goal is None:
            return ""
        bound = f"{'≤' if self.lower else '≥'} {_number(self.goal)} {self.unit}".strip()
        return f"{bound} {'✓' if self.reached else '✗'}"

    def plain(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self) | {"ratio": self.ratio, "reached": self.reached}


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of all do not exceed. Raises `ValueError` for none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """Return a Markdown table."""
    head = ["Row", "What", "Measured", "Baseline, same run", "Ratio", "To reach"]
    lines = [head, ["---"] * len(head), *(figure.cells() for figure in figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"

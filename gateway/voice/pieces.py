"""A sentence from the pieces that are there: the fewest that say it, with its pauses. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# Seconds of silence that a sign asks for.
PAUSES: Final[Mapping[str, float]] = {
    "、": 0.08, "，": 0.14, "；": 0.22, "：": 0.18, "。": 0.28, "！": 0.28, "？": 0.28,
}  # fmt: skip
GAP: Final = 0.035  # seconds between two pieces of one breath: less sounds clipped, more sounds chopped


@dataclass(frozen=True, slots=True)
class Said:
    """One piece, and the seconds of silence behind it."""

    spoken: str
    pause: float


class Pieces:
    """All that can be said at once."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take the texts of clips. Of a text with and without a sign at its end the one without is a piece."""
        self._of: dict[str, str] = {}
        for text in sorted(texts, key=len, reverse=True):
            self._of[_bare(text)] = text
        self._longest = max(map(len, self._of), default=0)

    def cut(self, clause: str) -> list[Said] | None:
        """Return what to play one after the other, or None when a part of it is not among the pieces."""
        clause = clause.upper()
        best: list[tuple[int, str]] = [(0, "")] + [(len(clause) + 1, "")] * len(clause)  # pieces up to here, the last
        for end in range(1, len(clause) + 1):
            if clause[end - 1] in PAUSES or clause[end - 1].isspace():
                best[end] = (best[end - 1][0], clause[end - 1])
                continue
            for start in range(max(0, end - self._longest), end):
                piece = clause[start:end]
                if piece in self._of and best[start][0] + 1 < best[end][0]:
                    best[end] = (best[start][0] + 1, piece)
        return self._walked(clause, best)

    def _walked(self, clause: str, best: list[tuple[int, str]]) -> list[Said] | None:
        end, pause = len(clause), 0.0
        said: list[Said] = []
        while end:
            pieces, last = best[end]
            if pieces > len(clause):
                return None
            if last in PAUSES or last.isspace():
                pause = max(pause, PAUSES.get(last, GAP))
            else:
                text = self._of[last]
                silent_already = PAUSES.get(text[-1], 0.0)
                said.append(Said(text, max(0.0, (pause or GAP) - silent_already)))
                pause = 0.0
            end -= len(last)
        return said[::-1] or None


def _bare(text: str) -> str:
    return text.rstrip("".join(PAUSES)).upper()

"""What a draft comes to over many records, added up one by one."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Bench, Size, Source, Utterance
from gateway.domain.reply import Clause
from gateway.domain.safety import comes_late, forbidden, missing

_LONGEST: Final = 10
_SHOWN_FAULTS: Final = 20
_BIN: Final = 10  # characters a bar


class Findings:
    """What is learned of the rows."""

    def __init__(self, draft: Source, bench: Bench, live: Bench | None, explained: Callable[[str], str]) -> None:
        self._draft, self._bench, self._live, self._explained = draft, bench, live, explained
        self.rows = self.segments = self.live_segments = self.most_must = self.live_most_must = 0
        self.most_sounds = self.live_most_sounds = 0
        self.bins: Counter[int] = Counter()
        self.kept: Counter[tuple[int, ...]] = Counter()
        self.lengths: Counter[int] = Counter()
        self.longest: list[tuple[int, str, Size]] = []
        self.faults: list[tuple[str, str]] = []
        self.failed = 0
        self.unsafe: Counter[str] = Counter()

    def take(self, id_: str, clause: Clause) -> None:
        """Add one."""
        live = self._size(self._live, clause)
        try:
            proof = self._bench.proof(clause)
            said = self._bench.utterance(clause)
        except TemplateFault as err:
            if live is None and self._live is not None:
                return  # in the words that are live it cannot be said either: it never comes to this verdict
            self.failed += 1
            if len(self.faults) < _SHOWN_FAULTS:
                self.faults.append((id_, self._explained(str(err))))
            return
        size = proof.size
        self.rows += 1
        self.segments += size.segments
        self.live_segments += live.segments if live else size.segments
        self.most_must = max(self.most_must, size.must_segments)
        self.live_most_must = max(self.live_most_must, live.must_segments if live else 1)
        self.bins[(size.units - 1) // _BIN] += 1
        self.lengths[size.units] += 1
        self.kept[size.dropped] += 1
        for group in missing(self._draft.name, proof.must):
            self.unsafe["缺“" + "”或“".join(group) + "”"] += 1
        for word in forbidden(self._draft.name, proof.text):
            self.unsafe[f"不能说“{word}”"] += 1
        if self._draft.voice:
            self._hear(said, clause)
        self.longest.append((size.whole, id_, size))
        if len(self.longest) > 10 * _LONGEST:
            self._cut()

    def _hear(self, said: Utterance, clause: Clause) -> None:
        name = self._draft.name
        for group in missing(name, "".join(said.must)):
            self.unsafe["语音缺“" + "”或“".join(group) + "”"] += 1
        for word in forbidden(name, "".join(said.clauses)):
            self.unsafe[f"语音不能说“{word}”"] += 1
        if late := comes_late(name, said.clauses):
            self.unsafe["语音第一句没有“" + "”或“".join(late) + "”"] += 1
        self.most_sounds = max(self.most_sounds, said.sounds)
        try:
            live = self._live.utterance(clause).sounds if self._live else 0
        except TemplateFault:
            live = 0
        self.live_most_sounds = max(self.live_most_sounds, live)

    def _cut(self) -> None:
        self.longest = sorted(self.longest, key=lambda one: (-one[0], one[1]))[:_LONGEST]

    @staticmethod
    def _size(bench: Bench | None, clause: Clause) -> Size | None:
        try:
            return bench.size(clause) if bench else None
        except TemplateFault:
            return None

    def result(self, total: int, sampled: int, meeting: int, seconds: float) -> dict[str, Any]:
        """Return it as it is kept."""
        self._cut()
        by_length = sorted(self.lengths.elements())
        return {
            "total": total,
            "sampled": sampled,
            "meeting": meeting,
            "rows": self.rows,
            "seconds": round(seconds, 2),
            "segments": self.segments,
            "live_segments": self.live_segments,
            "must_segments": self.most_must,
            "live_must_segments": self.live_most_must,
            "must_sounds": self.most_sounds,
            "live_must_sounds": self.live_most_sounds,
            "bins": [[low * _BIN + 1, (low + 1) * _BIN, self.bins[low]] for low in _span(self.bins)],
            "kept": [[list(levels), count] for levels, count in sorted(self.kept.items(), key=lambda k: len(k[0]))],
            "shortest_units": by_length[0] if by_length else 0,
            "median_units": by_length[len(by_length) // 2] if by_length else 0,
            "longest_units": by_length[-1] if by_length else 0,
            "longest": [
                {"id": id_, "whole": size.whole, "units": size.units, "segments": size.segments,
                 "dropped": list(size.dropped)}
                for _, id_, size in self.longest
            ],
            "failed": self.failed,
            "faults": [list(fault) for fault in self.faults],
            "unsafe": dict(self.unsafe),
        }  # fmt: skip


def _span(bins: "Counter[int]") -> range:
    """Return the bins to show: from the least to the greatest, ten at most."""
    if not bins:
        return range(0)
    return range(max(min(bins), max(bins) - 9), max(bins) + 1)

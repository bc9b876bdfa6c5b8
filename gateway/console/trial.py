"""A draft over many records, and over the last questions: what citizens would receive, before they do.

Both run beside the service, a slice at a time on a thread, and write how far they are; any page shows it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from gateway.console.difference import difference, signature
from gateway.domain.classes import short_name
from gateway.domain.errors import StoreDown, TemplateFault
from gateway.domain.judgement import clause as clause_of
from gateway.domain.proof import COMMON, Bench, Size, Source, Workshop
from gateway.domain.records.registry import REGISTRY
from gateway.domain.reply import Clause
from gateway.domain.safety import forbidden, missing, verdict_of
from gateway.domain.specimens import notice, on_record, verdicts_of
from gateway.domain.trace import Label, LabelState, Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from gateway.filing.books import Archive
from gateway.filing.wordings import Asked, Row, Trial
from gateway.ports import Clock

log = logging.getLogger(__name__)

MOST_ROWS: Final = 10_000
MOST_ASKED: Final = 1_000
_SLICE: Final = 200  # rows between two breaths
_NOTED: Final = 5  # slices between two notes of how far it is
_LONGEST: Final = 10
_SHOWN_FAULTS: Final = 20
_BIN: Final = 10  # characters a bar
_SHOWN_GROUPS: Final = 20


@dataclass(slots=True)
class Backstage:
    """Where long work runs: owned by the service, so that it ends with it."""

    _waiting: "asyncio.Queue[Callable[[], Coroutine[Any, Any, None]]]" = field(default_factory=asyncio.Queue)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have it run behind."""
        self._waiting.put_nowait(work)

    async def run(self) -> None:
        """Run what is started, two at a time, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(self._serve(), name="backstage")

    async def _serve(self) -> None:
        while True:
            work = await self._waiting.get()
            try:
                await work()
            except Exception:  # the next one must run all the same
                log.exception("work behind the console failed")


def concerned(workshop: Workshop, record_type: str, name: str) -> list[str]:
    """Return the record types whose answers are said in these words."""
    if record_type != COMMON:
        return [record_type]
    own, verdict = set(workshop.keys()), verdict_of(name)
    return [kind for kind in REGISTRY if verdict in verdicts_of(kind) and (kind, name) not in own]


def clauses(source: Source, rows: Sequence[tuple[str, Row]], now: datetime) -> Iterator[tuple[str, Clause, bool]]:
    """Return each row's clause for these words, and whether the row comes to their verdict."""
    for record_type, row in rows:
        clause, meets = on_record(record_type, source.name, row.record, row.key, row.source_at, now)
        yield f"{record_type}/{row.key}", clause, meets


class _Sum:
    """What is learned of the rows."""

    def __init__(self, draft: Source, bench: Bench, live: Bench | None, explained: Callable[[str], str]) -> None:
        self._draft, self._bench, self._live, self._explained = draft, bench, live, explained
        self.rows = self.segments = self.live_segments = self.most_must = self.live_most_must = 0
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
            if self._draft.voice:
                self._bench.spoken(clause)
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
        self.longest.append((size.whole, id_, size))
        if len(self.longest) > 10 * _LONGEST:
            self._cut()

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


@dataclass(frozen=True, slots=True)
class Trials:
    """Runs them, and has them written."""

    archive: Archive
    workshop: Workshop
    clock: Clock
    backstage: Backstage

    async def start(self, kind: str, draft: Source, hashed: str, live: Source | None) -> None:
        """Begin one: from now on it can be seen."""
        now = self.clock.now()
        trial = Trial(draft.record_type, draft.name, kind, hashed, "running", 0, 0, now, now, None)
        await self.archive.act(lambda books: books.wordings.put_trial(trial))
        self.backstage.start(lambda: self._safely(trial, draft, live))

    async def _safely(self, trial: Trial, draft: Source, live: Source | None) -> None:
        try:
            bench = self.workshop.bench(draft)
            live_bench = self.workshop.bench(live) if live else None
            run = self._trial if trial.kind == "trial" else self._replay
            result = await run(trial, draft, bench, live_bench)
            await self._note(replace(trial, state="done", result=result))
        except TemplateFault as err:
            await self._note(replace(trial, state="failed", result={"why": self.workshop.explained(str(err))}))
        except StoreDown as err:
            log.warning("a trial could not be finished", extra={"reason": str(err)})

    async def _trial(self, trial: Trial, draft: Source, bench: Bench, live: Bench | None) -> dict[str, Any]:
        begun, summed, meeting = self.clock.now(), _Sum(draft, bench, live, self.workshop.explained), 0
        special = notice(draft.name, begun)
        if special:
            for at, clause in enumerate(special, 1):
                summed.take(f"例{at}", clause)
            return summed.result(len(special), len(special), len(special), self._since(begun))
        kinds = concerned(self.workshop, *draft.key)
        total, ids = await self.archive.look(lambda books: books.wordings.sample(kinds, MOST_ROWS))
        others: list[tuple[str, Clause]] = []
        for at in range(0, len(ids), _SLICE):
            some = ids[at : at + _SLICE]
            rows = await self.archive.look(lambda books, some=some: books.wordings.rows(some))  # type: ignore[misc] # bound now
            named = [(row.record_type, row) for row in rows]
            met, unmet = await asyncio.to_thread(_take, summed, draft, named, begun)
            meeting += met
            if not meeting and len(others) < MOST_ROWS:
                others += unmet
            if at // _SLICE % _NOTED == 0:
                await self._note(replace(trial, done=at + len(some), total=len(ids)))
        if not meeting:  # nothing comes to this verdict just now: what it would say of all
            for at in range(0, len(others), _SLICE):
                await asyncio.to_thread(_take_all, summed, others[at : at + _SLICE])
        return summed.result(total, len(ids), meeting, self._since(begun))

    async def _replay(self, trial: Trial, draft: Source, bench: Bench, live: Bench | None) -> dict[str, Any]:
        begun = self.clock.now()
        asked = await self.archive.look(lambda books: books.wordings.asked(MOST_ASKED))
        kinds = frozenset(concerned(self.workshop, *draft.key))
        used = [
            one
            for one in asked
            if one.verdict.lower() == draft.name and (one.record_type or COMMON) in kinds | {COMMON}
        ]
        groups: dict[str, dict[str, Any]] = {}
        changed = unsaid = 0
        for at in range(0, len(used), _SLICE):
            some = used[at : at + _SLICE]
            for one, texts in zip(some, await asyncio.to_thread(_both, some, bench, live, begun), strict=True):
                if texts is None:
                    unsaid += 1
                    continue
                before, after = texts
                if before == after:
                    continue
                changed += 1
                runs = difference(before, after)
                group = groups.setdefault(signature(runs), {"count": 0, "examples": []})
                group["count"] += 1
                if len(group["examples"]) < 2:
                    group["examples"].append({"at": one.at.isoformat(), "shown": one.shown, "runs": runs})
            await self._note(replace(trial, done=at + len(some), total=len(used)))
        ordered = sorted(groups.values(), key=lambda group: -group["count"])
        return {
            "asked": len({one.inquiry for one in asked}),
            "used": len(used),
            "changed": changed,
            "unsaid": unsaid,
            "verdicts": 0,  # words are chosen by the verdict, never the verdict by words
            "groups": ordered[:_SHOWN_GROUPS],
            "seconds": round(self._since(begun), 2),
        }

    def _since(self, begun: datetime) -> float:
        return (self.clock.now() - begun).total_seconds()

    async def _note(self, trial: Trial) -> None:
        """Write how it stands, unless another draft's has begun meanwhile."""
        now = self.clock.now()

        def work(books: Any) -> None:  # noqa: ANN401 - the books
            known = books.wordings.trial(trial.record_type, trial.name, trial.kind)
            if known is None or (known.hash == trial.hash and known.started_at == trial.started_at):
                books.wordings.put_trial(replace(trial, seen_at=now))

        await self.archive.act(work)


def _take(
    summed: _Sum, draft: Source, rows: Sequence[tuple[str, Row]], now: datetime
) -> tuple[int, list[tuple[str, Clause]]]:
    met, unmet = 0, []
    for id_, clause, meets in clauses(draft, rows, now):
        if meets:
            met += 1
            summed.take(id_, clause)
        else:
            unmet.append((id_, clause))
    return met, unmet


def _take_all(summed: _Sum, clauses: Sequence[tuple[str, Clause]]) -> None:
    for one in clauses:
        summed.take(*one)


def _both(asked: Sequence[Asked], bench: Bench, live: Bench | None, now: datetime) -> list[tuple[str, str] | None]:
    return [_texts(one, bench, live, now) for one in asked]


def _texts(asked: Asked, bench: Bench, live: Bench | None, now: datetime) -> tuple[str, str] | None:
    """Return what an answer said, and what it would say; None where it cannot be said again."""
    clause = _said(asked, now)
    try:
        after = bench.proof(clause).text
        return (live.proof(clause).text if live else ""), after
    except TemplateFault:  # the record is gone, or no longer what it was
        return None


def _said(asked: Asked, now: datetime) -> Clause:
    special = notice(asked.verdict.lower(), now)
    if special:
        return special[0]
    kind = REGISTRY.get(asked.record_type or "")
    label = Label(LabelState.ACTIVE, kind.policy) if kind and kind.labelled else None
    row = asked.row
    trace = Trace(
        asked.code or "", asked.record_type, label, row.record if row else None, row.source_at if row else None
    )
    decision = Decision(Verdict(asked.verdict), asked.rule, asked.reasons)
    return clause_of(trace, Standing(asked.query_count, asked.first_at), decision, asked.at)


def title(name: str) -> str:
    """Return what the words of a verdict or a notice are called."""
    verdict = verdict_of(name)
    return short_name(verdict) if verdict else NOTICES.get(name, name)


NOTICES: Final = {
    "help": "使用说明",
    "report_received": "举报受理",
    "report_closed": "举报办结",
    "optout_done": "退订",
    "resend": "请重发",
    "danger": "险情先做什么",
    "contact": "人工服务",
    "test_label": "测试标签",
    "example": "示例编码",
    "corrected": "改了一个字",
    "pin_wrong": "密码不对",
    "pin_locked": "密码锁定",
    "reminder_list": "到检明细",
    "inspection_reminder": "到检提醒",
    "station_answer": "答充装站",
    "office_answer": "答车管所",
    "lift_alert": "电梯告警",
    "alert_acknowledged": "告警已确认",
    "interval_warning": "采收过早",
}

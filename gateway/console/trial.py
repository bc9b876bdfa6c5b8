"""A draft over many records, and over the last questions: what citizens would receive, before they do.

Both run beside the service, a slice at a time on a thread, and write how far they are; any page shows it.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from gateway.console.backstage import Backstage
from gateway.console.difference import difference, signature
from gateway.console.findings import Findings
from gateway.domain.errors import StoreDown, TemplateFault
from gateway.domain.judgement import clause as clause_of
from gateway.domain.proof import COMMON, Bench, Source, Workshop
from gateway.domain.records.registry import REGISTRY
from gateway.domain.reply import Clause
from gateway.domain.safety import verdict_of
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
_SHOWN_GROUPS: Final = 20


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
        begun, summed, meeting = self.clock.now(), Findings(draft, bench, live, self.workshop.explained), 0
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
    summed: Findings, draft: Source, rows: Sequence[tuple[str, Row]], now: datetime
) -> tuple[int, list[tuple[str, Clause]]]:
    met, unmet = 0, []
    for id_, clause, meets in clauses(draft, rows, now):
        if meets:
            met += 1
            summed.take(id_, clause)
        else:
            unmet.append((id_, clause))
    return met, unmet


def _take_all(summed: Findings, clauses: Sequence[tuple[str, Clause]]) -> None:
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

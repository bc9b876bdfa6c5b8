"""Speaks answers before anybody calls (DESIGN 5): what changed first, then all that may be asked for, page by page.

What is put together from pieces while a caller waits is not heard as well as a clause in one breath.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Protocol

from gateway.domain import judgement
from gateway.domain.calendar import today
from gateway.domain.code import is_issued, klass, version
from gateway.domain.records.registry import REGISTRY
from gateway.domain.reply import Clause
from gateway.domain.trace import Label, LabelState, Standing, Trace
from gateway.filing.books import Archive, Books
from gateway.ports import Lookup

PAGE: Final = 10  # records looked at in one go: some tens of milliseconds beside the callers
MOST: Final = 2000  # records of a type in one walk: what the cache holds is less than a city's cylinders
ENOUGH: Final = 50  # clauses that wait to be spoken: more would only grow old
# Stand in for the code of a label that nobody has asked for yet; what differs between them is not worth speaking.
_ANY_CODE: Final = "1688012345678904", "3100000000000017"


class Voice(Protocol):
    """Words for the ear."""

    def spoken(self, clauses: Sequence[Clause]) -> tuple[str, ...]:
        """Return what is said, in order. Raises `TemplateFault`."""
        ...

    @property
    def changes(self) -> int:
        """Return how often the words have changed since the start."""
        ...


class Studio(Protocol):
    """Where clauses are spoken ahead of need, behind all callers."""

    @property
    def engines(self) -> int:
        """Return how many engines can speak now."""
        ...

    @property
    def to_prepare(self) -> int:
        """Return how many clauses wait to be spoken."""
        ...

    @property
    def roomy(self) -> bool:
        """Return whether one more clause drives out none that is kept."""
        ...

    def prepare(self, clauses: Sequence[str]) -> int:
        """Have sounds made ahead of need; return how many are to be made."""
        ...


@dataclass(slots=True)
class SpeakingAhead:
    """Has clauses spoken until all of a walk are there; a new day, an imported file and published words begin another.

    `fixed` returns the lines that are the same in all answers, and is called in a thread of its own.
    """

    archive: Archive
    voice: Voice
    studio: Studio
    fixed: Callable[[], Sequence[str]]
    _walked: tuple[date, int, int] | None = None  # the day, the files and the words known when this walk began
    _walk: Iterator[str] = field(default_factory=lambda: iter(()))  # the types whose turn it is
    _at: dict[str, str] = field(default_factory=dict)  # type -> id of the last record looked at
    _seen: dict[str, int] = field(default_factory=dict)
    _since: datetime | None = None  # events after this have not been looked at

    async def round(self, now: datetime) -> int:
        """Look at one page; return how many clauses that made. Raises `StoreDown`: the next round looks again."""
        if not self.studio.engines or self.studio.to_prepare >= ENOUGH or not self.studio.roomy:
            return 0
        made = await self._begun(now)
        since = self._since or now
        news = await self.archive.look(lambda books: books.prospects.changed(since, PAGE * PAGE))
        made += await self._prepared(news, now)
        self._since = now
        kind = next((kind for kind in self._walk if kind in self._at), None)
        if kind is not None:
            made += await self._stepped(kind, now)
        return made

    async def _begun(self, now: datetime) -> int:
        """Begin a walk where one is due: verdicts pass with the days, files bring records without an event."""
        due = today(now), await self.archive.look(lambda books: books.prospects.imported()), self.voice.changes
        if due == self._walked:
            return 0
        made = self.studio.prepare(await asyncio.to_thread(self.fixed))
        self._walked, self._at, self._seen = due, dict.fromkeys(REGISTRY, ""), {}
        self._walk = self._turns()
        return made

    def _turns(self) -> Iterator[str]:
        """Return the types in turn for as long as one has records left: none waits for another's thousands."""
        while self._at:
            yield from list(self._at)

    async def _stepped(self, kind: str, now: datetime) -> int:
        after = self._at[kind]
        page = await self.archive.look(lambda books: books.prospects.after(after, kind, PAGE))
        made = await self._prepared(page, now)
        self._seen[kind] = self._seen.get(kind, 0) + len(page)
        if len(page) < PAGE or self._seen[kind] >= MOST:
            del self._at[kind]
        else:
            self._at[kind] = page[-1]
        return made

    async def _prepared(self, record_ids: Sequence[str], now: datetime) -> int:
        made = 0
        for traces in await self.archive.look(lambda books: _traces(books, record_ids)):
            made += self.studio.prepare(_common([self._said(trace, now) for trace in traces]))
            await asyncio.sleep(0)  # a caller's turn
        return made

    def _said(self, trace: Trace, now: datetime) -> tuple[str, ...]:
        """Return the words of the first question for a thing."""
        standing = Standing(1, now)
        decision = judgement.decide(trace, standing, now)
        return self.voice.spoken([judgement.clause(trace, standing, decision, now)])


def _common(said: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the clauses that are said whatever the code is."""
    return [clause for clause in said[0] if all(clause in other for other in said[1:])]


def _traces(books: Books, record_ids: Sequence[str]) -> list[list[Trace]]:
    """Return what a question for each record finds; several where its code is not known, one for each stand-in."""
    codes = books.prospects.codes(record_ids) if record_ids else {}
    lookups = {id_: _lookup(books, id_, codes.get(id_)) for id_ in record_ids}
    found = books.traces.find(lookups.values())
    traces = [found[lookup.key] for lookup in lookups.values()]
    return [_asked(trace) for trace in traces if trace.record is not None]


def _lookup(books: Books, record_id: str, code: str | None) -> Lookup:
    kind, _, key = record_id.partition("/")
    if code is None or not is_issued(code):  # a foreign code, kept as a hash
        return Lookup(key, kind, record_id=record_id)
    return Lookup(code, kind, klass(code), version(code), books.codes.index_of(code))


def _asked(trace: Trace) -> list[Trace]:
    kind = REGISTRY[trace.record_type or ""]
    if trace.label is not None or not kind.labelled or kind.by_key:
        return [trace]
    label = Label(LabelState.ACTIVE, kind.policy)
    return [replace(trace, code=code, label=label) for code in _ANY_CODE]

"""A question answered as it would be, and taken back: nothing is counted, kept or sent.

It goes the very way of a real one, in a transaction that is then undone, so that its answer cannot be another.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn
from uuid import UUID

from gateway.domain.access import Badge, Role
from gateway.domain.address import Address
from gateway.domain.inquiry import Inquiry
from gateway.domain.question import Question
from gateway.domain.reply import Clause, Reply
from gateway.domain.trace import Standing, Trace
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked, Replied
from gateway.ports import Admission, Clock, Count, Identities, Ledger, Lookup, Renderer, TraceStore, Unit
from gateway.text.normalise import normalise

_ALLOWED: Final = Admission(allowed=True)
_NOWHERE: Final = "try"


class Whom(StrEnum):
    """Who asks."""

    FIRST = "first"  # somebody who never asked before
    AGAIN = "again"  # the same who just asked
    AFTER = "after"  # somebody after another has asked
    HIDDEN = "hidden"  # a caller who withholds his number
    STATION = "station"  # a registered phone that showed its PIN


@dataclass(frozen=True, slots=True)
class Scene:
    """One question, by whom, and how things stand."""

    text: str
    whom: Whom = Whom.FIRST
    number: str = ""  # a number of the person's own; empty: nobody's
    station: str = ""  # the party whose phone it is
    dialled: bool = False  # it was keyed in a call
    away: bool = False  # the database is away


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would have been answered, and how long each step took, in milliseconds."""

    normalised: str
    question: Question
    replied: Replied
    spoken: tuple[str, ...]
    took: Mapping[str, float]  # read, find, judge, write, say
    standings: tuple[Standing, ...] = ()


class _UndoneError(Exception):
    """Carries the answer out of the transaction that it undoes."""

    def __init__(self, replied: Replied) -> None:
        super().__init__("undone")
        self.replied = replied


@dataclass(slots=True)
class _Watch:
    """Adds up where the time goes."""

    took: dict[str, float] = field(default_factory=dict)

    def add(self, step: str, begun: float) -> None:
        self.took[step] = self.took.get(step, 0.0) + (time.perf_counter() - begun) * 1000


@dataclass(frozen=True, slots=True)
class _WatchedTraces:
    traces: TraceStore
    watch: _Watch

    def find(self, lookups: Collection[Lookup]) -> dict[str, Trace]:
        begun = time.perf_counter()
        found = self.traces.find(lookups)
        self.watch.add("find", begun)
        return found

    def count(self, queries: Sequence[Count]) -> list[Standing]:
        begun = time.perf_counter()
        counted = self.traces.count(queries)
        self.watch.add("count", begun)
        return counted


class _WatchedUnit:
    """A unit whose look-ups are timed."""

    def __init__(self, unit: Unit, watch: _Watch) -> None:
        self.inbox, self.outbox, self.receipts = unit.inbox, unit.outbox, unit.receipts
        self.tickets, self.replays = unit.tickets, unit.replays
        self.alerts, self.reminders = unit.alerts, unit.reminders
        self.traces = _WatchedTraces(unit.traces, watch)


@dataclass(frozen=True, slots=True)
class _WatchedRenderer:
    renderer: Renderer
    watch: _Watch

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        begun = time.perf_counter()
        reply = self.renderer.reply(clauses)
        self.watch.add("write", begun)
        return reply


class Rehearsal:
    """Answers without consequence."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        identities: Identities,
        read: Callable[[str], Question],
        keyed: Callable[[str], Question],
        say: Callable[[Sequence[Clause]], tuple[str, ...]],
        mint: Callable[[], UUID],
        clock: Clock,
    ) -> None:
        """`read` understands texts, `keyed` what was dialled, `say` words clauses for the ear."""
        self._ledger, self._desk, self._identities = ledger, desk, identities
        self._read, self._keyed, self._say, self._mint, self._clock = read, keyed, say, mint, clock

    async def play(self, scene: Scene) -> Rehearsed:
        """Answer a question and take it back. Raises `StoreDown`, and `TemplateFault` for bad words."""
        watch = _Watch()
        begun = time.perf_counter()
        normalised = normalise(scene.text)
        watch.add("normalise", begun)
        begun = time.perf_counter()
        question = self._keyed(normalised) if scene.dialled else self._read(scene.text)
        watch.add("read", begun)
        desk = Desk(_WatchedRenderer(self._desk.renderer, watch), self._desk.codes)
        replied = await self._answered(desk, scene, question, watch)
        begun = time.perf_counter()
        spoken = self._say(replied.clauses) if replied.clauses else ()
        watch.add("say", begun)
        standings = tuple(answer.standing for answer in replied.answers)
        return Rehearsed(normalised, question, replied, spoken, watch.took, standings)

    async def _answered(self, desk: Desk, scene: Scene, question: Question, watch: _Watch) -> Replied:
        address = Address("" if scene.whom is Whom.HIDDEN else Address.parse(scene.number).number)
        # A number nobody has: nothing was ever asked by it.
        querier = self._identities.querier(address)
        asked = self._asked(scene, question, address, querier)
        if scene.away:
            return desk.unavailable(asked)

        def work(unit: Unit) -> NoReturn:
            now = self._clock.now()
            if scene.whom in (Whom.AGAIN, Whom.AFTER):
                before = querier if scene.whom is Whom.AGAIN else self._identities.querier(Address(""))
                self._desk.answer_new(unit, [self._asked(scene, question, address, before)], now)
            begun = time.perf_counter()
            replied = desk.answer_new(_WatchedUnit(unit, watch), [asked], now)[0]
            watch.add("answer", begun)
            raise _UndoneError(replied)

        try:
            await self._ledger.run(work)
        except _UndoneError as undone:
            return undone.replied
        raise AssertionError("a rehearsal undoes itself")

    def _asked(self, scene: Scene, question: Question, address: Address, querier: bytes) -> Asked:
        inquiry = Inquiry(
            id=self._mint(),
            channel=_NOWHERE,
            account=_NOWHERE,
            sender=address,
            destination=Address(_NOWHERE),
            querier=querier,
            text=question.redacted,
            received_at=self._clock.now(),
        )
        badge = Badge(Role.STATION, scene.station) if scene.whom is Whom.STATION and scene.station else None
        return Asked(inquiry, question, _ALLOWED, badge)

"""The page to read first: from a question to what its sender will read, counted in the same transaction.

Set-wise: one call answers a batch, with a handful of statements however long it is. In a batch the order
of questions is the order of their counts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain import judgement, notices, restricted
from gateway.domain.access import Badge, PinFault, Role
from gateway.domain.code import (
    EXAMPLE,
    TEST_CLASS,
    CodeBook,
    klass,
    record_type,
    version,
)
from gateway.domain.inquiry import InquiryState
from gateway.domain.question import Token, TokenKind
from gateway.domain.records.station import Station
from gateway.domain.reply import Clause, Reply
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from gateway.pipeline.draft import Asked, Draft, Replied
from gateway.pipeline.intents import admit
from gateway.ports import Answered, Count, Ended, Lookup, Renderer, Unit

# Things asked for by what is written on them: their key is their record's.
_UNLABELLED = {TokenKind.LIFT: "lift", TokenKind.PLATE: "vehicle"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are answered: the words, the code book, and who may be told."""

    renderer: Renderer
    codes: CodeBook

    def answer(self, unit: Unit, asked: Sequence[Asked], now: datetime) -> list[Replied]:
        """Count, judge and word a batch of questions; what another process has answered meanwhile is left out."""
        open_ones = unit.inbox.still_new([one.inquiry.id for one in asked])
        replied = self._answered([one for one in asked if one.inquiry.id in open_ones], unit, now)
        unit.inbox.end([_end(one) for one in replied], now)
        return replied

    def answer_new(self, unit: Unit, asked: Sequence[Asked], now: datetime) -> list[Replied]:
        """Count, judge and word questions that nobody has stored, and store them with that."""
        replied = self._answered(asked, unit, now)
        unit.inbox.add_ended([(one.inquiry, _end(one)) for one in replied], now)
        return replied

    def _answered(self, asked: Sequence[Asked], unit: Unit, now: datetime) -> list[Replied]:
        drafts = [Draft(one) for one in asked]
        told: dict[UUID, set[str]] = defaultdict(set)
        for draft in drafts:
            admit(draft, unit, told, now)
        self._judge([draft for draft in drafts if draft.tokens], unit, now)
        replied = [self._worded(draft) for draft in drafts]
        unit.inbox.answered([answer for one in replied for answer in one.answers])
        return replied

    def look(self, unit: Unit, asked: Sequence[Asked], now: datetime) -> list[Replied]:
        """Say what is known of codes without counting or keeping anything; their inquiries are `test` ones."""
        drafts = [Draft(one, one.question.tokens) for one in asked]
        for draft in drafts:
            if not draft.tokens:
                draft.fault(draft.asked.question.fault or Verdict.MALFORMED, "no code in it")
        self._judge([draft for draft in drafts if draft.tokens], unit, now)
        return [self._worded(draft) for draft in drafts]

    def give_up(self, unit: Unit, asked: Asked, now: datetime) -> Replied | None:
        """Tell that the answer cannot be had; final. None when it was answered meanwhile."""
        if asked.inquiry.id not in unit.inbox.still_new([asked.inquiry.id]):
            return None
        replied = self.unavailable(asked)
        unit.inbox.answered(replied.answers)
        unit.inbox.end([_end(replied)], now)
        return replied

    def unavailable(self, asked: Asked) -> Replied:
        """Say that the answer cannot be had just now: never that there is no such code (DOMAIN 0.3)."""
        draft = Draft(asked, state=InquiryState.UNAVAILABLE, reason="look-up failed")
        for token in asked.question.tokens or (None,):
            trace = Trace(token.key, self._kind(token)) if token else None
            draft.add(Decision(Verdict.UNAVAILABLE, "look-up failed"), token, trace)
        draft.say(notices.unavailable())
        return self._worded(draft)

    def _judge(self, drafts: Sequence[Draft], unit: Unit, now: datetime) -> None:
        """Look all codes up, count those that count, and decide."""
        if not drafts:
            return
        lookups = {t.key: self.lookup(t) for draft in drafts for t in draft.tokens}
        lookups |= {look.key: look for draft in drafts if (look := _of_station(draft.asked.badge))}
        traces = unit.traces.find(lookups.values())
        wanted = [(draft, token, traces[token.key]) for draft in drafts for token in draft.tokens]
        counted = [
            Count(token.key, draft.asked.inquiry.querier, draft.asked.inquiry.received_at)
            for draft, token, trace in wanted
            if _counted(draft, trace)
        ]
        standings = iter(unit.traces.count(counted))
        for draft, token, trace in wanted:
            standing = next(standings) if _counted(draft, trace) else Standing(0, trace.first_at)
            if not self._decide_for_badge(draft, token, trace, traces, now):
                self._decide(draft, token, trace, standing, now)

    @staticmethod
    def _decide_for_badge(draft: Draft, token: Token, trace: Trace, traces: Mapping[str, Trace], now: datetime) -> bool:
        """Tell a registered phone what its PIN opens; False where that is nothing."""
        badge = draft.asked.badge
        if not isinstance(badge, Badge):
            return False
        own = _of_station(badge)
        record = traces[own.key].record if own else None
        told = restricted.told(trace, badge.role, record if isinstance(record, Station) else None, now)
        if told is None:
            return False
        decision, clause = told
        draft.add(decision, token, trace)
        draft.say(clause)
        return True

    def _decide(self, draft: Draft, token: Token, trace: Trace, standing: Standing, now: datetime) -> None:
        if token.otherwise and not trace.found:
            if token.otherwise not in draft.faults:  # once is enough, however many there are
                draft.fault(token.otherwise, "fails its check and nobody registered it", token.key)
            return
        decision = judgement.decide(trace, standing, now)
        draft.add(decision, token, trace, standing)
        if token.kind is TokenKind.ISSUED and klass(token.key) == TEST_CLASS and trace.found:
            draft.clauses.append(notices.test_label())
        if token.corrected:
            draft.clauses.append(notices.corrected(token.key))
        draft.say(judgement.clause(trace, standing, decision, now, danger=draft.danger is not None))
        if token.key == EXAMPLE and not trace.found:
            draft.clauses.append(notices.example())

    def lookup(self, token: Token) -> Lookup:
        """Return what to look a token up by."""
        kind = self._kind(token)
        if token.kind is not TokenKind.ISSUED:
            return Lookup(token.key, kind, record_id=kind and f"{kind}/{token.key}")
        return Lookup(token.key, kind, klass(token.key), version(token.key), self.codes.index_of(token.key))

    @staticmethod
    def _kind(token: Token) -> str | None:
        return record_type(token.key) if token.kind is TokenKind.ISSUED else _UNLABELLED.get(token.kind)

    def _worded(self, draft: Draft) -> Replied:
        said = draft.clauses + draft.afterwards
        if draft.danger and (said or draft.state is InquiryState.REPLYING):  # what to do first is said first
            said.insert(0, notices.danger(draft.danger))
        reply = self.renderer.reply(said) if said else None
        inquiry, answers, traces = draft.asked.inquiry, _in_words(draft, said, reply), tuple(draft.traces)
        return Replied(inquiry, draft.intent, draft.state, draft.reason, answers, reply, tuple(said), traces)


def _in_words(draft: Draft, said: Sequence[Clause], reply: Reply | None) -> tuple[Answered, ...]:
    """Return the answers, each with the edition of the words it is told in."""
    if reply is None or not reply.editions or not draft.answers:
        return tuple(draft.answers)
    if len(said) == 1:
        return tuple([one.told_in(reply.editions[0]) for one in draft.answers])
    of = {id(clause): edition for clause, edition in zip(said, reply.editions, strict=True)}
    return tuple([one.told_in(of.get(id(draft.words.get(one.position)))) for one in draft.answers])


def _end(replied: Replied) -> Ended:
    return Ended(replied.inquiry.id, replied.state, replied.intent, replied.reason)


def _of_station(badge: Badge | PinFault | None) -> Lookup | None:
    """Return the look-up of the asking station's own record: whether it may fill depends on its licence."""
    if not isinstance(badge, Badge) or badge.role is not Role.STATION:
        return None
    return Lookup(f"station/{badge.party}", "station", record_id=f"station/{badge.party}")


def _counted(draft: Draft, trace: Trace) -> bool:
    return judgement.counts(trace) and not draft.asked.inquiry.test

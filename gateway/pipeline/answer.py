"""The page to read first: from a question to what its sender will read, counted in the same transaction.

Set-wise: one call answers a batch, with a handful of statements however long it is. In a batch the order
of questions is the order of their counts.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain import judgement, notices, pushes
from gateway.domain.access import Badge, PinFault
from gateway.domain.calendar import today
from gateway.domain.code import (
    EXAMPLE,
    TEST_CLASS,
    CodeBook,
    is_bar_code,
    is_ear_tag,
    is_id_number,
    klass,
    record_type,
    version,
)
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.notices import WrongKind
from gateway.domain.question import Intent, Need, Question, Token, TokenKind
from gateway.domain.reply import Clause, Reply
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from gateway.ports import Admission, Answered, Count, Ended, Lookup, Renderer, TicketDraft, Unit

# A complaint is decided on within seven working days (SAMR Order 20 of 2019, art. 14); nine days hold seven of them.
TICKET_DUE = timedelta(days=9)

_UNCOUNTED = Standing(0, None)
# Things asked for by what is written on them: their key is their record's.
_UNLABELLED = {TokenKind.LIFT: "lift", TokenKind.PLATE: "vehicle"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question understood and weighed against the limits, ready to be answered."""

    inquiry: Inquiry
    question: Question
    admission: Admission
    badge: Badge | PinFault | None = None  # what the PIN in it opens; None: there was none, or the phone is unknown


@dataclass(frozen=True, slots=True)
class Replied:
    """What one question came to; no `reply`: nothing is said. A call speaks its `clauses`."""

    inquiry: Inquiry
    intent: Intent
    state: InquiryState
    reason: str | None
    answers: tuple[Answered, ...] = ()
    reply: Reply | None = None
    clauses: tuple[Clause, ...] = ()
    traces: tuple[Trace | None, ...] = ()  # what each answer rests on

    @property
    def known(self) -> bool:
        """False when nothing that was asked for is known: what somebody who guesses codes gets."""
        return any(a.decision.verdict not in (Verdict.UNKNOWN, Verdict.MALFORMED) for a in self.answers)


@dataclass(slots=True)
class _Draft:
    """An answer in the making: clauses to say, answers to keep."""

    asked: Asked
    tokens: tuple[Token, ...] = ()
    answers: list[Answered] = field(default_factory=list)
    traces: list[Trace | None] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    afterwards: list[Clause] = field(default_factory=list)
    faults: set[Verdict] = field(default_factory=set)
    state: InquiryState = InquiryState.REPLYING
    reason: str | None = None

    def end(self, state: InquiryState, reason: str) -> None:
        self.state, self.reason = state, reason

    def add(
        self,
        decision: Decision,
        token: Token | None = None,
        trace: Trace | None = None,
        standing: Standing = _UNCOUNTED,
    ) -> None:
        position = len(self.answers) + 1
        key = token.key if token else None
        kind, record_id = (trace.record_type, trace.record_id) if trace else (None, None)
        self.answers.append(Answered(self.asked.inquiry.id, position, key, kind, decision, standing, record_id))
        self.traces.append(trace)

    def fault(self, verdict: Verdict, rule: str, key: str = "") -> None:
        self.faults.add(verdict)
        self.add(Decision(verdict, rule))
        if verdict is Verdict.WRONG_KIND:
            self.clauses.append(notices.wrong_kind(_wrong_kind(key)))
        else:
            self.clauses.append(notices.malformed(lift=self.asked.question.lift))

    @property
    def danger(self) -> Need | None:
        need = self.asked.question.need
        return need if need and need.danger else None

    @property
    def intent(self) -> Intent:
        asked = self.asked.question.intent
        only_faults = self.answers and all(a.decision.verdict in self.faults for a in self.answers)
        return Intent.MALFORMED if asked is Intent.QUERY and only_faults else asked


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are answered: the words, the code book, and who may be told."""

    renderer: Renderer
    codes: CodeBook

    def answer(self, unit: Unit, asked: Sequence[Asked], now: datetime) -> list[Replied]:
        """Count, judge and word a batch of questions; what another process has answered meanwhile is left out."""
        open_ones = unit.inbox.still_new([one.inquiry.id for one in asked])
        drafts = [_Draft(one) for one in asked if one.inquiry.id in open_ones]
        told: dict[UUID, set[str]] = defaultdict(set)
        for draft in drafts:
            self._admit(draft, unit, told, now)
        self._judge([draft for draft in drafts if draft.tokens], unit, now)
        replied = [self._worded(draft) for draft in drafts]
        unit.inbox.answered([answer for one in replied for answer in one.answers])
        unit.inbox.end([Ended(r.inquiry.id, r.state, r.intent, r.reason) for r in replied], now)
        return replied

    def look(self, unit: Unit, asked: Sequence[Asked], now: datetime) -> list[Replied]:
        """Say what is known of codes without counting or keeping anything; their inquiries are `test` ones."""
        drafts = [_Draft(one, one.question.tokens) for one in asked]
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
        unit.inbox.end([Ended(asked.inquiry.id, replied.state, replied.intent, replied.reason)], now)
        return replied

    def unavailable(self, asked: Asked) -> Replied:
        """Say that the answer cannot be had just now: never that there is no such code (DOMAIN 0.3)."""
        draft = _Draft(asked, state=InquiryState.UNAVAILABLE, reason="look-up failed")
        for token in asked.question.tokens or (None,):
            trace = Trace(token.key, self._kind(token)) if token else None
            draft.add(Decision(Verdict.UNAVAILABLE, "look-up failed"), token, trace)
        draft.clauses.append(notices.unavailable())
        return self._worded(draft)

    def _admit(self, draft: _Draft, unit: Unit, told: dict[UUID, set[str]], now: datetime) -> None:
        """Decide by intent and limits what is to be done; leaves the codes to look up in the draft."""
        inquiry, question, admission = draft.asked.inquiry, draft.asked.question, draft.asked.admission
        if not admission.allowed:
            draft.end(InquiryState.SUPPRESSED if admission.suppress else InquiryState.LIMITED, admission.reason)
            if admission.tell:
                draft.add(Decision(Verdict.RATE_LIMITED, admission.reason))
                draft.clauses.append(notices.rate_limited())
            return
        match question.intent:
            case Intent.QUERY:
                self._query(draft, unit, told)
            case Intent.REPORT:
                self._report(draft, unit, now)
            case Intent.OPTOUT:
                unit.inbox.opt_out(inquiry.querier, now)
                self._once_a_day(draft, unit, "optout", notices.opted_out(), now)
            case Intent.MALFORMED if not question.cut:
                draft.fault(question.fault or Verdict.MALFORMED, "no code in it")
            case Intent.HELP | Intent.NONE | Intent.MALFORMED:
                self._no_code(draft, unit, now)
            case Intent.ACK:
                self._acknowledge(draft, unit, now)
            case Intent.DETAIL:
                self._list(draft, unit, now)

    @staticmethod
    def _acknowledge(draft: _Draft, unit: Unit, now: datetime) -> None:
        inquiry, question = draft.asked.inquiry, draft.asked.question
        lifts = [token.key for token in question.tokens]
        known = unit.alerts.acknowledge(inquiry.querier, lifts, question.remark, now)
        if known:
            draft.clauses.append(pushes.alert_acknowledged(known))
        else:
            draft.end(InquiryState.SUPPRESSED, "nothing of ours to acknowledge")

    @staticmethod
    def _list(draft: _Draft, unit: Unit, now: datetime) -> None:
        told = unit.reminders.last_told(draft.asked.inquiry.querier)
        if told:
            items = [(judgement.shown(key, record_type), due) for record_type, key, due in told]
            draft.clauses.append(pushes.reminder_list(items, today(now)))
        else:
            draft.end(InquiryState.SUPPRESSED, "nothing of ours to list")

    def _query(self, draft: _Draft, unit: Unit, told: dict[UUID, set[str]]) -> None:
        """Leave out what a long text's earlier parts were answered: before, or just now in this batch (`told`)."""
        inquiry, question = draft.asked.inquiry, draft.asked.question
        if isinstance(draft.asked.badge, PinFault):
            locked = draft.asked.badge is PinFault.LOCKED
            draft.clauses.append(pushes.pin_locked() if locked else pushes.pin_wrong())
            return
        first = inquiry.continues or inquiry.id
        before = unit.inbox.codes_answered(first) if inquiry.continues else set()
        draft.tokens = tuple(token for token in question.tokens if token.key not in before | told[first])
        told[first].update(token.key for token in draft.tokens)
        if question.cut:
            draft.afterwards.append(notices.resend())
        elif not draft.tokens:
            draft.end(InquiryState.SUPPRESSED, "its codes were answered with its first parts")

    def _report(self, draft: _Draft, unit: Unit, now: datetime) -> None:
        inquiry, question = draft.asked.inquiry, draft.asked.question
        if inquiry.continues and unit.tickets.is_open(inquiry.continues):
            draft.end(InquiryState.SUPPRESSED, "the report was taken with its first parts")
            return
        due = now + TICKET_DUE
        keys = tuple(token.key for token in question.tokens)
        number = unit.tickets.open(
            TicketDraft(inquiry.id, inquiry.sender, keys, question.remark, question.place, now, due)
        )
        draft.clauses.append(notices.report_received(number, today(due)))

    def _no_code(self, draft: _Draft, unit: Unit, now: datetime) -> None:
        if draft.asked.question.cut:
            draft.clauses.append(notices.resend())
        elif draft.asked.inquiry.continues:
            draft.end(InquiryState.SUPPRESSED, "the rest of a text that was answered")
        elif draft.danger:
            return  # how to ask does not matter now
        elif draft.asked.question.need is Need.PERSON:
            self._once_a_day(draft, unit, "contact", notices.contact(), now)
        else:
            self._once_a_day(draft, unit, "help", notices.usage(), now)

    def _once_a_day(self, draft: _Draft, unit: Unit, kind: str, clause: Clause, now: datetime) -> None:
        if unit.inbox.first_today(draft.asked.inquiry.querier, kind, today(now)):
            draft.clauses.append(clause)
        else:
            draft.end(InquiryState.SUPPRESSED, f"{kind}: told once today already")

    def _judge(self, drafts: Sequence[_Draft], unit: Unit, now: datetime) -> None:
        """Look all codes up, count those that count, and decide."""
        if not drafts:
            return
        traces = unit.traces.find({t.key: self._lookup(t) for draft in drafts for t in draft.tokens}.values())
        wanted = [(draft, token, traces[token.key]) for draft in drafts for token in draft.tokens]
        counted = [
            Count(token.key, draft.asked.inquiry.querier, draft.asked.inquiry.received_at)
            for draft, token, trace in wanted
            if _counted(draft, trace)
        ]
        standings = iter(unit.traces.count(counted))
        for draft, token, trace in wanted:
            standing = next(standings) if _counted(draft, trace) else Standing(0, trace.first_at)
            self._decide(draft, token, trace, standing, now)

    def _decide(self, draft: _Draft, token: Token, trace: Trace, standing: Standing, now: datetime) -> None:
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
        role = draft.asked.badge.role if isinstance(draft.asked.badge, Badge) else None
        danger = draft.danger is not None
        draft.clauses.append(judgement.clause(trace, standing, decision, now, danger=danger, role=role))
        if token.key == EXAMPLE and not trace.found:
            draft.clauses.append(notices.example())

    def _lookup(self, token: Token) -> Lookup:
        kind = self._kind(token)
        if token.kind is not TokenKind.ISSUED:
            return Lookup(token.key, kind, record_id=kind and f"{kind}/{token.key}")
        return Lookup(token.key, kind, klass(token.key), version(token.key), self.codes.index_of(token.key))

    @staticmethod
    def _kind(token: Token) -> str | None:
        return record_type(token.key) if token.kind is TokenKind.ISSUED else _UNLABELLED.get(token.kind)

    def _worded(self, draft: _Draft) -> Replied:
        said = draft.clauses + draft.afterwards
        if draft.danger and (said or draft.state is InquiryState.REPLYING):  # what to do first is said first
            said.insert(0, notices.danger(draft.danger))
        reply = self.renderer.reply(said) if said else None
        inquiry, answers, traces = draft.asked.inquiry, tuple(draft.answers), tuple(draft.traces)
        return Replied(inquiry, draft.intent, draft.state, draft.reason, answers, reply, tuple(said), traces)


def _counted(draft: _Draft, trace: Trace) -> bool:
    return judgement.counts(trace) and not draft.asked.inquiry.test


def _wrong_kind(key: str) -> WrongKind | None:
    kinds = {WrongKind.BARCODE: is_bar_code, WrongKind.EAR_TAG: is_ear_tag, WrongKind.IDENTITY: is_id_number}
    return next((kind for kind, holds in kinds.items() if holds(key)), None)

"""A question on its way over the desk: as it was asked, the answer in the making, what it came to."""

from dataclasses import dataclass, field

from gateway.domain import notices
from gateway.domain.access import Badge, PinFault
from gateway.domain.code import is_bar_code, is_ear_tag, is_id_number
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.notices import WrongKind
from gateway.domain.question import Intent, Need, Question, Token
from gateway.domain.reply import Clause, Reply
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from gateway.ports import Admission, Answered

UNCOUNTED = Standing(0, None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question understood and weighed against the limits, ready to be answered."""

    inquiry: Inquiry
    question: Question
    admission: Admission
    badge: Badge | PinFault | None = None  # what the PIN in it opens; None: there was none, or the phone is unknown
    recording: str | None = None  # the name under which a caller's complaint is kept


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
class Draft:
    """An answer in the making: clauses to say, answers to keep."""

    asked: Asked
    tokens: tuple[Token, ...] = ()
    answers: list[Answered] = field(default_factory=list)
    traces: list[Trace | None] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    words: dict[int, Clause] = field(default_factory=dict)  # by an answer's position, which of `clauses` words it
    afterwards: list[Clause] = field(default_factory=list)
    faults: set[Verdict] = field(default_factory=set)
    state: InquiryState = InquiryState.REPLYING
    reason: str | None = None

    def end(self, state: InquiryState, reason: str) -> None:
        """Let it come to this end, with nothing more to say."""
        self.state, self.reason = state, reason

    def add(
        self,
        decision: Decision,
        token: Token | None = None,
        trace: Trace | None = None,
        standing: Standing = UNCOUNTED,
    ) -> None:
        """Keep one answer; its words are said apart."""
        position = len(self.answers) + 1
        key = token.key if token else None
        kind, record_id = (trace.record_type, trace.record_id) if trace else (None, None)
        self.answers.append(Answered(self.asked.inquiry.id, position, key, kind, decision, standing, record_id))
        self.traces.append(trace)

    def fault(self, verdict: Verdict, rule: str, key: str = "") -> None:
        """Answer what is no code of ours, and say so."""
        self.faults.add(verdict)
        self.add(Decision(verdict, rule))
        if verdict is Verdict.WRONG_KIND:
            self.say(notices.wrong_kind(_wrong_kind(key)))
        else:
            self.say(notices.malformed(lift=self.asked.question.lift))

    def say(self, clause: Clause) -> None:
        """Add the words of what was answered since words were said last."""
        self.clauses.append(clause)
        for answer in self.answers:
            self.words.setdefault(answer.position, clause)

    @property
    def danger(self) -> Need | None:
        """Return the danger that its asker is in."""
        need = self.asked.question.need
        return need if need and need.danger else None

    @property
    def intent(self) -> Intent:
        """Return what it turned out to be: a query whose codes are all faulty was none."""
        asked = self.asked.question.intent
        only_faults = self.answers and all(a.decision.verdict in self.faults for a in self.answers)
        return Intent.MALFORMED if asked is Intent.QUERY and only_faults else asked


def _wrong_kind(key: str) -> WrongKind | None:
    kinds = {WrongKind.BARCODE: is_bar_code, WrongKind.EAR_TAG: is_ear_tag, WrongKind.IDENTITY: is_id_number}
    return next((kind for kind, holds in kinds.items() if holds(key)), None)

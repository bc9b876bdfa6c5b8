"""The desk for calls: what a flow asks of the database, worded for the ear.

A question is counted and its verdict fixed before a word of it is played; it is delivered once its verdict was heard.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from gateway.domain.access import Badge, PinFault, Role
from gateway.domain.address import Address
from gateway.domain.code import check_passes
from gateway.domain.errors import GatewayError, StoreDown
from gateway.domain.inquiry import Inquiry
from gateway.domain.question import Intent, Question, Token, TokenKind
from gateway.domain.records.lift import Lift
from gateway.domain.records.station import Station
from gateway.domain.reply import Clause, Reply
from gateway.domain.safety import sentences_before
from gateway.domain.verdict import Verdict
from gateway.filing.books import Archive, Books
from gateway.filing.kept import Event
from gateway.ivr.entry import STATION_DIGITS
from gateway.ivr.known import IssuedRanges
from gateway.ivr.numbers import may_be_dialled
from gateway.ivr.prompts import READ_BACK
from gateway.ivr.signals import Alerted, Answered, Clauses, Sent, Ticketed
from gateway.jobs.post import Letters
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked, Replied
from gateway.pipeline.live import Limited, LiveDesk
from gateway.pipeline.reading import keyed
from gateway.ports import Admission, Badges, Clock, Identities, Limiter
from gateway.text import spoken

log = logging.getLogger(__name__)

CHANNEL, ACCOUNT = "voice", "hotline"
# What all who withhold their number are in the limits; in counts each of them is somebody else (DESIGN 2, Queriers).
WITHHELD: Final = b"withheld"
_COMPLAINTS: Final = b"complaints of "
# An answer by SMS is of use for as long as one that was asked for by SMS.
KEEPS: Final = timedelta(minutes=15)
# Digits of a code that are read back when its check fails: of fewer there is nothing to compare.
_READ_BACK_FROM: Final = 8
_REMARK: Final = "（电话录音）"


class Voice(Protocol):
    """Words for the ear."""

    def spoken(self, clauses: Sequence[Clause]) -> tuple[str, ...]:
        """Return what is said, in order. Raises `TemplateFault`."""
        ...


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How much callers may ask, the withheld ones together, and how much anybody gets by SMS."""

    callers: Limiter
    withheld: Limiter
    texts: Limiter


@dataclass(frozen=True, slots=True)
class CallDesk:
    """What all calls share."""

    live: LiveDesk
    desk: Desk
    archive: Archive
    voice: Voice
    badges: Badges
    identities: Identities
    limits: CallLimits
    letters: Letters
    mint: Callable[[], UUID]
    clock: Clock
    posted: Callable[[], None]  # has new texts taken up at once
    lift_digits: int = 6
    issued: IssuedRanges = field(default_factory=IssuedRanges)

    def visit(self, caller: Address, called: Address) -> "Visit":
        """Return what one call asks with."""
        return Visit(self, caller, called, self.identities.querier(caller))


@dataclass(slots=True)
class Visit:
    """One caller at the desk. Nothing of it raises for a database that is away: each answer has a word for that."""

    desk: CallDesk
    caller: Address
    called: Address
    querier: bytes
    _given: dict[str, Replied] = field(default_factory=dict)
    _phones: dict[str, str] = field(default_factory=dict)  # of lifts, kept for when the database goes away meanwhile

    async def issued(self, code: str) -> bool:
        """Return whether a code lies in an issued range; True where that cannot be told, so that it is asked."""
        lookup = self.desk.desk.lookup(Token(code, TokenKind.ISSUED))
        if self.desk.issued.hold(lookup):
            return True
        try:
            found = await self.desk.archive.look(lambda books: books.traces.find([lookup])[code])
        except StoreDown:
            return True
        self.desk.issued.add(lookup, found.stretch)
        return found.label is not None or found.sealed

    async def answer(self, of: str, keys: str, station: str, party: str | None) -> Answered:
        """Count and answer what was keyed."""
        if of == "badge":
            return await self._badge(keys, station)
        question = self._question(of, keys)
        badge = Badge(Role.STATION, party) if of == "fill" and party else None
        now = self.desk.clock.now()
        limiter, person = self._limiter()
        admission = limiter.admit(person, keys, len(question.tokens), now, registered=badge is not None)
        inquiry = self._inquiry(question.redacted)
        try:
            replied = await self.desk.live.ask_aloud(Asked(inquiry, question, admission, badge))
            if replied.answers and badge is None:
                limiter.answered(person, replied.known, now)
            return self._worded(replied, keys)
        except Limited:
            return Answered("limited")
        except StoreDown as err:
            log.warning("a caller could not be answered", extra={"inquiry": str(inquiry.id), "reason": str(err)})
        except GatewayError as err:  # words at fault: the caller is told that he cannot be answered
            log.exception("a caller could not be answered", extra={"inquiry": str(inquiry.id), "reason": str(err)})
        return Answered("failed")

    async def heard(self, inquiry: str) -> None:
        """Note that a verdict was heard to its end; if that fails he hears the same again, uncounted."""
        try:
            await self.desk.live.heard(UUID(inquiry))
        except StoreDown as err:
            log.info("heard, and not noted", extra={"inquiry": inquiry, "reason": str(err)})

    async def text(self, inquiry: str, *, owed: bool) -> Sent:
        """Send an answer by SMS; `owed`: nobody heard it, and the text settles its question."""
        replied = self._given.get(inquiry)
        if replied is None or replied.reply is None:
            return Sent("failed")
        return await self._text(replied.reply, UUID(inquiry) if owed else None)

    async def ticket(self, about: str | None, recording: str) -> Ticketed:
        """Store a complaint with the name of its recording, and text its number to a mobile."""
        asked = self._given.get(about or "")
        tokens = tuple(Token(one.code, TokenKind.ISSUED) for one in asked.answers if one.code) if asked else ()
        limiter, person = self._limiter()
        # Beside the limits of codes: who has keyed many that nobody issued has the most to complain of.
        admission = limiter.admit(_COMPLAINTS + person, "", 0, self.desk.clock.now())
        question = Question(Intent.REPORT, "", tokens, remark=_REMARK)
        inquiry = self._inquiry("")
        try:
            replied = await self.desk.live.ask_aloud(Asked(inquiry, question, admission, recording=recording))
        except Limited:
            return Ticketed("limited")
        except GatewayError as err:
            log.warning("no ticket", extra={"inquiry": str(inquiry.id), "reason": str(err)})
            return Ticketed("failed")
        if replied.reply is not None:
            await self._text(replied.reply, None)
        return Ticketed("open", str(replied.clauses[0].values["ticket"]))

    async def trapped(self, lift: str) -> Alerted:
        """Have those told who look after a lift; return whether it has a phone that may be dialled."""
        now = self.desk.clock.now()
        try:
            phone = await self.desk.archive.act(lambda books: _alert(books, lift, self.desk.mint(), now))
        except StoreDown as err:
            reason = str(err)  # the connection goes on to the operators; nobody else knows yet
            log.critical("a trapped person's alert is not stored", extra={"lift": lift, "reason": reason})
        else:
            log.warning("somebody is trapped", extra={"lift": lift, "known": phone is not None})
            if phone:
                self._phones[lift] = phone
        return Alerted(self.emergency_phone(lift) is not None)

    def emergency_phone(self, lift: str | None) -> str | None:
        """Return the digits of a lift's stored emergency phone, if a call may be passed on to it (DOMAIN T6)."""
        return may_be_dialled(self._phones.get(lift or "", ""))

    # -- parts -------------------------------------------------------------------------------------

    def _limiter(self) -> tuple[Limiter, bytes]:
        limits = self.desk.limits
        return (limits.callers, self.querier) if self.caller.number else (limits.withheld, WITHHELD)

    def _question(self, of: str, keys: str) -> Question:
        """Understand what was keyed. For a lift's number a code of ours may stand, as in a text; any other is none."""
        question = keyed(keys, self.desk.lift_digits)
        if of != "lift" or any(token.kind in (TokenKind.LIFT, TokenKind.ISSUED) for token in question.tokens):
            return question
        return Question(Intent.MALFORMED, question.redacted, fault=Verdict.MALFORMED, lift=True)

    def _inquiry(self, text: str) -> Inquiry:
        return Inquiry(
            id=self.desk.mint(),
            channel=CHANNEL,
            account=ACCOUNT,
            sender=self.caller,
            destination=self.called,
            querier=self.querier,
            text=text,
            received_at=self.desk.clock.now(),
        )

    def _worded(self, replied: Replied, keys: str) -> Answered:
        inquiry, said = str(replied.inquiry.id), self.desk.voice.spoken(replied.clauses)
        if replied.intent is not Intent.QUERY or not replied.answers:
            return Answered("malformed", inquiry, said, self._read_back(replied, keys))
        self._given[inquiry] = replied
        first = self._verdict_ends(replied, said)
        lift = next((one.code for one in replied.answers if one.record_type == "lift"), None)
        record = replied.traces[0].record if replied.traces and replied.traces[0] else None
        if lift and isinstance(record, Lift):
            self._phones[lift] = record.emergency_phone
        return Answered("answered", inquiry, said[:first], said[first:], lift)

    def _verdict_ends(self, replied: Replied, said: Clauses) -> int:
        """Return how many sentences must be heard: up to the verdict's own; of a lift out of order its phone first."""
        verdict = replied.answers[0].decision.verdict
        own = sentences_before(verdict)
        if len(replied.clauses) == 1:
            return min(own + 1, len(said))
        alone = self.desk.voice.spoken([clause for clause in replied.clauses if clause.name in _worded_as(verdict)][:1])
        return said.index(alone[own]) + 1 if len(alone) > own and alone[own] in said else len(said)

    @staticmethod
    def _read_back(replied: Replied, keys: str) -> Clauses:
        mistyped = any(one.decision.verdict is Verdict.MALFORMED for one in replied.answers)
        if not mistyped or len(keys) < _READ_BACK_FROM or check_passes(keys):
            return ()
        return (READ_BACK, *spoken.code(keys).split("，"))

    async def _badge(self, pin: str, station: str) -> Answered:
        """Open the desk for a station's phone: its PIN, and the last digits of the station's licence (DOMAIN T3)."""
        try:
            badge = await self.desk.badges.check(self.querier, pin, self.desk.clock.now())
            if badge is PinFault.LOCKED:
                return Answered("limited")
            if not isinstance(badge, Badge) or badge.role is not Role.STATION:
                return Answered("malformed")
            party = badge.party
            own = await self.desk.archive.look(lambda books: _licence(books, party))
        except StoreDown as err:
            log.warning("a PIN could not be checked", extra={"reason": str(err)})
            return Answered("failed")
        named = len(station) == STATION_DIGITS and own.endswith(station)  # one digit of them would fit one in ten
        return Answered("answered", party=party) if named else Answered("malformed")

    async def _text(self, reply: Reply, inquiry: UUID | None) -> Sent:
        if not self.caller.is_mobile:
            return Sent("refused")
        now = self.desk.clock.now()
        if not self._may_be_texted(reply, now).allowed:
            return Sent("refused")
        message = self.desk.letters.of(reply, self.caller, now, keeps=KEEPS, inquiry=inquiry)
        try:
            await self.desk.archive.act(lambda books: books.post.send([message]))
        except StoreDown as err:
            log.warning("an answer by SMS is not stored", extra={"inquiry": str(inquiry), "reason": str(err)})
            return Sent("failed")
        self.desk.posted()
        return Sent("sent")

    def _may_be_texted(self, reply: Reply, now: datetime) -> Admission:
        return self.desk.limits.texts.admit(self.querier, reply.text, 0, now)


def _worded_as(verdict: Verdict) -> frozenset[str]:
    return frozenset({verdict, "STATION_ANSWER", "OFFICE_ANSWER"})


def _licence(books: Books, party: str) -> str:
    kept, known = books.records.get("station", party), books.parties.get(party)
    written = kept.record.licence_no if kept and isinstance(kept.record, Station) else known and known.licence_no
    return "".join(one for one in written or "" if one.isdecimal())


def _alert(books: Books, lift: str, id_: UUID, now: datetime) -> str | None:
    """Begin an alert for a lift, or join the one that is open; return its emergency phone, None: no such lift.

    What a caller says does not change the lift's record: anybody can press a key.
    """
    kept = books.records.get("lift", lift)
    if kept is None or not isinstance(kept.record, Lift):
        return None
    event = Event(id_, "trapped_call", kept.id, None, now, now, {"source": ACCOUNT})
    books.events.add(event)
    books.alerts.raise_(replace(event, kind="trapped"))
    return kept.record.emergency_phone

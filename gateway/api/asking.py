"""One code, asked for by whoever waits: the question, the limits, and the answer as anybody may see it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gateway.api.problems import too_many
from gateway.domain import judgement
from gateway.domain.address import Address
from gateway.domain.calendar import local
from gateway.domain.inquiry import Inquiry
from gateway.domain.question import Intent, Question
from gateway.domain.verdict import Verdict
from gateway.domain.ways import Step
from gateway.pipeline.draft import Replied
from gateway.pipeline.live import LiveDesk, Once
from gateway.ports import Clock, First, Limiter

# A code with all that people write round it; what is longer is none.
_LONGEST = 64

_ASK_BY_POST = "此码为一码一物的防伪码，查询一次即记录一次。请点击「查询真伪」。"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a code. `verdict` null with `confirm`: it is told, and counted, by a POST only."""

    code: str | None
    record_type: str | None
    verdict: Verdict | None
    reasons: tuple[str, ...] = ()
    query_count: int = 0
    first_queried_at: datetime | None = None
    text: str
    trace: tuple[Step, ...] = ()
    data_as_of: datetime | None = None
    confirm: Literal["POST"] | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: by which channel, from which IP address."""

    channel: Literal["web", "api"]
    address: str
    querier: bytes
    limit: bytes | None  # what stands for his key or his address in its limit; None: he has none
    keyed: bool = False
    test: bool = False  # a regulator's trial counts nothing


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the desk. `read` understands a text; `addresses` and `keys` are limits beside that of each person."""

    live: LiveDesk
    addresses: Limiter
    keys: Limiter
    read: Callable[[str], Question]
    mint: Callable[[], UUID]
    clock: Clock

    async def look(self, text: str, asker: Asker) -> Answer:
        """Tell what may be told without counting. Raises `Refused` at a limit, `StoreDown`."""
        self._admit(asker)
        inquiry, question = self._asked(text, replace(asker, test=True))
        replied = await self.live.look(inquiry, question)
        [trace] = replied.traces
        if trace is not None and judgement.covert(trace):
            code = judgement.shown(trace.code, trace.record_type)
            return Answer(code=code, record_type=trace.record_type, verdict=None, text=_ASK_BY_POST, confirm="POST")
        self._learn(asker, replied)
        return self.written(replied)

    async def ask(self, text: str, asker: Asker, once: Once | None = None) -> Answer | First:
        """Count and tell. Raises `Refused` at a limit, `Limited`, `StoreDown`."""
        self._admit(asker)
        inquiry, question = self._asked(text, asker)
        result = await self.live.ask(inquiry, question, once)
        if isinstance(result, First):
            return result
        self._learn(asker, result)
        return self.written(result)

    def written(self, replied: Replied) -> Answer:
        """Return the answer to one code as anybody may see it."""
        [answer], [trace] = replied.answers, replied.traces
        verdict, standing = answer.decision.verdict, answer.standing
        count = trace.asked if trace and not standing.count and not judgement.covert(trace) else standing.count
        return Answer(
            code=judgement.shown(answer.code, answer.record_type) if answer.code else None,
            record_type=answer.record_type,
            verdict=verdict,
            reasons=answer.decision.reasons,
            query_count=count,
            first_queried_at=local(standing.first_at) if standing.first_at else None,
            text=replied.reply.text if replied.reply else "",
            trace=judgement.steps(trace, self._today()) if trace else (),
            data_as_of=local(trace.source_at) if trace and trace.source_at else None,
        )

    def _today(self) -> date:
        return local(self.clock.now()).date()

    def _admit(self, asker: Asker) -> None:
        if asker.limit is None:
            return
        admission = self._limiter(asker).admit(asker.limit, "", 1, self.clock.now())
        if not admission.allowed:
            raise too_many(admission.after)

    def _learn(self, asker: Asker, replied: Replied) -> None:
        if asker.limit is not None:
            self._limiter(asker).answered(asker.limit, replied.known, self.clock.now())

    def _limiter(self, asker: Asker) -> Limiter:
        return self.keys if asker.keyed else self.addresses

    def _asked(self, text: str, asker: Asker) -> tuple[Inquiry, Question]:
        question = _of_one_code(self.read(text)) if len(text) <= _LONGEST else _NO_CODE
        inquiry = Inquiry(
            id=self.mint(),
            channel=asker.channel,
            account=asker.channel,
            sender=Address(asker.address),
            destination=Address(asker.channel),
            querier=asker.querier,
            text=question.redacted,
            received_at=self.clock.now(),
            test=asker.test,
        )
        return inquiry, question


_NO_CODE = Question(Intent.MALFORMED, "")


def _of_one_code(read: Question) -> Question:
    """Return a question of the first code in it, and of nothing else; without one, of what is wrong with it."""
    if read.intent is Intent.QUERY and read.tokens:
        return Question(Intent.QUERY, read.redacted, read.tokens[:1], lift=read.lift)
    return Question(Intent.MALFORMED, read.redacted, fault=read.fault, lift=read.lift)

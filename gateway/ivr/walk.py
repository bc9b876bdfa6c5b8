"""One call on its way through a flow: does what the flow asks for, and tells it what came of it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, assert_never

from gateway.ivr import signals
from gateway.ivr.asking import Questions
from gateway.ivr.desk import Visit
from gateway.ivr.flow import Flow, State
from gateway.ivr.ports import CallEnded, KeysEnd, SoundMissing, VoiceCall, Way
from gateway.ivr.prompts import LATER_BY_SMS
from gateway.ivr.signals import Action, Event
from gateway.ivr.speaking import VERDICT_WITHIN, Speaker

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds. Who waits longer for an answer is told that there is none now; nobody who is trapped waits for a database.
ANSWER_WITHIN, CHECK_WITHIN, ALERT_WITHIN = 4.0, 0.5, 1.5
# Codes in a call that may be wrong before it is no longer waited whether they go on.
FREE_GUESSES = 3


@dataclass(frozen=True, slots=True)
class Running:
    """A call in its dialogue: who (masked; empty: withheld), where, for how long in all and at this step."""

    caller: str
    flow: str
    step: str
    lasting: timedelta
    at_step: timedelta


@dataclass(slots=True)
class Walk:
    """One call on its way. `behind`: what goes on while it is spoken to; `left` counts an exit of a step."""

    call: VoiceCall
    flow: Flow
    visit: Visit
    speaker: Speaker
    questions: Questions
    behind: asyncio.TaskGroup
    left: Callable[[str, str, str], None]
    _answer: frozenset[str] = frozenset()  # clauses of the last answer
    _inquiry: str = ""
    _texted: set[str] = field(default_factory=set)
    _complaints: int = 0
    _unissued: int = 0
    _ahead: str = ""  # keys pressed before they were asked for
    _begun: float = 0.0  # by the loop's clock, as when its step began
    _step: str = ""
    _since: float = 0.0

    def shown(self, now: float) -> Running:
        """Return how it stands."""
        caller = str(self.call.caller) if self.call.caller.number else ""
        return Running(
            caller,
            self.flow.name,
            self._step,
            timedelta(seconds=now - self._begun),
            timedelta(seconds=now - self._since),
        )

    def _at(self, state: State) -> None:
        if state.step != self._step:
            self._step, self._since = state.step, asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Go until it is over, or led on by the switch. Raises nothing for a call that ends."""
        log.info("call began", extra={"call": self.call.id, "caller": str(self.call.caller), "flow": self.flow.name})
        state, actions = self.flow.begin()
        self._begun = asyncio.get_running_loop().time()
        try:
            while True:
                self._at(state)
                event = await self._all(actions)
                if state.over or event is None:
                    break
                state, actions = self.flow.step(state, event)
        except CallEnded as err:
            await self._ended(state, err)
            return
        self._log("call led", state, "left")

    async def _ended(self, state: State, err: CallEnded) -> None:
        self._log("call ended", state, str(err.how))
        over, actions = self.flow.step(state, signals.HungUp())
        for action in actions:
            if not isinstance(action, signals.Leave | signals.Speak):
                await self._do(action)
        assert over.over  # noqa: S101 - nothing comes after a hang-up

    def _log(self, message: str, state: State, how: str) -> None:
        fields = {"call": self.call.id, "flow": self.flow.name, "step": state.step, "how": how}
        log.info(message, extra=fields | {"inquiry": self._inquiry or None})

    async def _all(self, actions: tuple[Action, ...]) -> Event | None:
        event: Event | None = None
        for action in actions:
            event = await self._do(action)
        return event

    async def _do(self, action: Action) -> Event | None:
        match action:
            case signals.Left(step=step, exit=exit_):
                self.left(self.flow.name, step, exit_)
                return None
            case signals.Speak(clauses=clauses):
                await self.speaker.play(await self._sounds(clauses))
                return None
            case signals.Collect():
                return await self._collect(action)
            case signals.Tell():
                return await self._tell(action)
            case signals.Record():
                return await self._record(action)
            case signals.Leave():
                await self._leave(action)
                return None
            case _:
                return await self._ask(action)

    async def _collect(self, action: signals.Collect) -> signals.Keyed:
        """Take keys. Those that were pressed before cut the words short, as any do, and come first."""
        ahead, self._ahead = self._ahead[: action.most], self._ahead[action.most :]
        if len(ahead) == action.most:
            return signals.Keyed(ahead, KeysEnd.FULL)
        sounds = [] if ahead else await self._sounds(action.clauses)
        first = action.between if ahead else action.first
        keyed = await self.speaker.collect(sounds, action.most - len(ahead), first=first, between=action.between)
        return signals.Keyed(ahead + keyed.keys, keyed.end)

    async def _ask(
        self,
        action: signals.Check | signals.Answer | signals.SendAnswer | signals.OpenTicket | signals.Alert,
    ) -> Event:
        """Ask the desk, for a bounded time."""
        visit = self.visit
        match action:
            case signals.Check(code=code):
                return signals.Checked(await self._issued(code))
            case signals.Answer():
                return await self._look_up(action)
            case signals.SendAnswer(inquiry=inquiry, owed=owed):
                self._texted.add(inquiry)
                return await self._patiently(visit.text(inquiry, owed=owed), otherwise=signals.Sent("failed"))
            case signals.OpenTicket(about=about):
                self._complaints += 1
                return await self._patiently(visit.ticket(about, self._recording), otherwise=signals.Ticketed("failed"))
            case signals.Alert(lift=lift):
                known = signals.Alerted(visit.emergency_phone(lift) is not None)
                return await self._within(ALERT_WITHIN, visit.trapped(lift), otherwise=known, goes_on=True)
            case _:
                assert_never(action)

    async def _issued(self, code: str) -> bool:
        """Return whether a code may be taken for whole; after a few that were not issued, any is asked for at once.

        Who hears no answer at once knows that his guess was wrong, before it counts against his limit (DOMAIN T1).
        """
        if self._unissued >= FREE_GUESSES:
            return True
        issued = await self._within(CHECK_WITHIN, self.visit.issued(code), otherwise=True)
        self._unissued += not issued
        return issued

    async def _within(self, seconds: float, work: Coroutine[Any, Any, T], otherwise: T, *, goes_on: bool = False) -> T:
        return await self.questions.within(seconds, work, otherwise, call=self.call.id, goes_on=goes_on)

    async def _patiently(self, work: Coroutine[Any, Any, T], otherwise: T) -> T:
        """Return what comes of it in time; the caller is told to wait, and need not stay on the line for it."""
        asked = asyncio.create_task(self._within(ANSWER_WITHIN, work, otherwise=otherwise))
        with contextlib.suppress(CallEnded):  # the next word to him meets it again
            await self.speaker.while_waiting(asked, ANSWER_WITHIN)
        return await asked

    async def _look_up(self, action: signals.Answer) -> signals.Answered:
        ahead = ""
        work = self.visit.answer(action.of, action.keys, action.station, action.party)
        asked = asyncio.create_task(self._within(ANSWER_WITHIN, work, otherwise=signals.Answered("failed")))
        try:
            if action.of == "badge":
                ahead = await self.speaker.keys_while(asked, ANSWER_WITHIN)
            else:
                await self.speaker.while_waiting(asked, ANSWER_WITHIN)
        except CallEnded:  # he waited for it: what was counted reaches him all the same
            answered = await asked
            if answered.outcome == "answered" and answered.inquiry:
                await self._within(ANSWER_WITHIN, self.visit.text(answered.inquiry, owed=True), otherwise=None)
            raise
        answered = await asked
        if answered.outcome == "answered":
            self._ahead = ahead  # behind a PIN that opens nothing they would be another one
        self._answer = frozenset((*answered.verdict, *answered.rest))
        self._inquiry = answered.inquiry or self._inquiry
        return answered

    @property
    def _recording(self) -> str:
        """Return the name of this call's recording: of characters that any file system and dialplan takes."""
        name = "".join(one if one.isascii() and one.isalnum() else "-" for one in self.call.id)
        return f"complaint-{name[:40]}-{self._complaints}"

    async def _record(self, action: signals.Record) -> signals.Recorded:
        if key := await self.speaker.play(await self._sounds(action.clauses), action.keys):
            return signals.Recorded(0.0, key)
        taken = await self.call.record(
            self._recording, longest=action.longest, silence=action.silence, keys=action.keys
        )
        return signals.Recorded(taken.seconds, taken.key)

    async def _tell(self, action: signals.Tell) -> signals.Told:
        """Say a verdict; what follows it is made ready meanwhile. Without its sound it goes by SMS, or to a person."""
        speaker, verdict = self.speaker, (*action.before, *action.verdict)
        if not speaker.has(action.rest):
            self.behind.create_task(speaker.make(action.rest, 0.0), name=f"details of {action.inquiry}")
        sounds, silent = await self._of_verdict(verdict)
        if not set(silent) & set(action.verdict):
            try:
                key = await self.call.play(sounds, action.keys)
            except SoundMissing as err:
                log.error("a verdict is missing at the switch", extra={"call": self.call.id, "sound": err.sound})  # noqa: TRY400 - whose name says all
            else:
                if key:
                    return signals.Told("cut", key)
                noted = self._within(ANSWER_WITHIN, self.visit.heard(action.inquiry), otherwise=None)
                self.behind.create_task(noted, name=f"heard {action.inquiry}")
                return signals.Told("heard")
        self._texted.add(action.inquiry)
        sent = await self._within(
            ANSWER_WITHIN, self.visit.text(action.inquiry, owed=True), otherwise=signals.Sent("failed")
        )
        return signals.Told("texted" if sent.outcome == "sent" else "unspoken")

    async def _of_verdict(self, verdict: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Return its sounds, and the clauses that have none; while they are made the caller is told to wait."""
        if self.speaker.has(verdict):
            return await self.speaker.sounds(verdict)
        making = asyncio.create_task(self.speaker.sounds(verdict, VERDICT_WITHIN))
        try:
            await self.speaker.while_waiting(making, VERDICT_WITHIN + 1.0)
            return await making
        finally:
            making.cancel()

    async def _sounds(self, clauses: tuple[str, ...]) -> list[str]:
        """Return the sounds of what is to be said; details of an answer that have none go by SMS to a mobile."""
        ends = max((at for at, clause in enumerate(clauses, 1) if clause in self._answer), default=0)
        sounds, late = await self.speaker.sounds(clauses[:ends])
        if late and self.call.caller.is_mobile and self._inquiry not in self._texted:
            self._texted.add(self._inquiry)
            sent = await self._within(
                ANSWER_WITHIN, self.visit.text(self._inquiry, owed=False), otherwise=signals.Sent("failed")
            )
            if sent.outcome == "sent":
                sounds += (await self.speaker.sounds([LATER_BY_SMS]))[0]
        return sounds + (await self.speaker.sounds(clauses[ends:]))[0]

    async def _leave(self, action: signals.Leave) -> None:
        number = self.visit.emergency_phone(action.lift) if action.way is Way.NUMBER else ""
        if number is None:  # cannot be: the flow was told that there is one
            await self.call.leave(Way.QUEUE_FIRST)
            return
        await self.call.leave(action.way, number)

"""A flow as a pure machine: a state and an event in, the next state and what to do out.

Neither holds anything but plain values, so a call's state survives its way through JSON. A PIN is in one event and
one action and in no state.
"""

from typing import Final, TypeAlias, assert_never

import msgspec

from gateway.ivr import entry, signals
from gateway.ivr.clauses import ANSWER, filled
from gateway.ivr.ports import KeysEnd, Way
from gateway.ivr.signals import WANTS, Action, Clauses, Event, Left
from gateway.ivr.steps import (
    Answer,
    Collect,
    Exit,
    Goto,
    Hangup,
    Menu,
    Record,
    Say,
    Sms,
    Step,
    Transfer,
)

# At any of these the wait may be cut short by a key while a verdict is told: nobody in need listens to the end.
_URGENT: Final = "09"


class Given(msgspec.Struct, frozen=True):
    """The last answer."""

    inquiry: str
    verdict: Clauses
    rest: Clauses
    heard: bool = False


class State(msgspec.Struct, frozen=True):
    """Where a call is. `wants`: the kind of event that goes on from here; none: it is over."""

    flow: str
    step: str
    wants: str = ""
    keyed: str = ""
    tries: dict[str, int] = {}
    carry: Clauses = ()  # to be said before the next wait
    given: Given | None = None
    lift: str = ""  # the one spoken of
    station: str = ""
    party: str | None = None
    ticket: str = ""

    @property
    def over(self) -> bool:
        """Return whether nothing more is to come."""
        return not self.wants


Stepped: TypeAlias = tuple[State, tuple[Action, ...]]


class Flow(msgspec.Struct, frozen=True):
    """A checked flow: its steps by name, and where a call begins."""

    name: str
    about: str
    start: str
    steps: dict[str, Step]
    lift_digits: int = 6

    def begin(self) -> Stepped:
        """Return the first state and actions of a call."""
        return self._enter(State(self.name, self.start), self.start)

    def step(self, state: State, event: Event) -> Stepped:
        """Return what comes next. An event that does not fit is taken for a failing back end; after the end nothing."""
        if state.over:
            return state, ()
        step = self.steps[state.step]
        if isinstance(event, signals.HungUp):
            return self._hung_up(state)
        if type(event).__name__ != state.wants:
            return self._misfit(state, step)
        if isinstance(step, Menu | Collect):
            return self._input(state, step, event)
        match step, event:
            case (Answer(), signals.Answered()):
                return self._answered(state, step, event)
            case (Answer(), signals.Told()):
                return self._told(state, step, event)
            case (Sms(), signals.Sent(outcome=outcome)):
                return self._out(state, {"sent": "then"}.get(outcome, outcome))
            case (Record(), signals.Ticketed()):
                return self._ticketed(state, step, event)
            case (Record(keys=keys), signals.Recorded(key=key)):
                return self._out(state, key, keys[key]) if key in keys else self._out(state, "then")
            case (Transfer(), signals.Alerted(known=known)):
                return self._rescued(state, step) if known else self._out(state, "failed")
            case _:
                return self._misfit(state, step)

    def _input(self, state: State, step: Menu | Collect, event: Event) -> Stepped:
        match step, event:
            case (Menu(), signals.Keyed()):
                return self._chosen(state, step, event)
            case (Collect(), signals.Keyed()):
                return self._keyed(state, step, event)
            case (Collect(), signals.Checked(issued=True)):
                return self._read(state, step, entry.Done(state.keyed), KeysEnd.FULL)
            case (Collect(), signals.Checked()):
                longer = entry.longer(state.keyed, self._lengths(step), step.between, step.more)
                return self._read(state, step, longer, KeysEnd.FULL)
            case _:
                return self._misfit(state, step)

    # -- ways out ----------------------------------------------------------------------------------

    def _out(self, state: State, name: str, exit_: Exit | None = None) -> Stepped:
        """Leave the step by one of its exits."""
        found = exit_ or getattr(self.steps[state.step], name)
        left = Left(state.step, name)
        if not found.retry:
            state = self._carry(state, found.say)
            return _after(left, self._enter(state, found.to))
        tries = state.tries.get(found.to, 0) + 1
        state = _with(state, tries={**state.tries, found.to: tries})
        target = self.steps[found.to]
        assert isinstance(target, Menu | Collect)  # noqa: S101 - checked when the flow was read
        if tries < target.tries:
            return _after(left, self._enter(self._carry(state, found.say), found.to))
        failed = Left(found.to, "failed")
        state = self._carry(_with(state, tries={}), target.failed.say)
        return _after(left, _after(failed, self._enter(state, target.failed.to)))

    def _misfit(self, state: State, step: Step) -> Stepped:
        if isinstance(step, Menu | Collect | Answer | Sms | Record):
            return self._out(state, "failed", Exit(step.failed.to, step.failed.say))
        assert isinstance(step, Transfer)  # noqa: S101 - no other step waits
        return self._out(state, "failed")

    def _hung_up(self, state: State) -> Stepped:
        """End it. Who goes with his answer did not give up: he left as one who is done."""
        if state.given and state.given.heard:
            return _with(state, wants=""), (Left(state.step, "done"),)
        return _with(state, wants=""), (Left(state.step, "hangup"), *_owed(state))

    def _carry(self, state: State, clauses: Clauses) -> State:
        said: list[str] = []
        for clause in clauses:
            if clause == ANSWER:
                said += (*state.given.verdict, *state.given.rest) if state.given else ()
            else:
                said += filled(clause, {"ticket": state.ticket, "keyed": state.keyed})
        return _with(state, carry=(*state.carry, *said))

    # -- entering a step ---------------------------------------------------------------------------

    def _enter(self, state: State, name: str) -> Stepped:
        """Go to a step, past those that ask for nothing: what they say is carried to where somebody is asked."""
        step = self.steps[name]
        passed: list[Action] = []
        while isinstance(step, Say | Goto):  # ends: no flow goes round without input
            passed.append(Left(name, "then"))
            state = self._carry(state, step.say if isinstance(step, Say) else ())
            state, name = self._carry(state, step.then.say), step.then.to
            step = self.steps[name]
        state, actions = self._arrive(_with(state, step=name), step)
        return state, (*passed, *actions)

    def _arrive(self, state: State, step: Menu | Collect | Answer | Sms | Record | Transfer | Hangup) -> Stepped:
        match step:
            case Menu():
                return self._wait(state, step.say, 1, step.wait, step.wait)
            case Collect():
                state = _with(state, keyed="")
                length = self._lengths(step)[0]
                return self._wait(state, step.say, 1 if step.alone_after else length, step.first, step.between)
            case Answer():
                return self._ask(state, step)
            case Sms() if state.given:
                return _wanting(state, signals.SendAnswer(state.given.inquiry))
            case Sms():
                return self._out(state, "failed")
            case Record():
                return _wanting(state, signals.OpenTicket(state.given.inquiry if state.given else None))
            case Transfer():
                return self._transfer(state, step)
            case Hangup():
                return self._end(state, step.say, signals.Leave(Way.HANG_UP))
            case _:
                assert_never(step)

    def _wait(self, state: State, say: Clauses, most: int, first: float, between: float) -> Stepped:
        state = self._carry(state, say)
        collect = signals.Collect(state.carry, most, first, between)
        return _wanting(_with(state, carry=()), collect)

    def _ask(self, state: State, step: Answer) -> Stepped:
        ask = signals.Answer(step.of, state.keyed, state.station, state.party)
        return _wanting(_with(state, keyed="") if step.of == "badge" else state, ask)

    def _transfer(self, state: State, step: Transfer) -> Stepped:
        if step.to == "lift":
            return _wanting(state, signals.Alert(state.lift))
        return self._end(state, step.say, signals.Leave(Way.QUEUE if step.to == "queue" else Way.QUEUE_FIRST))

    def _rescued(self, state: State, step: Transfer) -> Stepped:
        return self._end(state, step.say, signals.Leave(Way.NUMBER, state.lift))

    def _end(self, state: State, say: Clauses, leave: signals.Leave) -> Stepped:
        state = self._carry(state, say)
        speak: tuple[Action, ...] = (signals.Speak(state.carry),) if state.carry else ()
        return _with(state, wants="", carry=()), (Left(state.step, str(leave.way)), *_owed(state), *speak, leave)

    # -- what steps make of events -----------------------------------------------------------------

    def _chosen(self, state: State, step: Menu, event: signals.Keyed) -> Stepped:
        if event.keys in step.keys:
            tries = {name: tries for name, tries in state.tries.items() if name != state.step}
            return self._out(_with(state, tries=tries), event.keys, step.keys[event.keys])
        silent = not event.keys and event.end is KeysEnd.SILENCE
        return self._out(state, "silence" if silent else "wrong")

    def _lengths(self, step: Collect) -> tuple[int, ...]:
        return entry.sizes(step.takes, self.lift_digits)

    def _keyed(self, state: State, step: Collect, event: signals.Keyed) -> Stepped:
        if step.takes == "pin" and "*" in event.keys:  # asked for as a whole: half a PIN would stand in the state
            return self._out(state, "wrong")
        read = entry.read(state.keyed, event.keys, event.end, self._lengths(step), step.between, step.more)
        return self._read(state, step, read, event.end)

    def _read(self, state: State, step: Collect, read: entry.Read, end: KeysEnd) -> Stepped:
        match read:
            case entry.More(kept=kept, most=most, first=first):
                alone = step.alone_after is not None and kept in step.alone
                first = step.alone_after if alone and step.alone_after else first
                return _wanting(_with(state, keyed=kept), signals.Collect((), most, first, step.between))
            case entry.Whole(kept=kept):
                return _wanting(_with(state, keyed=kept), signals.Check(kept))
            case entry.Done(value=""):
                return self._out(state, "silence" if end is KeysEnd.SILENCE else "wrong")
            case entry.Done(value=value) if value in step.alone:
                return self._out(state, f"alone {value}", step.alone[value])
            case entry.Done(value=value):
                if step.takes in ("station", "lift"):
                    state = _with(state, **{step.takes: value})
                return self._out(_with(state, keyed=value), "then")
            case _:
                assert_never(read)

    def _answered(self, state: State, step: Answer, event: signals.Answered) -> Stepped:
        if event.outcome != "answered":
            state = self._carry(state, (*event.verdict, *event.rest))
            return self._out(state, event.outcome)
        state = _with(state, tries={})
        if step.of == "badge":
            return self._out(_with(state, party=event.party), "then")
        given = Given(event.inquiry, event.verdict, event.rest)
        tell = signals.Tell(event.inquiry, state.carry, event.verdict, event.rest, self._urgent(step))
        return _wanting(_with(state, given=given, carry=(), lift=event.lift or ""), tell)

    def _urgent(self, step: Answer) -> str:
        after = self._next(step)
        return "".join(key for key in _URGENT if isinstance(after, Menu) and key in after.keys)

    def _next(self, step: Answer) -> Step:
        return self.steps[step.then.to]

    def _told(self, state: State, step: Answer, event: signals.Told) -> Stepped:
        assert state.given is not None  # noqa: S101 - nothing else is told
        if event.outcome == "unspoken":
            return self._out(state, "unspoken")
        if event.outcome == "cut":
            after = self._next(step)
            exit_ = after.keys.get(event.key) if isinstance(after, Menu) else None
            return self._out(state, event.key, exit_) if exit_ else self._misfit(state, step)
        state = _with(state, given=msgspec.structs.replace(state.given, heard=True))
        if event.outcome == "texted":
            return self._out(state, "texted")
        return self._out(_with(state, carry=state.given.rest if state.given else ()), "then")

    def _ticketed(self, state: State, step: Record, event: signals.Ticketed) -> Stepped:
        if event.outcome != "open":
            return self._out(state, event.outcome)
        state = self._carry(_with(state, ticket=event.number), step.say)
        return _wanting(
            _with(state, carry=()), signals.Record(state.carry, step.longest, step.silence, "".join(step.keys))
        )


def _owed(state: State) -> tuple[Action, ...]:
    """Send what nobody heard."""
    given = state.given
    return () if given is None or given.heard else (signals.SendAnswer(given.inquiry, owed=True),)


def _with(state: State, **changes: object) -> State:
    return msgspec.structs.replace(state, **changes)


def _wanting(state: State, action: Action) -> Stepped:
    return _with(state, wants=WANTS[type(action)].__name__), (action,)


def _after(left: Left, stepped: Stepped) -> Stepped:
    state, actions = stepped
    return state, (left, *actions)

"""A question's life as steps, each with the moment that the gateway noted for it, and no other.

Known are: when it came in; when a transaction began in which it was judged, worded and handed to a line; when a later
one noted that all of a reply was taken; what a receipt says, by the carrier's clock. What was done in one transaction
has one time. Of a call: when its verdict had been heard to the end. Of several segments the gateway keeps no time at
which each was taken, and of tries none but the last's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log10
from typing import Final

from gateway.console.writing import noted
from gateway.domain import masks
from gateway.domain.calendar import full_moment
from gateway.domain.classes import short_name
from gateway.domain.outgoing import SegmentState
from gateway.filing.questions import Given, Life, Piece, Sent
from gateway.text import segments

_TOGETHER: Final = noted("同时记下")  # in one transaction with the step above
_UNTIMED: Final = noted("没有记时")
_ENDS: Final = {
    "answered": noted("已答复"),
    "unavailable": noted("暂时查不了，已如实告知"),
    "limited": noted("问得太多，没有答"),
    "suppressed": noted("不该答的，没有答"),
    "refused": noted("没发出：被退回"),
    "expired": noted("没发出：过期"),
}
_CALL: Final = "voice"  # the channel of calls
_LENGTH: Final = 187.0  # of the line on which moments stand, 1 ms to a minute


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `at`: its own time, None where it has none, and `why` says so.

    `start` and `width` place it on a line of 190 from 1 ms to a minute, where it took time.
    """

    what: str
    more: str = ""
    at: datetime | None = None
    why: str = ""
    dot: str = ""
    raw: str = ""
    whose: str = ""  # w: we wait, o: the carrier's, empty: ours
    theirs: bool = False  # by the carrier's clock, which tells whole seconds
    since: timedelta | None = None
    start: float = 0.0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class _Told:
    """A step, and where it stands among the others."""

    step: Step
    place: datetime


def steps(life: Life, say: Callable[[str], str]) -> list[Step]:
    """Return the steps in their order; `say` puts a sentence into the page's language."""
    told = _Teller(life, say).told()
    told.sort(key=lambda one: one.place)
    found: list[Step] = []
    before = begun = life.asked.at
    for one in told:
        found.append(_placed(one.step, begun, before if found else None))
        before = max(before, one.step.at or before)
    return found


def _placed(step: Step, begun: datetime, before: datetime | None) -> Step:
    if step.at is None:
        return step
    if before is not None and step.at <= before:  # by the carrier's clock, which goes its own way
        return step
    start, end = _place((before or begun) - begun), _place(step.at - begun)
    since = step.at - before if before is not None else None
    return replace(step, since=since, start=start, width=max(3.0, end - start))


def _place(since: timedelta) -> float:
    """Place a time on the line: each tenfold the same way on."""
    return min(_LENGTH, 40 * log10(max(1.0, since.total_seconds() * 1000)))


class _Teller:
    def __init__(self, life: Life, say: Callable[[str], str]) -> None:
        self._life, self._say = life, say

    def told(self) -> list[_Told]:
        life, say = self._life, self._say
        who = say("隐藏号码") if life.asked.sender == "withheld" else life.asked.sender
        words = say("{} 发到 {}").format(who, life.destination)
        found = [_Told(Step(say("收到"), words, life.asked.at, dot="solid"), life.asked.at)]
        judged = None if self._aloud else self._judged_at()
        if self._aloud:
            found += [self._verdict(given, None, first=False) for given in life.answers]
            found += self._heard()
        elif judged:
            found += [self._verdict(given, judged, first=not at) for at, given in enumerate(life.answers)]
        for reply in life.replies:
            found += self._reply(reply, together=bool(life.answers) and reply.created_at == judged)
        if not life.replies and life.settled_at and not self._aloud:
            end = say(_ENDS.get(life.asked.state, life.asked.state))
            found.append(self._at(end, life.settled_at, life.reason or "", dot="good", together=bool(life.answers)))
        return found

    @property
    def _aloud(self) -> bool:
        """Return whether it was answered in a call."""
        return self._life.asked.channel == _CALL and bool(self._life.answers)

    def _heard(self) -> list[_Told]:
        """Return when the verdict was heard to its end; what was not is settled by the text that is owed instead."""
        life = self._life
        texted = life.replies[0].created_at if life.replies else None
        if life.settled_at is None or (texted and texted <= life.settled_at):
            return []
        return [self._at(self._say("听完结论"), life.settled_at, dot="good", together=False)]

    def _judged_at(self) -> datetime | None:
        """Return when it was judged: with its reply, or without one when it ended."""
        life = self._life
        return life.replies[0].created_at if life.replies else life.settled_at

    def _at(
        self, what: str, at: datetime, more: str = "", *, dot: str = "", raw: str = "", whose: str = "", together: bool
    ) -> _Told:
        why = self._say(_TOGETHER) if together else ""
        return _Told(Step(what, more, None if together else at, why, dot, raw, whose), at)

    def _untimed(self, what: str, place: datetime, more: str, *, dot: str, raw: str) -> _Told:
        return _Told(Step(what, more, None, self._say(_UNTIMED), dot, raw), place)

    def _verdict(self, given: Given, at: datetime | None, *, first: bool) -> _Told:
        say = self._say
        where = masks.codes_in(given.code) if given.code else ""
        counted = say("第 {} 次查，首次 {}").format(given.count, full_moment(given.first_at)) if given.first_at else ""
        more = "，".join(filter(None, (where, counted)))
        what = say("判定：") + say(short_name(given.verdict))
        if at is None:
            return self._untimed(what, self._life.asked.at, more, dot="", raw=given.rule)
        return self._at(what, at, more, raw=given.rule, together=not first)

    def _reply(self, reply: Sent, *, together: bool) -> list[_Told]:
        say, size = self._say, segments.measure(reply.text)
        more = say("{} 字，{} 条，交 {}").format(size.units, size.segments, reply.account or "–")
        found = [self._at(say("写好答复"), reply.created_at, more, together=together)]
        for piece in reply.pieces:
            found += self._piece(reply, piece)
        taken = [piece for piece in reply.pieces if piece.state == SegmentState.ACCEPTED]
        if len(taken) == len(reply.pieces) > 1 and reply.settled_at:
            all_of_it = say("运营商都收下了")
            found.append(self._at(all_of_it, reply.settled_at, dot="good", whose="o", together=False))
        return found

    def _piece(self, reply: Sent, piece: Piece) -> list[_Told]:
        say, alone = self._say, len(reply.pieces) == 1
        of = "" if alone else say("第 {} 条").format(piece.position)
        raw = f"{piece.state} {piece.peer_ref or ''}".strip()
        left = piece.sending_at or reply.created_at
        found = []
        if piece.sending_at:
            tries = piece.attempts + piece.submits
            again = say("第 {} 次，前面的没有记时").format(tries) if tries > 1 else ""
            more, account = "，".join(filter(None, (of, again))), say("交 {} 发送").format(piece.account)
            found.append(self._at(account, left, more, together=left == reply.created_at))
        # Of one segment alone the end of the reply is its own end.
        end = reply.settled_at if alone else None
        place = max(left, reply.settled_at or left)
        match piece.state:
            case SegmentState.ACCEPTED if piece.reason:
                found.append(self._untimed(say("没有送达"), place, piece.reason, dot="wait", raw=raw))
            case SegmentState.ACCEPTED if end:
                found.append(self._at(say("运营商收下"), end, of, dot="good", raw=raw, whose="o", together=False))
            case SegmentState.UNCERTAIN:
                more = (
                    say("没有确认。60 秒没有回执就补发一次") if piece.due_at else say("没有确认，也没有回执，不再补发")
                )
                found.append(self._untimed(say("未定"), place, more, dot="wait", raw=raw))
            case SegmentState.REFUSED | SegmentState.EXPIRED if end:
                more = piece.reason or of
                found.append(self._at(say("没有发出"), end, more, dot="wait", raw=raw, whose="w", together=False))
            case SegmentState.REFUSED | SegmentState.EXPIRED:
                found.append(self._untimed(say("没有发出"), place, piece.reason or of, dot="wait", raw=raw))
        if piece.delivered_at:
            more = "，".join(filter(None, (of, say("运营商的钟，只到秒"))))
            delivered = Step(say("送达"), more, piece.delivered_at, "", "good", raw, "o", theirs=True)
            found.append(_Told(delivered, max(piece.delivered_at, place)))
        return found

"""Arrivals: drop what came before, store the rest, join long texts; only then may a channel acknowledge."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TypeAlias, TypeGuard
from uuid import UUID

from gateway.domain.inquiry import Inquiry
from gateway.domain.message import Concat, Part, Receipt, Undecodable
from gateway.domain.question import Question
from gateway.pipeline.draft import Asked
from gateway.pipeline.join import JUDGE_AFTER, ripe
from gateway.ports import Identities, Inbound, Join, Unit

# Weighs a new question against the limits; None where that takes a transaction of its own.
Weigh: TypeAlias = Callable[[Inquiry, datetime], Asked | None]


@dataclass(slots=True, eq=False)
class Arrival:
    """Something that came in, and where to say that it is stored."""

    item: Inbound
    stored: asyncio.Future[None]
    asked: Asked | None = None  # weighed against the limits once, however often it is tried to store it

    def acknowledge(self) -> None:
        """Tell whoever brought it; he may have stopped waiting."""
        if not self.stored.done():
            self.stored.set_result(None)


@dataclass(slots=True)
class Taken:
    """What one transaction took in."""

    asked: list[Asked] = field(default_factory=list)  # not stored yet: to be answered, and stored with that
    inquiries: list[Inquiry] = field(default_factory=list)  # stored, to be answered next
    repeats: int = 0
    buried: int = 0
    joining: bool = False  # a long text waits for more parts


@dataclass(frozen=True, slots=True)
class Intake:
    """How arrivals become questions."""

    identities: Identities
    mint: Callable[[], UUID]
    read: Callable[[str], Question]

    def take(self, unit: Unit, arrivals: Sequence[Arrival], now: datetime, weigh: Weigh | None) -> Taken:
        """Store arrivals that are new (receipts are not for us), but for what `weigh` lets be answered at once."""
        taken = Taken()
        keyed = [(_key(one.item), one.item, one) for one in arrivals if not isinstance(one.item, Receipt)]
        if not keyed:
            return taken
        new = unit.inbox.unseen([key for key, _, _ in keyed], now)
        unreadable: list[Undecodable] = []
        for key, item, arrival in keyed:
            if key not in new:
                taken.repeats += 1
                continue
            new.remove(key)  # the same message twice in one batch is a repeat too
            if isinstance(item, Undecodable):
                unreadable.append(item)
            elif not _is_part(item.concat):
                self._ask_at_once(arrival, item, taken, now, weigh)
            else:
                self._join(unit, item, taken, now)
        unit.inbox.bury(unreadable)
        taken.buried = len(unreadable)
        unit.inbox.add(taken.inquiries)
        return taken

    def _ask_at_once(self, arrival: Arrival, part: Part, taken: Taken, now: datetime, weigh: Weigh | None) -> None:
        inquiry = arrival.asked.inquiry if arrival.asked else self._inquiry(part)
        if weigh:
            arrival.asked = arrival.asked or weigh(inquiry, now)
        if weigh and arrival.asked:
            taken.asked.append(arrival.asked)
        else:
            taken.inquiries.append(inquiry)

    def judge_overdue(self, unit: Unit, now: datetime) -> list[Inquiry]:
        """Make questions of the long texts whose missing parts were waited for long enough."""
        made: list[Inquiry] = []
        for join in unit.inbox.joins_due(now):
            inquiry = self._ask(unit, join, waited=True)
            if inquiry:
                made.append(inquiry)
        unit.inbox.add(made)
        return made

    def _join(self, unit: Unit, part: Part, taken: Taken, now: datetime) -> None:
        join = unit.inbox.add_part(_join_key(part), part, now + JUDGE_AFTER)
        inquiry = self._ask(unit, join, waited=join.judged)
        if inquiry:
            taken.inquiries.append(inquiry)
        taken.joining = True

    def _ask(self, unit: Unit, join: Join, *, waited: bool) -> Inquiry | None:
        enough = ripe(join.parts, join.total, self.read, asked=join.inquiry is not None, waited=waited)
        if enough is None:
            return None
        inquiry = Inquiry(
            id=self.mint(),
            channel=join.channel,
            account=join.account,
            sender=join.sender,
            destination=join.destination,
            querier=self.identities.querier(join.sender),
            text=enough.text,
            received_at=join.first_at,
            continues=join.inquiry,
        )
        unit.inbox.asked(join.id, join.inquiry or inquiry.id, final=enough.final)
        return inquiry

    def _inquiry(self, part: Part) -> Inquiry:
        return Inquiry(
            id=self.mint(),
            channel=part.channel,
            account=part.account,
            sender=part.sender,
            destination=part.destination,
            querier=self.identities.querier(part.sender),
            text=part.text,
            received_at=part.received_at,
        )


def _is_part(concat: Concat | None) -> TypeGuard[Concat]:
    """Return whether there is a longer text to wait for; an impossible place says nothing (TS 23.040 §9.2.3.24.1)."""
    return concat is not None and concat.total > 1 and 1 <= concat.number <= concat.total


def _key(item: Part | Undecodable) -> str:
    """Return what makes it the same message again, within its channel and account."""
    return _digest(item.channel.encode(), item.account.encode(), item.key)


def _join_key(part: Part) -> str:
    concat = part.concat
    assert concat is not None  # noqa: S101 - only parts of a longer text come here
    ends = f"{part.sender.number}\0{part.destination.number}"
    place = f"{ends}\0{concat.reference}\0{concat.total}".encode("utf-8", "surrogatepass")
    return _digest(part.channel.encode(), part.account.encode(), place)


def _digest(*fields: bytes) -> str:
    return blake2b(b"\0".join(len(f).to_bytes(4, "big") + f for f in fields), digest_size=16).hexdigest()

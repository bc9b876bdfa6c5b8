"""Arrivals: drop what came before, store the rest, join long texts; only then may a channel acknowledge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TypeGuard
from uuid import UUID

from gateway.domain.inquiry import Inquiry
from gateway.domain.message import Concat, Part, Receipt, Undecodable
from gateway.domain.question import Question
from gateway.pipeline.join import JUDGE_AFTER, ripe
from gateway.ports import Identities, Inbound, Join, Unit


@dataclass(slots=True)
class Taken:
    """What one transaction took in."""

    inquiries: list[Inquiry] = field(default_factory=list)
    repeats: int = 0
    buried: int = 0
    joining: bool = False  # a long text waits for more parts


@dataclass(frozen=True, slots=True)
class Intake:
    """How arrivals become questions."""

    identities: Identities
    mint: Callable[[], UUID]
    read: Callable[[str], Question]

    def take(self, unit: Unit, arrivals: Sequence[Inbound], now: datetime) -> Taken:
        """Store arrivals (receipts are not for us) and return the questions that are new."""
        taken = Taken()
        keyed = [(_key(item), item) for item in arrivals if not isinstance(item, Receipt)]
        if not keyed:
            return taken
        new = unit.inbox.unseen([key for key, _ in keyed], now)
        unreadable: list[Undecodable] = []
        for key, item in keyed:
            if key not in new:
                taken.repeats += 1
                continue
            new.remove(key)  # the same message twice in one batch is a repeat too
            if isinstance(item, Undecodable):
                unreadable.append(item)
            elif not _is_part(item.concat):
                taken.inquiries.append(self._inquiry(item, item.text))
            else:
                self._join(unit, item, taken, now)
        unit.inbox.bury(unreadable)
        taken.buried = len(unreadable)
        unit.inbox.add(taken.inquiries)
        return taken

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

    def _inquiry(self, part: Part, text: str) -> Inquiry:
        return Inquiry(
            id=self.mint(),
            channel=part.channel,
            account=part.account,
            sender=part.sender,
            destination=part.destination,
            querier=self.identities.querier(part.sender),
            text=text,
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

"""Texts nobody asked for: from clauses to messages that any line may carry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.address import Address
from gateway.domain.outgoing import Message, Segment
from gateway.domain.reply import Clause, Reply
from gateway.filing.books import Phone
from gateway.ports import Renderer

# No account: dispatch gives it to whichever line is up and reaches the recipient.
_NO_LINE = ""


@dataclass(frozen=True, slots=True)
class Letters:
    """Words texts and addresses them."""

    renderer: Renderer
    source: Address  # shown as the sender where a line can
    mint: Callable[[], UUID]

    def to(
        self, phones: Sequence[Phone], clause: Clause, now: datetime, *, keeps: timedelta, bulk: bool
    ) -> list[Message]:
        """Return one message a phone; each is given up after `keeps`, and lets answers pass if `bulk`."""
        reply = self.renderer.reply([clause])
        return [self.of(reply, phone.address, now, keeps=keeps, bulk=bulk) for phone in phones]

    def of(
        self,
        reply: Reply,
        recipient: Address,
        now: datetime,
        *,
        keeps: timedelta,
        bulk: bool = False,
        inquiry: UUID | None = None,
    ) -> Message:
        """Return words that are written already as a message; `inquiry`: the question that it settles."""
        return Message(
            id=self.mint(),
            inquiry=inquiry,
            channel=_NO_LINE,
            account=_NO_LINE,
            source=self.source,
            recipient=recipient,
            text=reply.text,
            encoding=reply.encoding,
            reference=0,  # of its own once it has a line
            created_at=now,
            expires_at=now + keeps,
            segments=tuple(
                Segment(self.mint(), position, text, due_at=now) for position, text in enumerate(reply.segments, 1)
            ),
            bulk=bulk,
        )

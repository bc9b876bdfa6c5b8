"""What operators do at the live board: hold a line back and let it go on, deal with replies that could not be sent."""

from datetime import datetime
from typing import Final
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.filing.board import Pause
from gateway.filing.books import Books
from gateway.ports import News

MOST_REASON: Final = 60


def pause(books: Books, actor: Actor, account: str, reason: str, now: datetime) -> None:
    """Have a line send nothing until somebody resumes it; it goes on receiving. Raises `Refusal`."""
    actor.require_role(Role.AGENT)
    reason = " ".join(reason.split())
    if not reason or len(reason) > MOST_REASON or not reason.isprintable():
        raise Refusal(Why.INVALID, "写明为什么暂停，不超过 60 字", "reason")
    if books.board.pause(Pause(account, actor.name, reason, now)):
        books.audit.note(now, actor.name, "line paused", f"line/{account}", reason=reason)
        books.announce(News.PAUSES)


def resume(books: Books, actor: Actor, account: str, now: datetime) -> None:
    """Let a line send again."""
    actor.require_role(Role.AGENT)
    if books.board.resume(account):
        books.audit.note(now, actor.name, "line resumed", f"line/{account}")
        books.announce(News.PAUSES)


def set_aside(books: Books, actor: Actor, message: UUID, now: datetime, *, back: bool = False) -> None:
    """Say that a reply need not be sent any more, or (`back`) that it may. Raises `Refusal` where there is none."""
    actor.require_role(Role.AGENT)
    done = books.board.put_back(message) if back else books.board.set_aside(message, actor.name, now)
    if not done:
        raise Refusal(Why.CONFLICT, "这条答复已经不在要处理之列")
    books.audit.note(now, actor.name, "reply put back" if back else "reply set aside", f"message/{message}")


def send_again(books: Books, actor: Actor, message: UUID, line: tuple[str, str] | None, now: datetime) -> None:
    """Have a reply that could not be sent leave again, five seconds from now. Raises `Refusal`."""
    actor.require_role(Role.AGENT)
    why_not = books.board.send_again(message, line, now)
    if why_not is not None:
        raise Refusal(Why.CONFLICT, why_not)
    books.audit.note(now, actor.name, "reply sent again", f"message/{message}", line=line[1] if line else None)


def hold_back(books: Books, actor: Actor, message: UUID, now: datetime) -> None:
    """Take a second sending back. Raises `Refusal` when it has left."""
    actor.require_role(Role.AGENT)
    if not books.board.hold_back(message, now):
        raise Refusal(Why.CONFLICT, "已经发出，收不回来了")
    books.audit.note(now, actor.name, "reply held back", f"message/{message}")

"""Who may look for questions, labels and records, and see whose number; reading a number in full is in the audit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.errors import Refusal, Why
from gateway.filing.board import Exchange
from gateway.filing.books import Books
from gateway.filing.questions import Life

MOST_REASON: Final = 60
_DESK: Final = frozenset({Role.ADMIN, Role.REGULATOR, Role.AGENT})


def life(books: Books, actor: Actor, id_: UUID, *, lock: bool = False) -> Life:
    """Return a question's life. Raises `Refusal` where there is none."""
    _require_desk(actor)
    found = books.questions.life(id_, lock=lock)
    if found is None:
        raise Refusal(Why.UNKNOWN, "没有这个号，可能已过保存期")
    return found


def number(books: Books, actor: Actor, id_: UUID, reason: str, now: datetime) -> str:
    """Return in full who asked; who looked, and why, stands in the audit. Raises `Refusal`."""
    kept = _reason(actor, reason)
    books.audit.note(now, actor.name, "number read", f"inquiry/{id_}", reason=kept)
    address = books.questions.sender(id_)
    if address is None or not address.number:
        raise Refusal(Why.UNKNOWN, "号码隐藏，或已过保存期")
    return address.national


def by_number(books: Books, actor: Actor, written: str, reason: str, now: datetime, most: int) -> list[Exchange]:
    """Return what a number asked; who looked, and why, stands in the audit, the number masked. Raises `Refusal`."""
    kept = _reason(actor, reason)
    address = Address.parse(written)
    if not address.number.isascii() or not address.number.isdigit() or len(address.number) < 5:
        raise Refusal(Why.INVALID, "号码只写数字", "number")
    books.audit.note(now, actor.name, "number searched", f"number/{address}", reason=kept)
    return books.questions.of_number(address, most)


def _reason(actor: Actor, reason: str) -> str:
    actor.require_role(Role.REGULATOR)
    kept = " ".join(reason.split())
    if not kept or len(kept) > MOST_REASON or not kept.isprintable():
        raise Refusal(Why.INVALID, "写明为什么要看，不超过 60 字", "reason")
    return kept


def _require_desk(actor: Actor) -> None:
    if actor.role not in _DESK:
        raise Refusal(Why.UNKNOWN, "没有这个页面")


def may_see(actor: Actor, parties: Collection[str | None]) -> bool:
    """Return whether a label or a record is shown: to the desk all of them, to a party its own (T21)."""
    return actor.role in _DESK or actor.reaches(parties)


def changed(versions: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, Any, Any]]]:
    """Return what each version of a record, the newest first, changed: (field, before, after); the first: nothing."""
    bodies = [version["body"] for version in versions]
    steps = [
        [(name, old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        for new, old in pairwise(bodies)
    ]
    return [*steps, []] if bodies else []

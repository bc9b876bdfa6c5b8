"""What takes two people: a recall, the end of labels (T13). One asks, another agrees, and then it is done."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import Act, reason_of
from gateway.domain.records.goods import Batch, Recall
from gateway.filing import labels
from gateway.filing.books import Books
from gateway.filing.events import altered, refiled
from gateway.filing.kept import Kept
from gateway.filing.uploads import DECLINED, DONE, OPEN, Proposal

_MOST_REASON: Final = 200


def propose(books: Books, actor: Actor, kind: str, wish: Mapping[str, str], id_: UUID, now: datetime) -> None:
    """Ask for a recall or for the end of labels. Raises `Refusal` for what could not be done just now."""
    proposal = Proposal(id_, kind, dict(wish), actor.name, now, OPEN, None, None, None)
    _check(books, actor, proposal, now)
    books.uploads.propose(proposal)
    books.audit.note(now, actor.name, f"{kind} proposed", _subject(proposal))


def agree(books: Books, actor: Actor, id_: UUID, now: datetime) -> str:
    """Do what another person asked for; return what came of it. Raises `Refusal` for whoever asked for it himself."""
    proposal = _open(books, id_)
    if proposal.actor == actor.name:
        raise Refusal(Why.FORBIDDEN, "您自己提的，要另一人同意")
    note = _do(books, actor, proposal, now)
    books.uploads.decide(id_, DONE, actor.name, note, now)
    books.audit.note(now, actor.name, f"{proposal.kind} agreed", _subject(proposal), proposed_by=proposal.actor)
    return note


def decline(books: Books, actor: Actor, id_: UUID, now: datetime) -> None:
    """Let it be; whoever asked for it may do that too. Raises `Refusal` for another party's."""
    proposal = _open(books, id_)
    if proposal.actor != actor.name:
        _check(books, actor, proposal, now)
    books.uploads.decide(id_, DECLINED, actor.name, "", now)
    books.audit.note(now, actor.name, f"{proposal.kind} declined", _subject(proposal), proposed_by=proposal.actor)


def _open(books: Books, id_: UUID) -> Proposal:
    proposal = books.uploads.proposal(id_, lock=True)
    if proposal is None or proposal.state != OPEN:
        raise Refusal(Why.CONFLICT, "这件事已经有人定了")
    return proposal


def _check(books: Books, actor: Actor, proposal: Proposal, now: datetime) -> None:
    """See whether it could be done by this actor, and leave nothing behind."""

    def rehearse() -> None:
        _do(books, actor, proposal, now)
        raise _RehearsedError

    try:
        books.attempt(rehearse)
    except _RehearsedError:
        return


class _RehearsedError(Exception):
    """It could be done; what was done is taken back."""


def _do(books: Books, actor: Actor, proposal: Proposal, now: datetime) -> str:
    wish = proposal.wish
    if proposal.kind == "recall":
        return _recall(books, actor, wish, now)
    if proposal.kind != "void":
        raise Refusal(Why.INVALID, "没有这种申请", "kind")
    ending = labels.Ending(Act.CANCEL, reason_of(Act.CANCEL, wish.get("reason", "")))
    ended = labels.void_run(books, actor, ending, wish.get("first", ""), wish.get("last", ""), now)
    return f"作废 {ended.now} 枚，此前已作废 {ended.before} 枚"


def _recall(books: Books, actor: Actor, wish: Mapping[str, str], now: datetime) -> str:
    kept = _batch(books, wish.get("record", ""))
    actor.require(kept.concerned, f"批次 {kept.key} ")
    if not isinstance(kept.record, Batch):
        raise Refusal(Why.INVALID, "只有成批的商品可以召回", "record")
    if kept.record.recall is not None:
        raise Refusal(Why.CONFLICT, f"批次 {kept.key} 已经召回", "record")
    texts = {name: " ".join(wish.get(name, "").split()) for name in ("reason", "scope", "phone")}
    for name, text in texts.items():
        if not text or len(text) > _MOST_REASON or not text.isprintable():
            raise Refusal(Why.INVALID, "召回要写明原因、范围和电话", name)
    try:
        announced = date.fromisoformat(wish.get("announced_on", ""))
    except ValueError as err:
        raise Refusal(Why.INVALID, "日期写得不对", "announced_on") from err
    recall = Recall(announced_on=announced, **texts)
    books.records.put(refiled(kept, altered(kept.record, recall=recall)), actor.name, now)
    books.audit.note(now, actor.name, "batch recalled", kept.id, reason=texts["reason"])
    return f"批次 {kept.key} 已召回"


def _batch(books: Books, record_id: str) -> Kept:
    kind, _, key = record_id.partition("/")
    kept = books.records.get(kind, key, lock=True) if key and record_id.isprintable() else None
    if kept is None:
        raise Refusal(Why.UNKNOWN, "没有这个批次。写成 liquor/A0312 这样", "record")
    return kept


def _subject(proposal: Proposal) -> str:
    wish = proposal.wish
    return wish.get("record", "")[:160] if proposal.kind == "recall" else labels.subject(wish.get("first", ""))

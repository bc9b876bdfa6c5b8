"""What is done with operators' words: drafted, submitted, passed by a second person, published, and taken back."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.domain.proof import Source
from gateway.domain.safety import needs_two
from gateway.filing.books import Books
from gateway.filing.wordings import DECLINED, DRAFT, LIVE, SUBMITTED, SUPERSEDED, Wording, hash_of, tidy
from gateway.ports import News

MOST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody typed, and on top of what."""

    source: Source
    was: str  # hash of the draft he had before him; empty: there was none
    base: int  # the version that was live then


def current(books: Books, record_type: str, name: str) -> int:
    """Return the version that is live."""
    return next((one.version or 0 for one in books.wordings.history(record_type, name) if one.state == LIVE), 0)


def save(books: Books, actor: Actor, edit: Edit, new_id: UUID, now: datetime) -> Wording:
    """Keep a draft. Raises `Refusal` (conflict) when somebody else has changed it meanwhile."""
    actor.require_role(Role.WORDING)
    source = replace(edit.source, sms=tidy(edit.source.sms), voice=tidy(edit.source.voice))
    hashed = hash_of(source.sms, source.voice)
    old = books.wordings.draft(*source.key)
    if (old.hash if old else "") != edit.was and not (old and old.hash == hashed):
        who = old.author.removeprefix("user:") if old else ""
        raise Refusal(Why.CONFLICT, f"{who}刚改过这份草稿，先看新的再改" if old else "草稿刚被放弃或发布，先看新的再改")
    if old and old.hash == hashed:
        return old
    draft = Wording(
        id=old.id if old else new_id,
        record_type=source.record_type,
        name=source.name,
        version=None,
        state=DRAFT,  # an edit takes back what was submitted
        base=old.base if old else edit.base,
        sms=source.sms,
        voice=source.voice,
        hash=hashed,
        note=old.note if old else "",
        author=actor.name,
        editors=tuple(sorted({*(old.editors if old else ()), actor.name})),
        created_at=old.created_at if old else now,
        updated_at=now,
        answer=old.answer if old else None,
    )
    books.wordings.put(draft)
    if old is None or old.state == SUBMITTED:
        books.audit.note(now, actor.name, "wording edited", draft.subject, hash=hashed[:12])
    return draft


def discard(books: Books, actor: Actor, key: tuple[str, str], now: datetime) -> Wording:
    """Give a draft up; return it, so that this can be undone. Raises `Refusal`."""
    actor.require_role(Role.WORDING)
    draft = _draft(books, key)
    books.wordings.remove(draft.id)
    books.audit.note(now, actor.name, "wording discarded", draft.subject, hash=draft.hash[:12])
    return draft


def rebase(books: Books, actor: Actor, key: tuple[str, str], now: datetime) -> None:
    """Keep a draft though another version was published meanwhile: its writer has seen the difference."""
    actor.require_role(Role.WORDING)
    draft = _draft(books, key)
    books.wordings.put(replace(draft, base=current(books, *key), state=DRAFT, updated_at=now))


def submit(books: Books, actor: Actor, key: tuple[str, str], hashed: str, note: str, now: datetime) -> None:
    """Ask for a second person. Raises `Refusal`. That all checks passed is for the caller to see."""
    actor.require_role(Role.WORDING)
    draft = _fresh(books, key, hashed)
    books.wordings.put(replace(draft, state=SUBMITTED, note=note[:MOST_NOTE], submitted_at=now, answer=None))
    books.audit.note(now, actor.name, "wording submitted", draft.subject, hash=hashed[:12])


def withdraw(books: Books, actor: Actor, key: tuple[str, str], now: datetime) -> None:
    """Take a request back. Raises `Refusal`."""
    actor.require_role(Role.WORDING)
    draft = _draft(books, key)
    books.wordings.put(replace(draft, state=DRAFT, submitted_at=None))
    books.audit.note(now, actor.name, "wording withdrawn", draft.subject, hash=draft.hash[:12])


def decline(books: Books, actor: Actor, id_: UUID, hashed: str, why: str, now: datetime) -> None:
    """Send a draft back with a sentence. Raises `Refusal`."""
    draft = _submitted(books, actor, id_, hashed)
    if not why.strip():
        raise Refusal(Why.INVALID, "写一句为什么退回", "why")
    books.wordings.put(replace(draft, state=DECLINED, answer=why.strip()[:MOST_NOTE], reviewer=actor.name))
    books.audit.note(now, actor.name, "wording declined", draft.subject, hash=hashed[:12])


def approve(books: Books, actor: Actor, id_: UUID, hashed: str, now: datetime) -> int:
    """Publish what another person wrote; return its version. Raises `Refusal`."""
    draft = _submitted(books, actor, id_, hashed)
    return _publish(books, actor, replace(draft, reviewer=actor.name), now)


def publish(books: Books, actor: Actor, key: tuple[str, str], hashed: str, note: str, now: datetime) -> int:
    """Publish words that need no second person; return their version. Raises `Refusal`."""
    actor.require_role(Role.WORDING)
    if needs_two(key[1]):
        raise Refusal(Why.FORBIDDEN, "这条用语关系安全，要另一人复核")
    return _publish(books, actor, replace(_fresh(books, key, hashed), note=note[:MOST_NOTE]), now)


def roll_back(
    books: Books, actor: Actor, key: tuple[str, str], version: int, shipped: Source, new_id: UUID, now: datetime
) -> None:
    """Make an earlier version live again at once: two people passed it before. What was live stays as a draft.

    Raises `Refusal`: unknown; conflict for a version that nobody reviewed, or that is live.
    """
    actor.require_role(Role.WORDING)
    history = books.wordings.history(*key)
    wanted = next((one for one in history if one.version == version), None)
    live = next((one for one in history if one.state == LIVE), None)
    if wanted is None and version != 0:
        raise Refusal(Why.UNKNOWN, f"没有第 {version} 版")
    if (live.version if live else 0) == version:
        raise Refusal(Why.CONFLICT, f"第 {version} 版就在线上")
    if wanted and needs_two(key[1]) and wanted.reviewer is None:
        raise Refusal(Why.CONFLICT, f"第 {version} 版没有人复核过，要重新提交")
    if live:
        books.wordings.put(replace(live, state=SUPERSEDED))
        if books.wordings.draft(*key) is None:
            books.wordings.put(_draft_of(live, version, new_id, actor, now))
    if wanted:
        books.wordings.put(replace(wanted, state=LIVE))
    books.wordings.changed(now)
    books.announce(News.WORDS)
    gone = live.version if live else 0
    subject = f"wording/{key[0]}/{key[1]}"
    books.audit.note(now, actor.name, "wording rolled back", subject, version=version, was=gone, shipped=shipped.name)


def _draft_of(live: Wording, base: int, new_id: UUID, actor: Actor, now: datetime) -> Wording:
    return replace(
        live, id=new_id, version=None, state=DRAFT, base=base, author=actor.name, reviewer=None, answer=None,
        editors=tuple(sorted({*live.editors, actor.name})), created_at=now, updated_at=now, submitted_at=None,
        published_at=None,
    )  # fmt: skip


def _publish(books: Books, actor: Actor, draft: Wording, now: datetime) -> int:
    history = books.wordings.history(*draft.key)
    live = next((one for one in history if one.state == LIVE), None)
    if draft.base != (live.version if live else 0):
        raise Refusal(
            Why.CONFLICT, f"有人发布了第 {live.version if live else 0} 版，草稿改的是第 {draft.base} 版，先看两者的差别"
        )
    if live:
        books.wordings.put(replace(live, state=SUPERSEDED))
    version = max((one.version or 0 for one in history), default=0) + 1
    books.wordings.put(replace(draft, version=version, state=LIVE, published_at=now))
    books.wordings.changed(now)
    books.announce(News.WORDS)
    books.audit.note(
        now, actor.name, "wording published", draft.subject,
        version=version, hash=draft.hash[:12], author=draft.author, reviewer=draft.reviewer,
    )  # fmt: skip
    return version


def _draft(books: Books, key: tuple[str, str]) -> Wording:
    draft = books.wordings.draft(*key)
    if draft is None:
        raise Refusal(Why.UNKNOWN, "没有草稿，可能已经发布或放弃")
    return draft


def _fresh(books: Books, key: tuple[str, str], hashed: str) -> Wording:
    draft = _draft(books, key)
    if draft.hash != hashed:
        raise Refusal(Why.CONFLICT, "草稿后来改过，请看新的")
    return draft


def _submitted(books: Books, actor: Actor, id_: UUID, hashed: str) -> Wording:
    """Return what somebody else submitted, unchanged since. Raises `Refusal`."""
    actor.require_role(Role.WORDING)
    found = books.wordings.get(id_)
    draft = books.wordings.draft(*found.key) if found else None
    if draft is None or draft.id != id_ or draft.state != SUBMITTED:
        raise Refusal(Why.CONFLICT, "没有要复核的：已经发布、退回或撤回了")
    if draft.hash != hashed:
        raise Refusal(Why.CONFLICT, "草稿后来改过，请看新的")
    if actor.name in draft.editors:
        raise Refusal(Why.FORBIDDEN, "您改过这份草稿，要另一人复核")
    return draft

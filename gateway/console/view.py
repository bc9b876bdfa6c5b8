"""One verdict's words, with all that is known of them: what its editor shows, and where its draft stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.console.paint import Sheets
from gateway.console.voicing import Voiced
from gateway.domain.access import Role
from gateway.domain.proof import Source, WordingFault
from gateway.domain.reply import Clause
from gateway.domain.safety import needs_two
from gateway.filing.books import Books
from gateway.filing.wordings import DECLINED, LIVE, SUBMITTED, Trial, Wording, hash_of, tidy

SILENT: Final = timedelta(seconds=30)  # a process that said nothing for so long does not count
_HERE: Final = timedelta(minutes=5)  # since he was seen last
_STUCK: Final = timedelta(minutes=2)  # a trial that says nothing for so long has died with its process


@dataclass(frozen=True, slots=True)
class Specimen:
    """A clause to try words on, and what it was made from."""

    label: str
    id: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for publishing.

    `state`: ok; bad, to be mended; todo, to be done; wait, being done; note, to be known. `values` stand in its `text`
    where that has `{}`; `why` stands behind it.
    """

    state: str
    text: str
    values: tuple[object, ...] = ()
    why: str = ""
    wide: bool = False

    def say(self, say: Callable[[str], str]) -> str:
        """Return it in a language."""
        return say(self.text).format(*self.values) + (say(self.why) if self.why else "")


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may pass a draft."""

    name: str
    here: bool  # signed in, and seen just now


@dataclass(slots=True)
class View:
    """One verdict's words, as its page shows them."""

    source: Source
    live: Wording | None
    shipped: Source
    draft: Wording | None
    history: list[Wording]
    hash: str
    faults: list[WordingFault]
    specimens: list[Specimen]
    wanted: Specimen | None = None  # one more, that somebody asked for
    sheets: Sheets | None = None
    spoken: Sequence[str] = ()
    trial: Trial | None = None
    replay: Trial | None = None
    checks: list[Check] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    counter: int = 0
    voiced: Voiced = field(default_factory=Voiced)
    reviewers: Sequence[Reviewer] = ()

    @property
    def shown(self) -> list[Specimen]:
        """Return the specimens that can be looked at."""
        return [*self.specimens, self.wanted] if self.wanted else self.specimens

    @property
    def live_source(self) -> Source:
        """Return what is said now."""
        return self.live.source if self.live else self.shipped

    @property
    def live_version(self) -> int:
        """Return its version."""
        return self.live.version or 0 if self.live else 0

    @property
    def changed(self) -> bool:
        """Return whether the text differs from what is live."""
        return self.hash != hash_of(tidy(self.live_source.sms), tidy(self.live_source.voice))

    @property
    def stale(self) -> bool:
        """Return whether another version was published since the draft was begun."""
        return self.draft is not None and self.draft.base != self.live_version

    @property
    def two(self) -> bool:
        """Return whether a second person is needed."""
        return needs_two(self.source.name)

    @property
    def passed(self) -> bool:
        """Return whether nothing is to be mended, done or waited for."""
        return self.changed and self.sound and not self._any("wait")

    @property
    def sound(self) -> bool:
        """Return whether nothing is to be mended or done."""
        return not self._any("bad") and not self._any("todo")

    def _any(self, state: str) -> bool:
        return any(check.state == state for check in self.checks)

    @property
    def state(self) -> str:
        """Return where the draft stands: same, mend, again, making, ready, waiting."""
        if self.draft is not None and self.draft.state == SUBMITTED and self.draft.hash == self.hash:
            return "waiting"
        if not self.changed:
            return "same"
        if self._any("bad"):
            return "mend"
        if self._any("todo"):
            return "again"
        return "making" if self._any("wait") else "ready"

    @property
    def declined(self) -> str | None:
        """Return with which sentence it was sent back."""
        return self.draft.answer if self.draft and self.draft.state in (DECLINED, "draft") else None

    @property
    def behind(self) -> int:
        """Return how many processes do not speak what is live yet."""
        return sum(node["counter"] != self.counter for node in self.nodes)

    @property
    def running(self) -> bool:
        """Return whether something is being worked out."""
        return self.trying or self.state == "making"

    @property
    def trying(self) -> bool:
        """Return whether a trial or a replay is under way."""
        return any(one is not None and one.state == "running" for one in (self.trial, self.replay))


def read(books: Books, shipped: Source, now: datetime) -> View:
    """Return what is kept of these words, not tried on anything yet."""
    key = shipped.key
    history = books.wordings.history(*key)
    live = next((one for one in history if one.state == LIVE), None)
    draft = next((one for one in books.wordings.drafts() if one.key == key), None)
    source = draft.source if draft else live.source if live else shipped
    trial, replay = (books.wordings.trial(*key, kind) for kind in ("trial", "replay"))
    return View(
        source=source, live=live, shipped=shipped, draft=draft, history=history, hash="", faults=[], specimens=[],
        trial=_alive(trial, now), replay=_alive(replay, now), nodes=books.wordings.nodes(now - SILENT),
        counter=books.wordings.counter(), reviewers=_reviewers(books, draft, now) if needs_two(key[1]) else (),
    )  # fmt: skip


def _reviewers(books: Books, draft: Wording | None, now: datetime) -> list[Reviewer]:
    """Return who may pass a draft, those who are here first: never who edited it."""
    seen = {one.user.id for one in books.users.sessions() if one.ends_at > now and now - one.seen_at < _HERE}
    editors = draft.editors if draft else ()
    may = (
        one
        for one in books.users.all()
        if one.role in (Role.ADMIN, Role.WORDING) and one.disabled_at is None and one.actor.name not in editors
    )
    return sorted((Reviewer(one.name, one.id in seen) for one in may), key=lambda one: not one.here)


def _alive(trial: Trial | None, now: datetime) -> Trial | None:
    """Return a trial, unless it died with the process that ran it."""
    return None if trial and trial.state == "running" and now - trial.seen_at > _STUCK else trial

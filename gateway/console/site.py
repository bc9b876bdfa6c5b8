"""What every page of the console may use."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from uuid import UUID

import msgspec

from gateway.domain.access import Actor
from gateway.domain.proof import Workshop
from gateway.domain.reply import Plain
from gateway.filing.books import Archive
from gateway.filing.tickets import Letters
from gateway.ivr.flow import Flow
from gateway.ivr.runner import Running
from gateway.pipeline.rehearsal import Rehearsal
from gateway.ports import Bus, Clock

if TYPE_CHECKING:
    from aiohttp import web

    from gateway.console.backstage import Backstage
    from gateway.console.looks import Looks
    from gateway.console.passwords import Gatekeeper
    from gateway.console.session import Sessions
    from gateway.console.sse import Streams
    from gateway.console.studio import Studio
    from gateway.console.throttle import Throttle
    from gateway.console.trial import Trials
    from gateway.console.usage import Usage
    from gateway.console.voicing import Voicing

# Rows as a CSV that spreadsheets open as it is meant, no cell of it a formula.
Csv: TypeAlias = Callable[[Sequence[msgspec.Struct]], bytes]


class Loading(Protocol):
    """Where files are looked through and taken in."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Return which kinds of lists there are, with their names."""
        ...

    @property
    def most_bytes(self) -> int:
        """Return how long a file may be."""
        ...

    def share(self, id_: UUID) -> int | None:
        """Return how much of a file this process has worked through, in per cent; None: it is not at it."""
        ...

    async def take_in(
        self, id_: UUID, type_: str, name: str, content: bytes, actor: Actor, *, partial: bool, dry_run: bool
    ) -> tuple[dict[str, Any], bytes]:
        """Look through a file, or take it in; return what came of it and all remarks as JSON. Never raises."""
        ...


class Hotline(Protocol):
    """The telephone, whether there is one here or not."""

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Return the flows in force, or those that would be; none where a file has a fault."""
        ...

    @property
    def running(self) -> tuple[Running, ...]:
        """Return the calls in a dialogue of this process now."""
        ...

    @property
    def configured(self) -> bool:
        """Return whether there is a hotline here."""
        ...

    @property
    def speaks(self) -> bool:
        """Return whether missing sounds can be made."""
        ...

    @property
    def engine(self) -> str:
        """Return how the speech engine stands: ready, away (configured, does not speak now), none."""
        ...

    @property
    def engines(self) -> int:
        """Return how many engines can speak now."""
        ...

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        """Return the name of each clause's sound, None where there is none yet. Never waits."""
        ...

    def sayable(self, clauses: Sequence[str]) -> list[bool]:
        """Return of each clause whether it can be said without an engine, whole or put together. Never waits."""
        ...

    def prepare(self, clauses: Sequence[str]) -> int:
        """Have an engine make missing sounds, behind all callers; return how many are to be made. Never waits."""
        ...

    async def make(self, clauses: Sequence[str]) -> None:
        """Have missing sounds made, for a few seconds at most."""
        ...

    def clip(self, name: str) -> bytes | None:
        """Return a sound's samples, of 16 bits, 8000 a second; None: there is none of ours by this name, or no more."""
        ...


class Health(Protocol):
    """What can be said of the service now."""

    @property
    def answering(self) -> bool: ...  # noqa: D102 - named by its type
    @property
    def lines(self) -> Mapping[str, Mapping[str, Any]]: ...  # noqa: D102 - as /readyz shows them
    @property
    def open_replies(self) -> int: ...  # noqa: D102 - named by its type
    @property
    def redis(self) -> Mapping[str, Any] | None: ...  # noqa: D102 - as /readyz shows it
    @property
    def ready(self) -> bool: ...  # noqa: D102 - named by its type


@dataclass(frozen=True, slots=True)
class Site:
    """What stands behind the pages. A page that needs more of the outside adds a port here; `web.py` fills it in."""

    archive: Archive
    clock: Clock
    health: Callable[[], Health]
    service: Mapping[str, Plain]  # hotline, report_number, short_code, signature
    address: "Callable[[web.Request], str]"  # of whoever asks
    looks: "Looks"
    sessions: "Sessions"
    gate: "Gatekeeper"
    throttle: "Throttle"
    bus: Bus
    streams: "Streams"
    workshop: Workshop
    hotline: Hotline
    trials: "Trials"
    studio: "Studio"
    voicing: "Voicing"
    usage: "Usage"
    rehearsal: Rehearsal
    letters: Letters
    csv: Csv
    form: Callable[[str], bytes]  # to fill in, of one kind
    loading: Loading
    recording: Callable[[str], Path | None]  # the sound file of a complaint by telephone
    one_time: timedelta  # how long a one-time password lasts
    backstage: "Backstage"
    closing: asyncio.Event  # the service ends: whoever is told things is let go

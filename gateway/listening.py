"""What the console's pages see and hear of the hotline, whether there is one here or not."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final, Protocol

from gateway.channels.asterisk.sounds import LANGUAGE, Sounds
from gateway.ivr.flow import Flow
from gateway.ivr.ports import Speech
from gateway.ivr.runner import Running
from gateway.ivr.shelf import Shelf
from gateway.ivr.source import FlowFault
from gateway.settings import Settings
from gateway.voice.library import SUFFIX, BadClips, Library, read_clip

log = logging.getLogger(__name__)

# Who tries words waits at most so long for their sounds, behind all callers.
WITHIN: Final = 8.0
_CLIP: Final = re.compile(r"m?[0-9a-f]{32}")


class Speaking(Speech, Protocol):
    """Sounds, and who makes them."""

    @property
    def engine(self) -> bool: ...  # noqa: D102 - whether there is one, ready or not
    @property
    def engines(self) -> int: ...  # noqa: D102 - which can speak now
    def prepare(self, clauses: Sequence[str]) -> int: ...  # noqa: D102 - see `voice.speech.ClipSpeech`


class Telephone(Protocol):
    """The hotline that is served here."""

    @property
    def flows(self) -> Mapping[str, Flow] | None: ...  # noqa: D102 - in force; None: it has not begun
    @property
    def running(self) -> tuple[Running, ...]: ...  # noqa: D102 - calls in a dialogue now
    @property
    def speech(self) -> Speaking | None: ...  # noqa: D102 - None: it has not begun


class Listening:
    """`console.site.Hotline`."""

    def __init__(self, settings: Settings, telephone: Telephone | None) -> None:
        self._settings, self._telephone = settings, telephone
        self._sounds = Sounds(settings.asterisk.sounds_dir) if settings.asterisk else None
        self._one_at_a_time = asyncio.Lock()

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Return the flows in force, or those that would be; none where a file has a fault."""
        served = self._telephone.flows if self._telephone else None
        if served is not None:
            return served
        try:
            shelf = self._shelf
        except FlowFault as err:
            log.warning("no flows to show", extra={"reason": str(err)})
            return {}
        shelf.look()
        return shelf.flows

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self._settings.ivr.folders, self._settings.service.lift_digits)

    @property
    def running(self) -> tuple[Running, ...]:
        """Return the calls in a dialogue of this process now."""
        return self._telephone.running if self._telephone else ()

    @property
    def configured(self) -> bool:
        """Return whether there is a hotline here."""
        return self._telephone is not None

    @property
    def speaks(self) -> bool:
        """Return whether missing sounds can be made."""
        return self._telephone is not None and self._telephone.speech is not None

    @property
    def engine(self) -> str:
        """Return how the speech engine stands: ready, away (configured, does not speak now), none."""
        speech = self._telephone.speech if self._telephone else None
        if speech is None or not speech.engine:
            return "none" if speech else "away"
        return "ready" if speech.engines else "away"

    @property
    def engines(self) -> int:
        """Return how many engines can speak now."""
        speech = self._telephone.speech if self._telephone else None
        return speech.engines if speech else 0

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        """Return the name of each clause's sound, None where there is none yet. Never waits."""
        speech = self._telephone.speech if self._telephone else None
        if speech is not None:
            return speech.sounds(clauses)
        said = self._library.said
        return [said[clause].name if clause in said else None for clause in clauses]

    def sayable(self, clauses: Sequence[str]) -> list[bool]:
        """Return of each clause whether it can be said without an engine, whole or put together. Never waits."""
        sounds = self.sounds(clauses)
        return [name is not None or self._says(one) for one, name in zip(clauses, sounds, strict=True)]

    @cached_property
    def _says(self) -> Callable[[str], bool]:
        return lru_cache(maxsize=4096)(self._library.says)

    def prepare(self, clauses: Sequence[str]) -> int:
        """Have an engine make missing sounds, behind all callers; return how many are to be made. Never waits."""
        speech = self._telephone.speech if self._telephone else None
        return speech.prepare(clauses) if speech else 0

    @cached_property
    def _library(self) -> Library:
        return Library.read()

    async def make(self, clauses: Sequence[str]) -> None:
        """Have missing sounds made, for a few seconds at most; whoever calls in goes first."""
        speech = self._telephone.speech if self._telephone else None
        if speech is not None:
            async with self._one_at_a_time:
                await speech.make(clauses, within=WITHIN, urgent=False)

    def clip(self, name: str) -> bytes | None:
        """Return a sound's samples; None: there is none, or no more, or it is none of ours by its name."""
        if not _CLIP.fullmatch(name):
            return None
        if self._sounds:
            with contextlib.suppress(BadClips):  # not there: then perhaps shipped
                return read_clip(self._sounds.folder / LANGUAGE / f"{name}{SUFFIX}")
        entry = next((entry for entry in self._library.entries if entry.name == name), None)
        return self._library.pcm(entry) if entry else None

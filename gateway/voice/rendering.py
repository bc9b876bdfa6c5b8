"""Making the shipped clips: what is missing or stale is spoken by several engines at once, the manifest kept true."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.voice.engines import EngineFault
from gateway.voice.library import Entry, Library, alaw, replace
from gateway.voice.normalise import guard
from gateway.voice.settings import VoiceSettings
from gateway.voice.tones import IDENT as TONE
from gateway.voice.tones import tones
from gateway.voice.workers import Pool, pool

_KEPT_EVERY: Final = 20  # clips after which the manifest is written: an interruption costs no more


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be shipped: sentences and pieces, and what the switch wants by name."""

    ident: str
    sentences: tuple[str, ...]
    named: Mapping[str, str]

    def entries(self) -> list[Entry]:
        """Return them as the manifest names them, hashes left empty. Raises `Unspeakable`."""
        spoken = [Entry(guard(sentence), self.ident, "") for sentence in dict.fromkeys(self.sentences)]
        return [
            *spoken,
            *(Entry(guard(text), self.ident, "", file) for file, text in self.named.items()),
            *(Entry(name, TONE, "", name) for name in tones()),
        ]


@dataclass(frozen=True, slots=True)
class State:
    """How a library stands to what is wanted."""

    missing: tuple[Entry, ...]
    unused: tuple[Entry, ...]
    faults: tuple[str, ...]  # files that are not what the manifest says

    @property
    def good(self) -> bool:
        """Return whether all that is wanted is there."""
        return not self.missing and not self.faults


def state(library: Library, wanted: Wanted) -> State:
    """Compare; a clip of another engine, or of earlier readings, counts as missing."""
    there = {_key(entry): entry for entry in library.entries}
    asked = {_key(entry): entry for entry in wanted.entries()}
    return State(
        missing=tuple(entry for key, entry in asked.items() if key not in there),
        unused=tuple(entry for key, entry in there.items() if key not in asked),
        faults=tuple(library.faults()),
    )


async def render(
    library: Library, missing: Iterable[Entry], settings: VoiceSettings, told: Callable[[Entry], None]
) -> Library:
    """Speak what is missing into the library's folder; `told` is called for each. Raises `EngineFault`, `NoEngine`."""
    library.folder.mkdir(parents=True, exist_ok=True)
    entries = {_key(entry): entry for entry in library.entries}
    made = 0
    async with pool(settings) as workers:
        under_way = [asyncio.create_task(_made(workers, library, entry)) for entry in missing]
        for spoken in asyncio.as_completed(under_way):
            entry = await spoken
            entries[_key(entry)] = entry
            made += 1
            if made % _KEPT_EVERY == 0:
                library.write(entries.values())
            told(entry)
    return library.write(entries.values())


def prune(library: Library, unused: Iterable[Entry]) -> Library:
    """Remove what nobody says any more; return the library without it."""
    gone = {_key(entry) for entry in unused}
    kept = [entry for entry in library.entries if _key(entry) not in gone]
    # A name that says something else now has kept its file.
    for path in {library.path(entry) for entry in library.entries} - {library.path(entry) for entry in kept}:
        path.unlink(missing_ok=True)
    return library.write(kept)


async def _made(workers: Pool, library: Library, entry: Entry) -> Entry:
    if entry.ident == TONE:
        pcm = tones()[entry.file]
    else:
        job = workers.say(entry.spoken, urgent=True)
        assert job is not None  # noqa: S101 - what is urgent is never turned away
        job.waited_for += 1
        try:
            pcm = await job.done
        except EngineFault as err:
            raise EngineFault(f"{entry.spoken}: {err}") from err
    path = library.path(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, alaw(pcm))
    return _hashed(entry, path)


def _hashed(entry: Entry, path: Path) -> Entry:
    """Return the entry with its file's hash."""
    return Entry(entry.spoken, entry.ident, hashlib.sha256(path.read_bytes()).hexdigest(), entry.file)


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.file, entry.spoken, entry.ident

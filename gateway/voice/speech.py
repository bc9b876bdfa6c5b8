"""Sounds for what the gateway says: shipped, made ahead of need, or made while a caller waits (`ivr.ports.Speech`)."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

from gateway.domain.errors import GatewayError
from gateway.voice.engines import NoEngine
from gateway.voice.engines.opening import wanted
from gateway.voice.library import Library
from gateway.voice.normalise import Unspeakable, guard
from gateway.voice.settings import VoiceSettings
from gateway.voice.shelf import Shelf
from gateway.voice.workers import Job, Pool, pool

log = logging.getLogger(__name__)

LANGUAGE: Final = "zh"  # the folder below `sounds_dir`; a call's language is set to it


class ClipSpeech:
    """Speaks with clips. Names of sounds are relative to the folder of the call's language, without an ending."""

    def __init__(self, shelf: Shelf, ident: str | None, workers: Pool | None) -> None:
        self._shelf = shelf
        self._ident = ident
        self._workers = workers
        self._under_way: dict[str, Job] = {}

    @property
    def engine(self) -> bool:
        """Return whether there is an engine, be it ready or not."""
        return self._workers is not None

    @property
    def engines(self) -> int:
        """Return how many engines can speak now; 0: only what is shipped, and what is put together from it."""
        return self._workers.ready if self._workers else 0

    @property
    def pids(self) -> frozenset[int]:
        """Return the processes of the engines."""
        return frozenset(self._workers.pids if self._workers else ())

    @property
    def prepared(self) -> int:
        """Return how many sounds are kept beside the shipped ones."""
        return self._shelf.made

    @property
    def to_prepare(self) -> int:
        """Return how many clauses wait for an engine, or are being spoken."""
        return len(self._under_way)

    @property
    def roomy(self) -> bool:
        """Return whether more may be made ahead of need without driving out what is kept."""
        return self._shelf.roomy

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        """See `ivr.ports.Speech`."""
        return [self._shelf.find(self._ident, clause) for clause in clauses]

    async def make(self, clauses: Sequence[str], *, within: float, urgent: bool = True) -> None:
        """See `ivr.ports.Speech`. What no engine made in time is put together from shipped pieces where they say it."""
        if within <= 0:  # what ends in a code's digits is heard once: an engine's time is for what only it can say
            for clause in dict.fromkeys(clauses):
                if self._shelf.find(self._ident, clause) is None:
                    self._put_together(clause)
            clauses = [clause for clause in clauses if self._shelf.find(self._ident, clause) is None]
        jobs = [job for clause in dict.fromkeys(clauses) if (job := self._started(clause, urgent=urgent))]
        if jobs:
            for job in jobs:
                job.waited_for += 1
            try:
                await asyncio.wait([job.done for job in jobs], timeout=within)
            finally:
                for job in jobs:
                    job.waited_for -= 1
        for clause in dict.fromkeys(clauses):
            if self._shelf.find(self._ident, clause) is None:
                self._put_together(clause)

    def prepare(self, clauses: Sequence[str]) -> int:
        """Have sounds made ahead of need, behind all callers; return how many are to be made."""
        return sum(self._started(clause, urgent=False) is not None for clause in dict.fromkeys(clauses))

    def _started(self, clause: str, *, urgent: bool) -> Job | None:
        """Have an engine speak a clause, once however many ask for it."""
        if self._workers is None or self._ident is None or self._shelf.has(self._ident, clause):
            return None
        if job := self._under_way.get(clause):
            if urgent and not job.taken:
                self._workers.push(job, urgent=True)
            return job
        try:
            job = self._workers.say(guard(clause), urgent=urgent)
        except Unspeakable as err:
            log.warning("a clause cannot be spoken", extra={"reason": str(err)})
            return None
        if job is not None:
            self._under_way[clause] = job
            job.done.add_done_callback(lambda done: self._made(clause, done))
        return job

    def _made(self, clause: str, done: asyncio.Future[bytes]) -> None:
        del self._under_way[clause]
        if done.cancelled() or done.exception() or self._ident is None:
            return
        with self._disk():
            self._shelf.keep(self._ident, clause, done.result())

    def _put_together(self, clause: str) -> None:
        with self._disk():
            self._shelf.put_together(clause)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except (OSError, GatewayError) as err:  # full, or taken away: the caller hears less, the call goes on
            log.warning("a sound could not be kept", extra={"reason": str(err)})


@contextlib.asynccontextmanager
async def speech(
    settings: VoiceSettings, sounds_dir: Path, shipped: Library | None = None
) -> AsyncIterator[ClipSpeech]:
    """Put the shipped clips in place and start the engine, as the settings say.

    Raises `NoEngine` when an engine asked for by name cannot speak, and `GatewayError` when the folder cannot be
    written to.
    """
    folder = sounds_dir / LANGUAGE
    library = shipped or Library.read()
    try:
        shelf = await asyncio.to_thread(Shelf, folder, library, settings.cache_mb * 2**20)
    except OSError as err:
        raise GatewayError(
            f"[asterisk] sounds_dir: {folder}: {err.strerror}; the gateway must be able to write there"
        ) from err
    try:
        ident = wanted(settings)
        if ident is None:
            log.info("no speech engine: shipped clips and what is put together from them")
            yield ClipSpeech(shelf, None, None)
        else:
            async with pool(settings) as workers:
                yield ClipSpeech(shelf, ident, workers)
    finally:
        await asyncio.to_thread(shelf.close)


__all__ = ["LANGUAGE", "ClipSpeech", "NoEngine", "speech"]

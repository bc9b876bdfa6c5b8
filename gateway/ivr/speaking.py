"""Saying clauses in a call: never a silent second, never without the verdict."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.ivr.ports import KEYS, Keyed, SoundMissing, Speech, VoiceCall
from gateway.ivr.prompts import DIGITS, ONE_MOMENT

log = logging.getLogger(__name__)

# Seconds that a caller waits for a clause that has no sound yet: for what follows a verdict, and for the verdict.
DETAIL_WITHIN: Final = 0.4
VERDICT_WITHIN: Final = 2.0
# What an engine may take beyond the time it was given.
_GRACE: Final = 0.2
_IN_NUMBERS: Final = frozenset((*DIGITS, "、"))
# A call that waits longer for an answer is told so.
QUIET: Final = 0.7
# Seconds that keys are listened for at a time beside other work: so much later its end is seen.
LISTENING: Final = 0.15


@dataclass(frozen=True, slots=True)
class Speaker:
    """Speaks into one call with the sounds there are."""

    call: VoiceCall
    speech: Speech
    _of_numbers: set[str] = field(default_factory=set)  # sounds that are a part of a number

    def has(self, clauses: Sequence[str]) -> bool:
        """Return whether each of these has a sound of its own now."""
        return None not in self.speech.sounds(clauses)

    async def sounds(self, clauses: Sequence[str], within: float = DETAIL_WITHIN) -> tuple[list[str], list[str]]:
        """Return the sounds of these clauses, and the clauses that have none even after `within` seconds."""
        found = self.speech.sounds(clauses)
        if None in found:
            missing = [clause for clause, sound in zip(clauses, found, strict=True) if sound is None]
            if any(self._spelled(clause) is None for clause in missing):
                await self.make(missing, within)
                found = self.speech.sounds(clauses)
        sounds: list[str] = []
        silent: list[str] = []
        for clause, sound in zip(clauses, found, strict=True):
            spelled = [sound] if sound is not None else self._spelled(clause)
            if spelled is None:
                silent.append(clause)
            else:
                sounds += spelled
                if set(clause) <= _IN_NUMBERS:
                    self._of_numbers.update(spelled)
        if silent:
            log.warning("clauses without a sound", extra={"call": self.call.id, "clauses": len(silent)})
        return sounds, silent

    async def make(self, clauses: Sequence[str], within: float) -> None:
        """Have missing sounds made; an engine that fails or hangs makes none, and holds up nobody."""
        try:
            async with asyncio.timeout(within + _GRACE):
                await self.speech.make(clauses, within=within)
        except TimeoutError:
            log.warning("the speech engine is late", extra={"call": self.call.id, "within": within})
        except Exception:  # the caller hears what there is
            log.exception("the speech engine failed", extra={"call": self.call.id})

    def _spelled(self, clause: str) -> list[str] | None:
        """Put a number together from its digits, two in one breath where there are such sounds: one is misheard."""
        if not clause or not all(one in DIGITS for one in clause):
            return None
        twos = [clause[at : at + 2] for at in range(0, len(clause), 2)]
        for pieces in ([f"{two}、" if len(two) > 1 else two for two in twos], list(clause)):
            found = self.speech.sounds(pieces)
            if None not in found:
                return [sound for sound in found if sound is not None]
        return None

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        """Play all that can be played; return the key that cut it short."""
        left = list(sounds)
        while left:
            try:
                return await self.call.play(left, keys)
            except SoundMissing as err:
                left = self._without(left, err)
        return ""

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        """Play all that can be played and take keys."""
        left = list(sounds)
        while True:
            try:
                return await self.call.collect(left, most, first=first, between=between)
            except SoundMissing as err:
                left = self._without(left, err)

    def _without(self, sounds: list[str], err: SoundMissing) -> list[str]:
        """Return what is left to be played; of a number all is left out, since a part of it is another number."""
        log.error("a sound is missing at the switch", extra={"call": self.call.id, "sound": err.sound})
        missing = self._of_numbers if err.sound in self._of_numbers else {err.sound}
        return [sound for sound in sounds[err.heard :] if sound not in missing] if err.sound in sounds else []

    async def while_waiting(self, task: "asyncio.Task[object]", patience: float) -> None:
        """Wait for a task, at most so long; say that it takes a moment where it does."""
        await asyncio.wait([task], timeout=QUIET)
        if task.done():
            return
        began = asyncio.get_running_loop().time()
        await self.play([sound for sound in self.speech.sounds([ONE_MOMENT]) if sound])
        left = patience - QUIET - (asyncio.get_running_loop().time() - began)
        await asyncio.wait([task], timeout=max(left, 0.0))

    async def keys_while(self, task: "asyncio.Task[object]", patience: float) -> str:
        """Wait as `while_waiting` does; return the keys pressed meanwhile, which the switch drops if nobody listens.

        What stands before a `#` belongs to what was keyed before.
        """
        now = asyncio.get_running_loop().time
        keys, quiet, end = "", now() + QUIET, now() + patience
        while not task.done() and now() < end:
            if not keys and now() >= quiet:
                keys += await self.play([sound for sound in self.speech.sounds([ONE_MOMENT]) if sound], KEYS)
                quiet = end
            keys += await self.call.listen(LISTENING)
        return keys.rpartition("#")[2]

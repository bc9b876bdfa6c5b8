"""The sounds of a draft: what lacks of them is made before it goes live, where an engine can."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.console.site import Hotline

# An engine says a character in a quarter of a second, at half of real time (DESIGN 5).
_A_CHARACTER: Final = 0.125  # seconds
_DRAFTS: Final = 100  # of which it is known how far they are
_PATIENCE: Final = timedelta(seconds=60)  # without one sound more nobody waits any longer: callers go first


@dataclass(frozen=True, slots=True)
class Voiced:
    """How a draft's sounds stand."""

    total: int = 0  # sentences that had none when they were first asked for
    wanted: tuple[str, ...] = ()  # those that an engine is making, or would
    seconds: int = 0  # that this takes, about
    pieced: int = 0  # sentences that can only be put together from shipped pieces
    silent: tuple[str, ...] = ()  # sentences that cannot be said here at all
    engine: str = "ready"  # ready, away, none, no hotline

    @property
    def done(self) -> int:
        """Return how many were made."""
        return self.total - len(self.wanted)


@dataclass(slots=True)
class _Begun:
    total: int
    left: int
    at: datetime  # when the last one was made


@dataclass(slots=True)
class Voicing:
    """Has missing sounds made, and knows how far that is."""

    hotline: Hotline
    _begun: dict[str, _Begun] = field(default_factory=dict)

    def stand(self, hashed: str, fixed: Sequence[str], varying: Sequence[str], now: datetime) -> Voiced:
        """Return how a draft's sentences stand: the `fixed` ones, and those with values of some records.

        The first are wanted in one breath. Of the others every record has its own: they only must be sayable.
        """
        hotline = self.hotline
        if not hotline.configured:
            return Voiced(engine="no hotline")
        unmade = _where(fixed, [name is not None for name in hotline.sounds(fixed)])
        unsayable = _where(varying, hotline.sayable(varying))
        wanted = (*unmade, *unsayable)
        if not wanted:
            self._begun.pop(hashed, None)
            return Voiced()
        if hotline.engines and self._patient(hashed, len(wanted), now):
            begun = self._begun.get(hashed)
            return Voiced(max(begun.total if begun else 0, len(wanted)), wanted, _seconds(wanted, hotline.engines))
        silent = _where(unmade, hotline.sayable(unmade))
        return Voiced(pieced=len(unmade) - len(silent), silent=(*silent, *unsayable), engine=hotline.engine)

    def silent(self, fixed: Sequence[str]) -> int:
        """Return how many of the sentences that never change callers do not hear, or not at once."""
        if not self.hotline.configured:
            return 0
        if self.hotline.engines:
            return self.hotline.sounds(fixed).count(None)
        return self.hotline.sayable(fixed).count(False)

    def begin(self, hashed: str, voiced: Voiced, now: datetime) -> None:
        """Have what is wanted made, behind all callers."""
        if voiced.wanted:
            self.hotline.prepare(voiced.wanted)
            self._begun.setdefault(hashed, _Begun(len(voiced.wanted), len(voiced.wanted), now))
            if len(self._begun) > _DRAFTS:
                del self._begun[next(iter(self._begun))]

    def _patient(self, hashed: str, left: int, now: datetime) -> bool:
        """Return whether it is still worth waiting: an engine may fail at a sentence, and go on failing."""
        begun = self._begun.get(hashed)
        if begun is None:
            return True
        if left < begun.left:
            begun.left, begun.at = left, now
        return now - begun.at < _PATIENCE


def _where(clauses: Sequence[str], holds: Sequence[bool]) -> tuple[str, ...]:
    """Return those of which it does not hold."""
    return tuple(clause for clause, fine in zip(clauses, holds, strict=True) if not fine)


def _seconds(clauses: Sequence[str], engines: int) -> int:
    characters = sum(sum(one.isalpha() for one in clause) for clause in clauses)
    return max(1, round(characters * _A_CHARACTER / engines))

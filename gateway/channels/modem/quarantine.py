"""When a line that keeps failing is left alone, and when it is tried again. Pure: time comes in."""

from gateway.channels.modem.status import Blame, Judgement
from gateway.domain.outcome import Accepted

# So many sends in a row without success speak against the line and not against one text.
_FAILURES = 3

# Seconds of the first quarantine and of the longest; each failed try doubles it.
_FIRST, _LONGEST = 60.0, 960.0


class Quarantine:
    """The standing of one line. Times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._failures = 0
        self._until: float | None = None
        self._length = _FIRST

    def active(self, now: float) -> bool:
        """Return whether the line is to be left alone; once its time is over, one try decides."""
        return self._until is not None and now < self._until

    @property
    def suspected(self) -> bool:
        """Return whether the line has been in quarantine and not yet sent since."""
        return self._until is not None

    def remaining(self, now: float) -> float:
        """Return for how many seconds more."""
        return max(0.0, self._until - now) if self._until is not None else 0.0

    def note(self, judgement: Judgement, now: float) -> bool:
        """Take in how a send went; return whether the line goes into quarantine for it."""
        if isinstance(judgement.outcome, Accepted):
            self._failures, self._until, self._length = 0, None, _FIRST
            return False
        if judgement.blame in (Blame.NOBODY, Blame.SEGMENT):
            return False
        self._failures += 1
        if self._failures < _FAILURES and judgement.blame is not Blame.LINE and not self.suspected:
            return False
        if self.suspected:
            self._length = min(2 * self._length, _LONGEST)
        self._until = now + self._length
        return True

"""Who began to listen to what: a player asks for a sound piece by piece, and that is one listening."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

LASTS: Final = timedelta(minutes=10)


class Listenings:
    """What was begun in the last minutes, in this process."""

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, str], datetime] = {}

    def is_new(self, who: UUID, what: str, now: datetime) -> bool:
        """Return whether he did not begin with it yet."""
        self._begun = {key: at for key, at in self._begun.items() if now - at < LASTS}
        return (who, what) not in self._begun

    def begun(self, who: UUID, what: str, now: datetime) -> None:
        """Remember it, once it stands in the audit."""
        self._begun[who, what] = now

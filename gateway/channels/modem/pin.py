"""A SIM's PIN is tried once; a third wrong try would lock the SIM."""

import contextlib
from pathlib import Path


class PinOnce:
    """Remembers one modem's PIN trial, over restarts as well when it has a file to note it in."""

    def __init__(self, note: Path | None = None) -> None:
        """`note` is written before the PIN is sent and removed once it proved right."""
        self._note = note
        self._tried = False

    def may_try(self) -> bool:
        """Return True once and note it; afterwards False until `proved`."""
        if self._tried or (self._note is not None and self._note.exists()):
            return False
        if self._note is not None:
            self._note.write_text("The PIN of this modem was refused. Correct it, then delete this file.\n")
        self._tried = True
        return True

    @property
    def remedy(self) -> str:
        """Say what a person has to do before it is tried again."""
        if self._note is None:
            return "correct `pin` and restart, or enter the right one in a telephone"
        return f"correct `pin`, delete {self._note} and restart, or enter the right one in a telephone"

    def proved(self) -> None:
        """Note that the SIM is open: the PIN may be used again after the next power-on."""
        self._tried = False
        if self._note is not None:
            with contextlib.suppress(FileNotFoundError):
                self._note.unlink()

"""The file of codes for the printing house: one code a line, there as a whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from stdnum.iso7064 import mod_11_10

from gateway.domain.code import LENGTH, LONG_LENGTH, LONG_VERSION
from gateway.domain.errors import GatewayError
from gateway.domain.ff1_runs import encrypted
from gateway.domain.labels import Run, countersign

_CHUNK: Final = 10_000  # codes made and written at a time
_AROUND: Final = 3  # digits beside the encrypted index: class, version, check


@dataclass(frozen=True, slots=True)
class Plate:
    """What printing takes: the key of the codes' version, and where they are counter-signed that key too."""

    code_key: bytes = field(repr=False)
    label_key: bytes | None = field(default=None, repr=False)

    def lines(self, run: Run) -> bytes:
        """Return a line a code; its counter-sign after a tab."""
        head = f"{run.klass}{run.version}"
        digits = (LONG_LENGTH if run.version == LONG_VERSION else LENGTH) - _AROUND
        indexes = encrypted(self.code_key, head.encode(), range(run.first, run.last + 1), digits)
        codes = [f"{head}{index}{mod_11_10.calc_check_digit(head + index)}" for index in indexes]
        if self.label_key is None:
            return "".join(f"{code}\n" for code in codes).encode()
        return "".join(f"{code}\t{countersign(self.label_key, code)}\n" for code in codes).encode()


def printed(plate: Plate, run: Run) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a run in order, and how many they are."""
    for first in range(run.first, run.last + 1, _CHUNK):
        piece = Run(run.klass, run.version, first, min(first + _CHUNK - 1, run.last))
        yield piece.size, plate.lines(piece)


class Draft:
    """A file that has no name yet: beside its place, its owner's alone, and gone unless it is published."""

    def __init__(self, path: Path) -> None:
        """Raises `GatewayError` where there is a file already, or none can be written."""
        self._path = path
        self._refuse_existing()
        try:
            number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except OSError as err:
            raise GatewayError(f"{path}: cannot be written: {err.strerror}") from err
        self._file, self._name = os.fdopen(number, "wb"), Path(name)

    def write(self, lines: bytes) -> None:
        """Append. Raises `GatewayError` when the disk is full or fails."""
        try:
            self._file.write(lines)
        except OSError as err:
            raise GatewayError(f"{self._path}: cannot be written: {err.strerror}") from err

    def keep(self) -> None:
        """See that it would outlive the power. Raises `GatewayError` as `write` does."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as err:
            raise GatewayError(f"{self._path}: cannot be written: {err.strerror}") from err

    def publish(self) -> None:
        """Give it its name. Raises `GatewayError` when another file took it meanwhile, or the folder is gone."""
        self._refuse_existing()
        try:
            self._name.rename(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as err:
            raise GatewayError(f"{self._path}: cannot be written: {err.strerror}") from err

    def _refuse_existing(self) -> None:
        if self._path.exists():
            raise GatewayError(f"{self._path}: there already; codes of an issue are not written over, name another")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written is no matter any more
            self._file.close()
        self._name.unlink(missing_ok=True)

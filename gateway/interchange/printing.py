"""The file of codes for the printing house: one code a line, there as a whole or not at all.

FF1 takes some 18 µs a code and holds the interpreter, so long runs are encrypted by processes of their own. They
read from a pipe: when this process ends, however it ends, so do they.
"""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.domain.code import CodeBook
from gateway.domain.errors import GatewayError
from gateway.domain.labels import Run, countersign

_CHUNK: Final = 5_000  # codes a worker makes at a time
_ALONE: Final = 20_000  # fewer are made before a worker has even started
_ENDING: Final = 10.0  # seconds until a worker that does not end is killed


@dataclass(frozen=True, slots=True)
class Plate:
    """What printing takes: the key of the codes' version, and where they are counter-signed that key too."""

    code_key: bytes = field(repr=False)
    label_key: bytes | None = field(default=None, repr=False)

    def lines(self, run: Run) -> bytes:
        """Return a line a code; its counter-sign after a tab."""
        book = CodeBook({run.version: self.code_key})
        codes = (book.issue(run.klass, run.version, index) for index in range(run.first, run.last + 1))
        if self.label_key is None:
            return "".join(f"{code}\n" for code in codes).encode()
        return "".join(f"{code}\t{countersign(self.label_key, code)}\n" for code in codes).encode()


def printed(plate: Plate, run: Run) -> Generator[tuple[int, bytes], None, None]:
    """Yield the lines of a run in order, and how many they are. Raises `GatewayError` when a worker was killed."""
    ends = range(run.first, run.last + 1, _CHUNK)
    chunks = [Run(run.klass, run.version, first, min(first + _CHUNK - 1, run.last)) for first in ends]
    if run.size < _ALONE:
        yield from ((chunk.size, plate.lines(chunk)) for chunk in chunks)
        return
    with _workers(plate, os.cpu_count() or 1) as pipes:
        ahead = 2 * len(pipes)  # one at work, one waiting
        try:
            for at, chunk in enumerate(chunks[:ahead]):
                pipes[at % len(pipes)].send(chunk)
            for at, chunk in enumerate(chunks):
                yield chunk.size, pipes[at % len(pipes)].recv_bytes()
                if at + ahead < len(chunks):
                    pipes[at % len(pipes)].send(chunks[at + ahead])
        except (EOFError, ConnectionError) as err:
            raise GatewayError("a process that makes codes was ended from outside; nothing was issued") from err


@contextmanager
def _workers(plate: Plate, count: int) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    processes, pipes = [], []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            pipes.append(ours)
            with theirs:
                process = context.Process(target=_work, args=(theirs, plate), daemon=True)
                process.start()
            processes.append(process)
        yield pipes
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(_ENDING)
            if process.is_alive():
                process.kill()
                process.join()


def _work(pipe: Connection, plate: Plate) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that reads
    with suppress(EOFError, ConnectionError):
        while True:
            pipe.send_bytes(plate.lines(pipe.recv()))


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

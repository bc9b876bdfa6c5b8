"""Clips as files: how they are named, written and read, and the shipped ones with their manifest.

The switch plays a mono WAV of 8 kHz and 16 bits. Shipped is the A-law of it (ITU-T G.711), half as large: the octets
that go over a telephone line are the same. A clip's name is the hash of who speaks and what is said, so that nobody has
to keep a list of what was made.
"""

import hashlib
import os
import secrets
import struct
import wave
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from gateway.domain.errors import GatewayError
from gateway.voice.pieces import Pieces
from gateway.wire import g711

RATE: Final = 8000
WIDTH: Final = 2  # octets of a sample
HEADER: Final = 44  # octets before the samples of a WAV file as `wave` writes it
SUFFIX: Final = ".wav"
SHIPPED_SUFFIX: Final = ".alaw"
MANIFEST: Final = "manifest.jsonl"
SHIPPED: Final = Path(__file__).resolve().parent / "clips" / "zh"


class BadClips(GatewayError):
    """The shipped clips are not what their manifest says; the text names the file."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the manifest."""

    spoken: str
    ident: str
    sha256: str  # of the file
    file: str = ""  # the name where the switch wants a certain one (`beep`), without the ending

    @property
    def name(self) -> str:
        """Return the file's name without its ending, as the switch plays it."""
        return self.file or clip_name(self.ident, self.spoken)


def clip_name(ident: str, spoken: str) -> str:
    """Return the name of what `ident` says: 128 bits of a hash, so that a dozen fit into one AGI command."""
    return hashlib.sha256(f"{ident}|{spoken}".encode()).hexdigest()[:32]


def wav(pcm: bytes) -> bytes:
    """Return a WAV file of samples, its header as `wave` writes it in ten times the time."""
    form = struct.pack("<HHIIHH", 1, 1, RATE, WIDTH * RATE, WIDTH, 8 * WIDTH)
    length = HEADER - 8 + len(pcm)
    return b"".join(
        (b"RIFF", struct.pack("<I", length), b"WAVEfmt ", struct.pack("<I", len(form)), form, b"data",
         struct.pack("<I", len(pcm)), pcm)
    )  # fmt: skip


def alaw(pcm: bytes) -> bytes:
    """Return samples as they are shipped."""
    return g711.encode(array("h", pcm), g711.ALAW)


def write_clip(path: Path, pcm: bytes) -> None:
    """Write a clip so that it is there as a whole or not at all, also when two do so at once."""
    replace(path, wav(pcm))


def read_clip(path: Path) -> bytes:
    """Return a clip's samples. Raises `BadClips` when it is not a whole mono WAV of 8 kHz and 16 bits."""
    try:
        with wave.open(str(path)) as sound:
            form = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            pcm: bytes = sound.readframes(sound.getnframes())
            whole = len(pcm) == sound.getnframes() * WIDTH
    except (OSError, EOFError, wave.Error) as err:
        raise BadClips(f"{path}: cannot be read: {err or 'it ends too early'}") from err
    if form != (1, WIDTH, RATE) or not whole or not pcm:
        raise BadClips(f"{path}: not a whole mono WAV of 8 kHz and 16 bits")
    return pcm


def replace(path: Path, content: bytes) -> None:
    """Write a whole file, or nothing. Written a few times a call: without `tempfile` in a third of its time."""
    part = f"{path.parent}/.{path.name}.{secrets.token_hex(4)}.part"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask says: the switch is another user
            file.write(content)
        os.replace(part, path)  # noqa: PTH105 - as above
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Library:
    """A folder of clips with its manifest."""

    folder: Path
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, folder: Path = SHIPPED) -> "Library":
        """Read the manifest; a folder without one is empty. Raises `BadClips` naming the line."""
        path = folder / MANIFEST
        if not path.exists():
            return cls(folder, ())
        entries = []
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                entries.append(msgspec.json.decode(line, type=Entry))
            except (msgspec.DecodeError, UnicodeDecodeError) as err:
                raise BadClips(f"{path}:{number}: {err}") from err
        return cls(folder, tuple(entries))

    @cached_property
    def said(self) -> Mapping[str, Entry]:
        """Return the clips by what they say, without those that the switch wants by name."""
        return {entry.spoken: entry for entry in self.entries if not entry.file}

    @cached_property
    def named(self) -> Mapping[str, Entry]:
        """Return those that the switch wants by name."""
        return {entry.file: entry for entry in self.entries if entry.file}

    def path(self, entry: Entry) -> Path:
        """Return a clip's file."""
        return self.folder / f"{entry.name}{SHIPPED_SUFFIX}"

    def pcm(self, entry: Entry) -> bytes:
        """Return a clip's samples. Raises `BadClips`."""
        try:
            octets = self.path(entry).read_bytes()
        except OSError as err:
            raise BadClips(f"{self.path(entry)}: cannot be read: {err.strerror}") from err
        return g711.decode(octets, g711.ALAW).tobytes()

    def faults(self) -> list[str]:
        """Return what is wrong with the files, each named; empty: all are as the manifest says."""
        return [fault for entry in self.entries if (fault := self.fault(entry))]

    def fault(self, entry: Entry) -> str | None:
        """Return what is wrong with one file."""
        path = self.path(entry)
        if not path.is_file():
            return f"{path}: missing ({entry.spoken})"
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
            return f"{path}: not the file of the manifest ({entry.spoken})"
        return None

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self.said)

    @cached_property
    def _samples(self) -> dict[str, bytes]:
        return {}  # of the pieces used so far: a few MB at most

    def put_together(self, spoken: str) -> bytes | None:
        """Return the samples of a sentence made from the fewest clips, or None when they do not say it."""
        if (cut := self._pieces.cut(spoken)) is None:
            return None
        return b"".join(self._piece(said.spoken) + bytes(WIDTH * int(said.pause * RATE)) for said in cut)

    def says(self, spoken: str) -> bool:
        """Return whether a sentence can be said with these clips, whole or in pieces."""
        return spoken in self.said or self._pieces.cut(spoken) is not None

    def _piece(self, spoken: str) -> bytes:
        samples = self._samples.get(spoken)
        if samples is None:
            samples = self._samples[spoken] = self.pcm(self.said[spoken])
        return samples

    def put_in(self, folder: Path) -> int:
        """Copy into the switch's folder what is not there yet, or is different; return how many were."""
        changed = 0
        for entry in self.entries:
            there = folder / f"{entry.name}{SUFFIX}"
            there.parent.mkdir(parents=True, exist_ok=True)
            content = wav(self.pcm(entry))
            if not there.is_file() or there.read_bytes() != content:
                replace(there, content)
                changed += 1
        return changed

    def write(self, entries: Iterable[Entry]) -> "Library":
        """Write a manifest, in an order that keeps differences small; return what it says now."""
        ordered = tuple(sorted(entries, key=lambda entry: (entry.file, entry.spoken)))
        replace(self.folder / MANIFEST, b"".join(msgspec.json.encode(entry) + b"\n" for entry in ordered))
        return Library(self.folder, ordered)

"""The switch's folder of sounds: the shipped clips, never evicted, and what was made here, the longest unused first."""

import logging
import os
import time
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Final

from gateway.voice.library import HEADER, SUFFIX, BadClips, Library, clip_name, read_clip, write_clip

log = logging.getLogger(__name__)

# A sound given out is played within a call's dialogue, which lasts less than this many seconds.
IN_USE: Final = 900.0
_FOR_AHEAD: Final = 0.8  # of the room may be filled ahead of need
MADE: Final = "m"  # what the names of clips made here begin with: no hexadecimal digit


class Shelf:
    """Which sounds can be played now. All is in memory; files are only written and removed."""

    def __init__(self, folder: Path, shipped: Library, cache_octets: int) -> None:
        """Copy what is shipped into `folder` and look at what was made before. Raises `OSError`, `BadClips`."""
        self._folder = folder
        self._room = cache_octets
        folder.mkdir(parents=True, exist_ok=True)
        changed = shipped.put_in(folder)
        self._shipped = {text: entry.name for text, entry in shipped.said.items()}
        self._library = shipped
        self._made: OrderedDict[str, tuple[int, float]] = OrderedDict()  # name: octets, when last given out
        self._octets = 0
        for name, octets, used in sorted(self._left_from_before(), key=lambda clip: clip[2]):
            self._made[name] = (octets, used - time.time() + time.monotonic())
            self._octets += octets
        log.info("sounds are in place", extra={"shipped": len(self._shipped), "new": changed, "made": len(self._made)})

    def _left_from_before(self) -> list[tuple[str, int, float]]:
        kept = []
        for file in self._folder.glob(f"{MADE}*{SUFFIX}"):
            status = file.stat()
            try:
                read_clip(file)
            except BadClips as err:
                log.warning("a broken clip is removed", extra={"reason": str(err)})
                file.unlink(missing_ok=True)
            else:
                kept.append((file.stem, status.st_size, status.st_mtime))
        for part in self._folder.glob(".*.part"):
            part.unlink(missing_ok=True)
        return kept

    def find(self, ident: str | None, spoken: str) -> str | None:
        """Return the sound of a text: shipped, made by the engine `ident`, or put together."""
        if shipped := self._shipped.get(spoken):
            return shipped
        for by in (ident, PUT_TOGETHER):
            if by is not None and (name := _made_name(by, spoken)) in self._made:
                self._made[name] = (self._made[name][0], time.monotonic())
                self._made.move_to_end(name)
                return name
        return None

    def has(self, ident: str, spoken: str) -> bool:
        """Return whether the engine `ident` needs not speak this text any more."""
        return spoken in self._shipped or _made_name(ident, spoken) in self._made

    def put_together(self, spoken: str) -> bool:
        """Make a text's sound from shipped pieces, in about a millisecond; False when they do not say it."""
        pcm = self._library.put_together(spoken)
        if pcm is None:
            return False
        self.keep(PUT_TOGETHER, spoken, pcm)
        return True

    def keep(self, ident: str, spoken: str, pcm: bytes) -> None:
        """Put a clip where the switch finds it."""
        name = _made_name(ident, spoken)
        write_clip(self._folder / f"{name}{SUFFIX}", pcm)
        octets = HEADER + len(pcm)
        self._octets += octets - self._made.pop(name, (0, 0.0))[0]
        self._made[name] = (octets, time.monotonic())
        self._make_room()

    @property
    def made(self) -> int:
        """Return how many sounds were made here and are kept."""
        return len(self._made)

    @property
    def roomy(self) -> bool:
        """Return whether there is room for more without driving any out, some kept for what callers wait for."""
        return self._octets < _FOR_AHEAD * self._room

    def _make_room(self) -> None:
        now = time.monotonic()
        while self._octets > self._room:
            name, (octets, used) = next(iter(self._made.items()))
            if now - used < IN_USE:
                return  # somebody may be about to hear it: rather too much for a while
            del self._made[name]
            self._octets -= octets
            (self._folder / f"{name}{SUFFIX}").unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the order of use to the next start."""
        for name, (_, used) in self._made.items():
            at = used - time.monotonic() + time.time()
            try:
                os.utime(self._folder / f"{name}{SUFFIX}", (at, at))
            except OSError:  # removed by somebody else: then there is no order to leave
                continue


PUT_TOGETHER: Final = "pieces 2"  # the ident of what is put together; raise the number with the rules of `pieces`


@lru_cache(maxsize=4096)  # asked for several times a call
def _made_name(ident: str, spoken: str) -> str:
    return MADE + clip_name(ident, spoken)

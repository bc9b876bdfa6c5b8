"""A citizen's handset: how it cuts what it sends, and joins what it gets (3GPP TS 23.040 §9.2.3.24.1)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.emulators.modem.alphabet import septets_of
from gateway.emulators.modem.codec import FLASH, Place, Submit, deliver


@dataclass(frozen=True, slots=True)
class Segment:
    """One short message as it reached a handset; `at` is the event loop's time."""

    text: str
    place: Place | None
    modem: str
    at: float
    flash: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole message as its reader sees it."""

    text: str
    segments: int
    modem: str  # the name of the modem its last segment came from
    first_at: float  # the event loop's time of the first segment
    last_at: float
    flash: bool = False


class Handset:
    """One subscriber. Keeps every segment that came, and the replies they joined to."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.segments: list[Segment] = []
        self.replies: list[Reply] = []
        self._unseen: asyncio.Queue[Reply] = asyncio.Queue()
        self._joining: dict[tuple[str, int, int, bool], dict[int, Segment]] = {}
        self._reference = 0

    async def next_reply(self, timeout: float) -> Reply:  # noqa: ASYNC109 - a test's deadline reads best as an argument
        """Wait for the next whole message that nobody has asked for yet; raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            return await self._unseen.get()

    def forget_unseen(self) -> None:
        """Take what has come so far as read."""
        while not self._unseen.empty():
            self._unseen.get_nowait()

    def receive(self, submit: Submit, modem: str, at: float) -> None:
        """Take one segment; a part that is already here is dropped, as handsets do."""
        coding = submit.coding
        segment = Segment(submit.text, submit.place, modem, at, flash=coding < 0x40 and coding & 0x13 == FLASH)
        self.segments.append(segment)
        place = submit.place
        if place is None or place.total == 1:
            self._read([segment])
            return
        key = (modem, place.reference, place.total, place.wide)
        parts = self._joining.setdefault(key, {})
        parts.setdefault(place.number, segment)
        if len(parts) == place.total:
            del self._joining[key]
            self._read([parts[number] for number in sorted(parts)])

    def compose(self, text: str, at: datetime, *, wide: bool = False, flash: bool = False) -> list[bytes]:
        """Cut a text into the DELIVERs that the network would bring of it, with this handset's next reference."""
        pieces = cut(text, wide=wide)
        if len(pieces) == 1:
            return [deliver(self.number, text, at, flash=flash)]
        if len(pieces) > 255:
            raise ValueError(f"{len(pieces)} parts; 255 is the most a header can count")
        self._reference = (self._reference + 1) % (65536 if wide else 256)
        places = [Place(self._reference, len(pieces), number, wide) for number in range(1, len(pieces) + 1)]
        return [
            deliver(self.number, piece, at, place=place, flash=flash)
            for place, piece in zip(places, pieces, strict=True)
        ]

    def _read(self, parts: list[Segment]) -> None:
        times = [part.at for part in parts]
        reply = Reply(
            text="".join([part.text for part in parts]),
            segments=len(parts),
            modem=parts[-1].modem,
            first_at=min(times),
            last_at=max(times),
            flash=parts[0].flash,
        )
        self.replies.append(reply)
        self._unseen.put_nowait(reply)


def cut(text: str, *, wide: bool = False) -> list[str]:
    """Cut a text as handsets do: no character is ever split over two parts."""
    if septets_of(text) is not None:
        return _cut(text, 160, 152 if wide else 153, lambda character: len(septets_of(character) or b""))
    return _cut(text, 70, 66 if wide else 67, lambda character: 1 + (character > "\uffff"))


def _cut(text: str, alone: int, joined: int, size: Callable[[str], int]) -> list[str]:
    if sum(map(size, text)) <= alone:
        return [text]
    pieces: list[str] = []
    start = used = 0
    for at, character in enumerate(text):
        used += size(character)
        if used > joined:
            pieces.append(text[start:at])
            start, used = at, size(character)
    return [*pieces, text[start:]]

"""A program's hand on an emulator that runs in another process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.errors import GatewayError, LinkDown

_LONGEST_LINE = 64 * 1024 * 1024
# The emulator answers in its own time limit; this much later it is taken for dead.
_SLACK = 10.0


class ControlRefused(GatewayError):
    """The emulator could not do what was asked; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply as the handset shows it; times in seconds from the sending of the question."""

    text: str
    segments: int
    modem: str
    first_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back; with fewer replies than asked for, `why` says what is known of the reason."""

    replies: tuple[Answered, ...]
    why: str | None
    to: str


@dataclass(frozen=True, slots=True)
class HandsetState:
    """What a handset got: whole texts, and each segment as (text, its part number)."""

    replies: tuple[str, ...]
    segments: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ModemState:
    """A modem as the emulator sees it."""

    name: str
    port: Path
    number: str
    plugged: bool
    stored: dict[str, int]  # messages by memory
    held: int  # messages that wait in the network
    heard_seconds_ago: float | None  # since a driver last wrote something; None: never
    pin_tries_left: int


class ControlClient:
    """One connection to an emulator's control socket; its calls may run side by side.

    Every call raises `LinkDown` when the emulator is gone and `ControlRefused` when it refuses.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0
        self._gone = False

    async def text(
        self, sender: str, text: str, to: str | int | None = None, *, limit: float = 60.0, replies: int = 1
    ) -> Heard:
        """Send a text from a handset and wait up to `limit` seconds for `replies` whole replies to it.

        `to` is a modem's place, name or number; None takes the modems in turn. Two questions of one sender at
        the same time share their replies.
        """
        answer = await self._ask(
            limit + _SLACK,
            {"do": "text", "from": sender, "text": text, "to": to, "timeout": limit, "replies": replies},
        )
        return Heard(tuple(Answered(**reply) for reply in answer["replies"]), answer["why"], answer["to"])

    async def faults(self, modem: str | int | None = None, *, clear: bool = False, **changes: object) -> None:
        """Throw fault switches (see `Faults`) of one modem, or of all; `clear` puts them all off first."""
        ready = {
            name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in changes.items()
        }
        await self._ask(_SLACK, {"do": "faults", "modem": modem, "clear": clear, "set": ready})

    async def unplug(self, modem: str | int | None = None, *, seconds: float | None = None) -> None:
        """Pull a modem (None: all of them) out, for some seconds or until `plug`."""
        await self._ask(_SLACK, {"do": "unplug", "modem": modem, "seconds": seconds})

    async def plug(self, modem: str | int | None = None) -> None:
        """Plug in what was pulled out."""
        await self._ask(_SLACK, {"do": "plug", "modem": modem})

    async def restart(self, modem: str | int | None = None) -> None:
        """Let a modem crash and start again by itself."""
        await self._ask(_SLACK, {"do": "restart", "modem": modem})

    async def status(self) -> tuple[ModemState, ...]:
        """Return every modem's state."""
        answer = await self._ask(_SLACK, {"do": "status"})
        return tuple(ModemState(**{**modem, "port": Path(modem["port"])}) for modem in answer["modems"])

    async def handsets(self) -> dict[str, HandsetState]:
        """Return what every handset got so far, by number."""
        answer = await self._ask(_SLACK, {"do": "handsets"})
        return {
            number: HandsetState(tuple(got["replies"]), tuple((text, part) for text, part in got["segments"]))
            for number, got in answer["handsets"].items()
        }

    async def listen(self) -> None:
        """Hand answers to those who wait, until the emulator closes; `control_client` runs it."""
        try:
            while line := await self._reader.readline():
                answer = json.loads(line)
                waiter = self._waiting.get(answer.pop("id", None))
                if waiter is not None and not waiter.done():
                    waiter.set_result(answer)
        except (ConnectionError, ValueError):
            pass  # told to everyone who waits, below
        finally:
            self._gone = True
            for waiter in self._waiting.values():
                if not waiter.done():
                    waiter.set_exception(LinkDown("the emulator closed its control socket"))

    async def _ask(self, limit: float, request: dict[str, Any]) -> dict[str, Any]:
        if self._gone:
            raise LinkDown("the emulator closed its control socket")
        self._last += 1
        number = self._last
        waiter: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiter
        try:
            self._writer.write(json.dumps({"id": number, **request}).encode() + b"\n")
            async with asyncio.timeout(limit):
                answer = await waiter
        except TimeoutError:
            raise LinkDown(f"the emulator did not answer within {limit:.0f} s") from None
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise ControlRefused(answer["error"])
        return answer


@asynccontextmanager
async def control_client(path: Path) -> AsyncIterator[ControlClient]:
    """Connect to an emulator's control socket; raises `LinkDown` when nobody listens there."""
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_LINE)
    except OSError as error:
        raise LinkDown(f"no emulator listens at {path}: {error.strerror}") from error
    client = ControlClient(reader, writer)
    listening = asyncio.create_task(client.listen())
    try:
        yield client
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.close()

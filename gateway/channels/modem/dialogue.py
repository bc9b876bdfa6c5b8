"""One command at a time over a serial port, and nothing between a prompt and its text."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.channels.modem.at import CTRL_Z, ESC, Booted, Echo, Event, Final, Line, Noise, Prompt, Scanner, compose
from gateway.domain.errors import GatewayError, LinkDown

# How often, and for how long each time (seconds), a modem that has lost step is asked to find it again.
_SETTLE_TRIES, _SETTLE_WITHIN = 5, 2.0

# What ends the wait for an answer: any final result code; one after an information line, or an error; the
# prompt, or an error; only success after an information line.
_ANY, _LINE, _PROMPT, _SUCCESS = range(4)

# Lines of these kinds only ever answer a command: nobody sends them unasked.
_ONLY_ANSWERS = frozenset({"+CMGS:", "+CMGF:", "+CMGL:", "+CMGR:", "+CPMS:", "+CNMI:"})
_NAME = re.compile(r"[+^][A-Z]+")
_NOBODY = "\0"  # begins no line


class Silence(GatewayError):
    """The deadline of a command passed without its final result code, or without its prompt."""


class Reset(GatewayError):
    """The modem has lost its settings; nothing of this command has left it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A command's information lines, in order, and its final result code."""

    lines: tuple[str, ...]
    final: Final

    @property
    def ok(self) -> bool:
        """Return whether the modem did what it was told."""
        return self.final.ok

    def after(self, prefix: str) -> str | None:
        """Return what follows `prefix` in the first line that begins with it."""
        return next((line[len(prefix) :].strip() for line in self.lines if line.startswith(prefix)), None)


class Port(Protocol):
    """The device as a dialogue needs it; `gateway.channels.modem.port` has the real one."""

    def start(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Begin to read; `on_lost` is called once at most."""
        ...

    def write(self, data: bytes) -> None:
        """Send; never blocks, never raises."""
        ...


class Dialogue:
    """What is said over one opening of a port.

    Only its owner calls the commands, one after the other: a URC only tells `on_event`, which must not call
    back, so no command can land in the `> ` of another. After a silence the next command first finds step
    again; when it cannot, `LinkDown`.
    """

    def __init__(self, port: Port, on_event: Callable[[Event], None], on_lost: Callable[[], None]) -> None:
        self.mute = False  # ATE0 was accepted: an echo from now on means that the modem has started anew
        self._port = port
        self._on_event = on_event
        self._on_lost = on_lost
        self._scanner = Scanner()
        self._lost: str | None = None
        self._waiting: asyncio.Future[Final | None] | None = None  # None as a result: the prompt
        self._expect = _ANY
        self._name = _NOBODY  # how the information lines of the command under way begin
        self._lines: list[str] = []
        self._informed = False  # such a line has come
        self._echoed = False
        self._in_step = True
        self._stale = False  # the next final result code ends the late answer of an older command
        port.start(self._received, self._broken)

    @property
    def waiting(self) -> bool:
        """Return whether a command is under way."""
        return self._waiting is not None

    def check(self) -> None:
        """Raise `LinkDown` when the port is gone."""
        if self._lost is not None:
            raise LinkDown(self._lost)

    async def attention(self, within: float) -> None:
        """Get the modem's ear at the start of a session, whatever the last one left it in.

        Raises `LinkDown` when nothing answers for `within` seconds.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + within
        while True:
            self._port.write(ESC)  # it may stand at a prompt that a killed process has asked for
            try:
                if (await self._exchange("AT", 1.0, _ANY)).ok:
                    self._in_step = True
                    return
            except Silence as silence:
                if clock() > deadline:
                    raise LinkDown("does not answer AT") from silence

    async def command(self, text: str, within: float) -> Answer:
        """Send one command and wait for its end. Raises `Silence`, `LinkDown`; `Reset` before it is sent."""
        if not self._in_step:
            await self._settle()
        return await self._exchange(text, within, _ANY)

    async def ask(self, text: str, within: float) -> Answer:
        """Like `command`, for one whose success has an information line; an `OK` without one is an older one's."""
        if not self._in_step:
            await self._settle()
        return await self._exchange(text, within, _LINE)

    async def prompt(self, text: str, within: float) -> Final | None:
        """Begin a command that asks for a text: None when the prompt has come, else why not.

        Raises `Silence`, `LinkDown`, and `Reset` when echo is on again: a modem that has started anew may be
        in text mode and would send the PDU as words. In each case nothing has left.
        """
        if not self._in_step:
            await self._settle()
        final = await self._wait(compose(text), text, within, _PROMPT)
        if self._echoed and self.mute:
            self._lose_step()
            raise Reset("echo is on again")
        return final

    async def text(self, command: str, pdu: str, within: float) -> Answer:
        """Give the text that `command` has prompted for; its success has an information line.

        After `Silence` or `LinkDown` nobody knows whether the text has left the modem.
        """
        final = await self._wait(pdu.encode("ascii") + CTRL_Z, command, within, _LINE)
        return Answer(tuple(self._lines), final or Final(ok=False))

    async def _exchange(self, text: str, within: float, expect: int) -> Answer:
        final = await self._wait(compose(text), text, within, expect)
        return Answer(tuple(self._lines), final or Final(ok=False))

    async def _wait(self, data: bytes, command: str, within: float, expect: int) -> Final | None:
        self.check()
        if self._waiting is not None:
            raise RuntimeError("two commands at once: a dialogue has one owner")
        self._waiting = asyncio.get_running_loop().create_future()
        self._expect, self._lines, self._informed, self._echoed = expect, [], False, False
        named = _NAME.match(command, 2)
        self._name = f"{named[0]}:" if named else _NOBODY
        self._port.write(data)
        try:
            async with asyncio.timeout(within):
                return await self._waiting
        except TimeoutError:
            self._lose_step()
            raise Silence(f"no answer to {command.partition('=')[0]} in {within:g} s") from None
        except asyncio.CancelledError:
            self._lose_step()
            raise
        finally:
            self._waiting = None
            self._name = _NOBODY

    def _lose_step(self) -> None:
        # Without ESC a prompt that comes late takes the next command for the text of a message.
        self._port.write(ESC)
        self._in_step = False

    async def _settle(self) -> None:
        """After a silence, ask what only a fresh answer can say, until it comes."""
        for _ in range(_SETTLE_TRIES):
            self._port.write(ESC)
            try:
                answer = await self._exchange("AT+CMGF?", _SETTLE_WITHIN, _SUCCESS)
            except Silence:
                continue
            self._in_step = True
            if answer.after("+CMGF:") != "0":
                self._on_event(Booted("text mode"))
                raise Reset("text mode")
            return
        raise LinkDown("does not answer any more")

    def _received(self, data: bytes) -> None:
        for event in self._scanner.feed(data):
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Line(text):
                self._line(text)
            case Final():
                self._end(event)
            case Prompt() if self._waiting is not None and self._expect == _PROMPT:
                self._resolve(None)
            case Prompt():
                self._lose_step()
                self._fail(Silence("a prompt nobody asked for"))
            case Echo():
                self._echoed = True
                if self.mute:
                    self._on_event(event)
            case Booted():
                self._on_event(event)
                self._fail(Silence("the modem has started anew"))
            case Noise():
                pass
            case _:
                self._on_event(event)

    def _line(self, text: str) -> None:
        if text.startswith(self._name):
            self._informed, self._stale = True, False
        elif text[:6] in _ONLY_ANSWERS:
            # What we gave up answers at last: its OK must not end the command under way.
            self._stale = True
            return
        if self._waiting is not None:
            self._lines.append(text)

    def _end(self, final: Final) -> None:
        if self._stale:
            self._stale = False
        elif final.ok and (self._expect == _PROMPT or (self._expect in (_LINE, _SUCCESS) and not self._informed)):
            return  # of an older command
        elif final.ok or self._expect != _SUCCESS:
            self._resolve(final)

    def _resolve(self, result: Final | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(result)

    def _fail(self, error: GatewayError) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    def _broken(self, reason: str) -> None:
        self._lost = reason
        self._fail(LinkDown(reason))
        self._on_lost()

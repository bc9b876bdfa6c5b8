"""The modem's end of the AT line, without I/O: the host's bytes in, bytes and events out.

Sources: ITU-T V.250 §5 (lines, echo, result codes), 3GPP TS 27.005 (messages), 27.007 (errors, SIM, network).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from gateway.emulators.modem import codec
from gateway.emulators.modem.commands import COMMANDS, answers, messages, service
from gateway.emulators.modem.commands.answers import Form, NoCarrier, Prompt, Refused, Restart
from gateway.emulators.modem.phone import Phone

_COMMAND = re.compile(
    r"\s*(?:(?P<long>[+^*%$#][A-Za-z0-9_]+)\s*(?P<form>=\?|=|\?)?"
    r'(?P<argument>(?:"[^"]*"|[^";])*)(?:;|\Z)'
    r"|(?P<dial>[Dd]).*|(?P<short>&?[A-Za-z])(?P<number>\d*(?:=\d*|\?)?)\s*;?)",
    re.DOTALL,
)
_ATTENTION = re.compile(rb"[Aa][Tt]")
_PDU_END = re.compile(rb"[\x1a\x1b]")
_ESCAPE = 0x1B
# A command line holds at most so many octets; a real modem drops what does not fit.
_LONGEST_LINE = 2048
_NUMERIC = {"OK": "0", "NO CARRIER": "3", "ERROR": "4"}  # V.250 §5.7.1


@dataclass(frozen=True, slots=True, eq=False)
class Carry:
    """A message to be carried; `AtLine.settle` says that it has been."""

    reference: int
    submit: codec.Submit


@dataclass(frozen=True, slots=True)
class LatePrompt:
    """The prompt is due in `delay` seconds; `AtLine.prompt` writes it."""

    delay: float


@dataclass(frozen=True, slots=True)
class Restarted:
    """The modem has lost its settings."""


Event: TypeAlias = bytes | Carry | LatePrompt | Restarted


class _Mode(Enum):
    COMMAND = auto()
    BEFORE_PROMPT = auto()  # what comes now waits, and is part of the PDU later
    PDU = auto()
    CARRYING = auto()


class AtLine:
    """One modem's AT interpreter. `bytes` among its events are to be written to the host in order."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self._mode = _Mode.COMMAND
        self._input = bytearray()
        self._events: list[Event] = []
        self._announced = 0
        self._carrying: Carry | None = None
        self._held_lines: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """Take any slice of what the host writes."""
        self._input += data
        return self._take()

    def prompt(self) -> list[Event]:
        """Write a prompt that was late."""
        if self._mode is _Mode.BEFORE_PROMPT:
            self._open_prompt()
        return self._take()

    def settle(self, carry: Carry, *, tell: bool = True) -> list[Event]:
        """Answer the PDU with its reference, or never when not `tell`; nothing if the modem restarted meanwhile."""
        if self._carrying is not carry:
            return []
        self._carrying = None
        self._mode = _Mode.COMMAND
        if tell:
            self._answer([f"+CMGS: {carry.reference}"], "OK")
        return self._take()

    def notify(self, lines: Iterable[str]) -> list[Event]:
        """Say unsolicited lines; while a PDU is awaited they wait (27.005 §3.4.1, <mode> 1 and 2)."""
        if self._mode in (_Mode.PDU, _Mode.BEFORE_PROMPT):
            self._held_lines += lines
            return []
        return ["".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1")]

    def restart(self) -> list[Event]:
        """Start anew, as after a power cut: a line under way is forgotten, a message under way goes unanswered."""
        self._mode, self._carrying = _Mode.COMMAND, None
        self._input.clear()
        self._held_lines.clear()
        self.phone.restart()
        return [Restarted(), b"\r\n^SYSSTART\r\n", f"\r\n+CPIN: {self.phone.sim.state}\r\n".encode()]

    def _take(self) -> list[Event]:
        while self._take_line() if self._mode is _Mode.COMMAND else self._mode is _Mode.PDU and self._take_pdu():
            pass
        events, self._events = self._events, []
        return events

    def _take_line(self) -> bool:
        end = self._input.find(b"\r")
        if end < 0:
            del self._input[_LONGEST_LINE:]
            return False
        line = bytes(self._input[:end])
        del self._input[: end + 1]
        if self.phone.settings.echo:
            self._events.append(line + (b"\r\r\n" if self.phone.faults.echo_twice_returned else b"\r"))
        attention = _ATTENTION.search(line)
        if attention is not None:
            self._run(line[attention.end() :].decode("latin-1"))
        return True

    def _take_pdu(self) -> bool:
        end = _PDU_END.search(self._input)
        if end is None:
            del self._input[_LONGEST_LINE:]
            return False
        written = bytes(self._input[: end.start()])
        aborted = self._input[end.start()] == _ESCAPE
        del self._input[: end.end()]
        if self.phone.settings.echo:
            self._events.append(written)
        self._mode = _Mode.COMMAND
        if aborted:
            self._answer([], "OK")
        else:
            self._submit(written)
        return True

    def _submit(self, written: bytes) -> None:
        faults = self.phone.faults
        if faults.cms_error_times:
            faults.cms_error_times -= 1
            self._answer([], self._error(Refused("CMS", faults.cms_error)))
            return
        try:
            submit = codec.submit(_octets(written), self._announced)
        except codec.BadPdu:
            self._answer([], self._error(Refused("CMS", 304)))
            return
        self._mode = _Mode.CARRYING
        self._carrying = Carry(self.phone.next_reference(), submit)
        self._events.append(self._carrying)

    def _run(self, line: str) -> None:
        """Execute a command line; the first error ends it (V.250 §5.2.2)."""
        said: list[str] = []
        final = "OK"
        at = 0
        try:
            while at < len(line):
                match = _COMMAND.match(line, at)
                answer = self._execute(match)
                at = match.end() if match else len(line)
                if isinstance(answer, Prompt):
                    self._await_pdu(answer)
                    return
                if isinstance(answer, Restart):
                    self._answer(said, "OK")
                    self._events += self.restart()
                    return
                said += answer
        except Refused as refusal:
            final = self._error(refusal)
        except NoCarrier:
            final = "NO CARRIER"
        except _UnknownCommand:
            final = "ERROR"
        self._answer(said, final)

    def _execute(self, match: re.Match[str] | None) -> answers.Answer:
        name = (match["long"] or match["dial"] or match["short"]).upper() if match else ""
        handler = COMMANDS.get(name)
        if handler is None or match is None:
            raise _UnknownCommand
        if match["long"] and self.phone.sim.state != "READY" and name not in service.WITHOUT_PIN:
            puk = self.phone.sim.state == "SIM PUK"
            if name in messages.COMMANDS:
                raise Refused("CMS", 316 if puk else 311)
            raise Refused("CME", 12 if puk else 11)
        if match["long"]:
            return handler(self.phone, Form(match["form"] or ""), match["argument"].strip())
        return handler(self.phone, Form.SET, match["number"] or "")

    def _await_pdu(self, prompt: Prompt) -> None:
        faults = self.phone.faults
        self._announced = prompt.length
        if faults.no_prompt_times:
            faults.no_prompt_times -= 1
            self._mode = _Mode.PDU
        elif faults.prompt_delay:
            self._mode = _Mode.BEFORE_PROMPT
            self._events.append(LatePrompt(faults.prompt_delay))
        else:
            self._open_prompt()

    def _open_prompt(self) -> None:
        self._mode = _Mode.PDU
        self._events.append(b"\r\n> ")
        if self.phone.faults.urc_before_pdu:
            self._events.append(b"\r\n" + self.phone.faults.urc_before_pdu + b"\r\n")

    def _answer(self, lines: list[str], final: str) -> None:
        faults = self.phone.faults
        if faults.garbage:
            self._events.append(faults.garbage)
        if faults.urc_before_answer:
            self._events.append(b"\r\n" + faults.urc_before_answer + b"\r\n")
        if self.phone.settings.verbose:
            shown = "".join([f"\r\n{line}\r\n" for line in (*lines, final)])
        else:
            shown = "".join([f"{line}\r\n" for line in lines]) + _NUMERIC.get(final, final) + "\r"
        self._events.append(shown.encode("latin-1", "replace"))
        waiting = [*self.phone.notices, *self._held_lines]
        if waiting:
            self.phone.notices.clear()
            self._held_lines.clear()
            self._events += self.notify(waiting)

    def _error(self, refusal: Refused) -> str:
        """Word an error as +CMEE asks (27.007 §9.1); +CMS ERROR always has its number at least (27.005 §3.2.5)."""
        form = self.phone.settings.errors
        if form == 0 and refusal.group == "CME":
            return "ERROR"
        texts = answers.CME_TEXTS if refusal.group == "CME" else answers.CMS_TEXTS
        shown = texts.get(refusal.code) if form == 2 else None
        return f"+{refusal.group} ERROR: {shown or refusal.code}"


class _UnknownCommand(Exception):
    """Nobody knows this command; the result is a bare ERROR (V.250 §5.7.1)."""


def _octets(written: bytes) -> bytes:
    try:
        return bytes.fromhex(written.decode("ascii"))
    except ValueError:
        raise codec.BadPdu("not hexadecimal") from None

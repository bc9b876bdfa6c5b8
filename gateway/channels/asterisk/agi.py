"""FastAGI without I/O: bytes in, events out; and the commands a dialogue needs, as bytes.

Source: Asterisk 22, res/res_agi.c, and experiments with it. A connection begins with `agi_name: value` lines and an
empty one; then each command is one line and gets one reply, and `HANGUP` may come at any time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

# Octets. Asterisk sends about 700 of environment; its own line buffer holds 8192 (AGI_BUF_LEN).
LONGEST_ENVIRONMENT: Final = 16 * 1024
LONGEST_LINE: Final = 8 * 1024
LONGEST_USAGE: Final = 16 * 1024

_REPLY: Final = re.compile(r"(?P<code>[1-5]\d\d)(?P<more>[ -]|\Z)(?P<text>.*)\Z", re.DOTALL)
_RESULT: Final = re.compile(
    r"result=(?P<result>\S*)(?: \((?P<note>.*)\))?(?: endpos=(?P<endpos>\d{1,18}))?\Z", re.DOTALL
)
_NAME: Final = re.compile(r"agi_[a-z0-9_]{1,60}\Z")

_SOUND: Final = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\Z")
_KEYS: Final = re.compile(r"[0-9*#]*\Z")
_WORD: Final = re.compile(r"[A-Za-z0-9_]*\Z")
LONGEST_SOUND: Final = 128


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says of the call before the first command: names without `agi_`."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command. `result` and what follows belong to code 200 alone."""

    code: int
    result: str = ""
    note: str = ""  # in brackets: timeout, dtmf, hangup, …
    endpos: int | None = None  # samples
    text: str = ""  # of a refusal


@dataclass(frozen=True, slots=True)
class HungUp:
    """The channel is gone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """These bytes are no AGI; nothing after them is read."""

    reason: str


Event: TypeAlias = Environment | Reply | HungUp | Fault


@dataclass(slots=True)
class Parser:
    """One connection's stream."""

    _buffer: bytearray = field(default_factory=bytearray)
    _environment: dict[str, str] | None = field(default_factory=dict)  # None: it is complete
    _usage: int | None = None  # octets of a usage text that have come; None: we are in none
    _read: int = 0  # octets of environment so far
    _dead: bool = False

    def feed(self, data: bytes) -> list[Event]:
        """Take any slice of the stream; give back the events it completed. Never raises."""
        events: list[Event] = []
        if self._dead:
            return events
        self._buffer += data
        while not self._dead and (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[: end + 1])
            del self._buffer[: end + 1]
            if (event := self._line(line)) is not None:
                events.append(event)
                self._dead = isinstance(event, Fault)
        if not self._dead and len(self._buffer) > LONGEST_LINE:
            self._dead = True
            events.append(Fault("a line without an end"))
        if self._dead:
            self._buffer.clear()
        return events

    def _line(self, raw: bytes) -> Event | None:
        if len(raw) > LONGEST_LINE:
            return Fault("a line that is too long")
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if self._environment is not None:
            return self._of_environment(self._environment, line, len(raw))
        if self._usage is not None:
            return self._of_usage(line, len(raw))
        return self._of_dialogue(line)

    def _of_environment(self, values: dict[str, str], line: str, octets: int) -> Event | None:
        self._read += octets
        if self._read > LONGEST_ENVIRONMENT:
            return Fault("an environment that is too long")
        if not line:
            self._environment = None
            return Environment(values)
        name, colon, value = line.partition(":")
        if not colon or not _NAME.match(name):
            return Fault("no environment")
        name = name.removeprefix("agi_")
        if name in values:  # a caller's number with a line's end in it would say it before the switch does
            return Fault("an environment that says a thing twice")
        values[name] = value.strip()
        return None

    def _of_usage(self, line: str, octets: int) -> Event | None:
        self._usage = (self._usage or 0) + octets
        if line.startswith("520 "):
            self._usage = None
            return Reply(520, text="wrong syntax")
        return Fault("a usage text that is too long") if self._usage > LONGEST_USAGE else None

    def _of_dialogue(self, line: str) -> Event | None:
        if line == "HANGUP":
            return HungUp()
        found = _REPLY.match(line)
        if not found:
            return Fault("no reply")
        code = int(found["code"])
        if code < 200:
            return None  # "trying": the reply is still to come
        if code == 520 and found["more"] == "-":
            self._usage = 0
            return None
        if code != 200:
            return Reply(code, text=found["text"])
        result = _RESULT.match(found["text"])
        if not result:
            return Fault("a reply without a result")
        endpos = result["endpos"]
        return Reply(200, result["result"], result["note"] or "", None if endpos is None else int(endpos))


def good_sound(name: str) -> bool:
    """Return whether `name` can be a sound: letters, digits, `-`, `_`, in folders below the switch's own."""
    return len(name) <= LONGEST_SOUND and bool(_SOUND.match(name))


def stream_file(sound: str, keys: str) -> bytes:
    """Play a sound until its end or one of `keys`. Ends at once when the connection does."""
    return _line("STREAM FILE", _sound(sound), _keys(keys))


def wait_for_digit(milliseconds: int) -> bytes:
    """Wait for one key."""
    return _line("WAIT FOR DIGIT", str(int(milliseconds)))


def get_data(milliseconds: int, most: int) -> bytes:
    """Take keys until `#`, `most` of them, or a silence; plays nothing."""
    return _line("GET DATA", '""', str(int(milliseconds)), str(int(most)))


def record_file(name: str, longest: int, silence: int, keys: str) -> bytes:
    """Record into a WAV file after a beep, until one of `keys`, `longest` milliseconds, or `silence` mute seconds."""
    return _line("RECORD FILE", _sound(name), "wav", _keys(keys), str(int(longest)), "BEEP", f"s={int(silence)}")


def channel_status() -> bytes:
    """Ask whether the channel lives."""
    return _line("CHANNEL STATUS")


def hang_up_in(seconds: float) -> bytes:
    """Have the dialogue ended so many seconds from now, in place of what was said before (as TIMEOUT(absolute))."""
    return _line("SET AUTOHANGUP", f"{max(seconds, 0.1):.1f}")  # 0 would be never


def set_variable(name: str, value: str) -> bytes:
    """Set one of the channel's variables to a word."""
    return _line("SET VARIABLE", _checked(_WORD, name), f'"{_checked(_WORD, value)}"')


def _sound(name: str) -> str:
    if not good_sound(name):
        raise ValueError(f"no name of a sound: {name!r}")
    return name


def _keys(keys: str) -> str:
    return f'"{_checked(_KEYS, keys)}"'


def _checked(pattern: re.Pattern[str], text: str) -> str:
    """Let only what `pattern` says into a command: a line's end would be the beginning of another (DOMAIN T7)."""
    if not pattern.match(text):
        raise ValueError(f"not allowed in a command: {text!r}")
    return text


def _line(*words: str) -> bytes:
    return (" ".join(words) + "\n").encode("ascii")


def pressed(result: str, among: Sequence[str] | str) -> str:
    """Return the key that a result of `STREAM FILE` or `WAIT FOR DIGIT` names; nothing for none, or another one."""
    key = chr(int(result)) if re.fullmatch(r"[1-9][0-9]{1,2}", result, re.ASCII) else ""
    return key if key and key in among else ""

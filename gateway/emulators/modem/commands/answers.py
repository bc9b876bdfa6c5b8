"""The shapes of a command and of what is said to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from gateway.emulators.modem.phone import Phone


class Form(Enum):
    """How a command is written (ITU-T V.250 §5.4)."""

    RUN = ""
    READ = "?"
    TEST = "=?"
    SET = "="


class Refused(Exception):
    """The final result is an error; `group` and `code` as in 27.005 §3.2.5 (CMS) and 27.007 §9.2 (CME)."""

    def __init__(self, group: str, code: int) -> None:
        super().__init__(f"+{group} ERROR: {code}")
        self.group = group
        self.code = code

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, int]]:
        return type(self), (self.group, self.code)


class NoCarrier(Exception):
    """A call that cannot be made."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Say `> ` and take a PDU of so many octets."""

    length: int


class Restart:
    """Say OK, then start anew."""


Answer: TypeAlias = list[str] | Prompt | Restart
Handler: TypeAlias = Callable[[Phone, Form, str], Answer]

CME_TEXTS = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    16: "incorrect password",
    21: "invalid index",
    22: "not found",
    30: "no network service",
    50: "incorrect parameters",
}
CMS_TEXTS = {
    302: "operation not allowed",
    303: "operation not supported",
    304: "invalid PDU mode parameter",
    305: "invalid text mode parameter",
    310: "SIM not inserted",
    311: "SIM PIN required",
    316: "SIM PUK required",
    320: "memory failure",
    321: "invalid memory index",
    322: "memory full",
    331: "no network service",
    332: "network timeout",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
}
_PARAMETER = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^,"]*))\s*(?:,|\Z)')


def parameters(argument: str) -> list[str]:
    """Split at commas outside quotes; an omitted parameter is an empty string."""
    found: list[str] = []
    at = 0
    while at < len(argument):
        match = _PARAMETER.match(argument, at)
        if match is None:
            raise Refused("CME", 50)
        found.append(match["quoted"] if match["quoted"] is not None else match["bare"].strip())
        at = match.end()
    return found


def numbers(argument: str, *, group: str = "CME", code: int = 50) -> list[int | None]:
    """Read parameters that are numbers; an omitted one is None. Raises `Refused(group, code)`."""
    try:
        return [int(value) if value else None for value in parameters(argument)]
    except ValueError:
        raise Refused(group, code) from None


def choice(argument: str, allowed: range) -> int:
    """Read a single number out of `allowed`; omitted means 0. Raises `Refused`."""
    values = numbers(argument)
    value = (values[0] if values else None) or 0
    if len(values) > 1 or value not in allowed:
        raise Refused("CME", 50)
    return value

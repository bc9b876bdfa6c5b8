"""The few exceptions that cross a boundary inside the gateway."""

from collections.abc import Sequence
from enum import StrEnum


class Why(StrEnum):
    """What kind of refusal it is."""

    INVALID = "invalid"  # it breaks a rule of its type
    FORBIDDEN = "forbidden"  # it is another party's, or not this role's
    UNKNOWN = "unknown"  # there is no such thing
    CONFLICT = "conflict"  # it contradicts what is there


class GatewayError(Exception):
    """Something a person or a caller must be told; the text says what, where and what to do."""


class BadSettings(GatewayError):
    """A setting is missing, unknown or wrong."""


class LinkDown(GatewayError):
    """The far end of a link is gone; whoever owns the link opens it again."""


class ProtocolError(GatewayError):
    """The far end sent bytes that its protocol does not allow."""


class StoreDown(GatewayError):
    """The database cannot be reached just now; nothing was stored."""


class Unmigrated(GatewayError):
    """The database's schema is not the one this version was written for."""


class Refusal(GatewayError):
    """An act that is not allowed, or not on what is there: the text says which field and why, in Chinese."""

    def __init__(self, why: "Why", text: str, field: str = "", faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(text)
        self.why = why
        self.field = field  # dotted path of what was sent; empty: the whole
        self.faults = tuple(faults) or (((field, text),) if field else ())  # each field and what is wrong with it


class TemplateFault(GatewayError):
    """A template cannot be rendered; the text names the file, the line and the reason."""

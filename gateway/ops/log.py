"""Structured logs: one event a line, numbers masked whoever wrote them."""

import logging
import logging.config
import re
import sys

from pythonjsonlogger.json import JsonFormatter

# A mobile number, alone or behind its country code, and an ID number: a last net under code that masks by itself
# (DOMAIN T12). Digits on either side mean a longer number: a code, an inquiry's id.
_MOBILE = re.compile(r"(?<![0-9A-Za-z-])(\+?86)?(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Za-z])")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])([1-9][0-9]{5})(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}([0-9Xx])(?![0-9A-Za-z])"
)


def masked(text: str) -> str:
    """Return `text` with mobile and ID numbers masked."""
    return _IDENTITY.sub(r"\1***********\2", _MOBILE.sub(r"\2****\3", text))


class _MaskedJson(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        """Mask the finished line: fields, messages and tracebacks alike."""
        return masked(super().format(record))


class _MaskedText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Add the event's fields to the line, then mask it."""
        own = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        fields = " ".join(f"{name}={value}" for name, value in own.items())
        return masked(f"{super().format(record)} {fields}".rstrip())


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str, style: str) -> None:
    """Send everything to standard error in `style` (`json` or `text`)."""
    handler = logging.StreamHandler(sys.stderr)
    if style == "json":
        names = {"levelname": "level", "asctime": "at", "name": "logger"}
        handler.setFormatter(_MaskedJson("{asctime}{levelname}{name}{message}", style="{", rename_fields=names))
    else:
        handler.setFormatter(_MaskedText("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)

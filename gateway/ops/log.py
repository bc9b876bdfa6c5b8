"""Structured logs: one event a line, numbers masked whoever wrote them."""

import logging
import logging.config
import re
import sys
from collections.abc import Mapping
from typing import Any

from pythonjsonlogger.json import JsonFormatter

# A mobile number, alone or behind its country or trunk prefix, and an ID number: a last net under code that masks by
# itself (DOMAIN T12). Hexadecimal digits on either side mean something longer: a code, an inquiry's id, a PDU.
_MOBILE = re.compile(r"(?<![0-9A-Fa-f])(?:(?:\+|00)?86|0)?(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Fa-f])")
_IDENTITY = re.compile(
    r"(?<![0-9A-Fa-f])([1-9][0-9]{5})(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}([0-9Xx])(?![0-9A-Fa-f])"
)


def masked(text: str) -> str:
    """Return `text` with mobile and ID numbers masked."""
    return _IDENTITY.sub(r"\1***********\2", _MOBILE.sub(r"\1****\2", text))


class _MaskedJson(JsonFormatter):
    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Mask fields, messages and tracebacks as they are: behind the escapes of JSON no number is recognised."""
        return {name: _masked(value) for name, value in super().process_log_record(log_data).items()}


def _masked(value: Any) -> Any:  # noqa: ANN401 - a field of an event may be anything
    match value:
        case str():
            return masked(value)
        case Mapping():
            return {masked(str(name)): _masked(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(item) for item in value]
        case None | bool() | float():
            return value
        case int():
            shown = masked(str(value))
            return value if shown == str(value) else shown
        case _:
            return masked(str(value))


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
        handler.setFormatter(
            _MaskedJson("{asctime}{levelname}{name}{message}", style="{", rename_fields=names, json_ensure_ascii=False)
        )
    else:
        handler.setFormatter(_MaskedText("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)

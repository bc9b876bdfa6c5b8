"""Names of things in events, all in one form: canonical GS1 Digital Links, and our own URNs."""

from typing import Final
from urllib.parse import unquote

OURS: Final = "urn:fangxin100:"
EAR_TAG: Final = f"{OURS}eartag:"
LABEL: Final = f"{OURS}label:"
LOT: Final = f"{OURS}lot:"
PARTY: Final = f"{OURS}party:"


def lot(record_type: str, number: str) -> str:
    """Return the name of a lot: the record `<type>/<number>`."""
    return f"{LOT}{record_type}:{number}"


def record_of(lot: str) -> tuple[str, str]:
    """Return type and key of a lot's record."""
    record_type, _, number = lot.removeprefix(LOT).partition(":")
    return record_type, number


def serial(name: str) -> str:
    """Return the last part of a name: the serial number, the lot, the ear tag."""
    return name.rpartition(":")[2] if name.startswith(OURS) else unquote(name.rpartition("/")[2])


def is_kind(name: str) -> bool:
    """Return whether a name stands for a kind of goods and for no one of them: a GTIN alone."""
    return name.startswith("https://") and name.count("/") == 4 and "/01/" in name

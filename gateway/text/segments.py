"""How a text is cut into short messages, and how many that takes."""

from enum import StrEnum


class Encoding(StrEnum):
    """How the text of a segment is written on the wire (3GPP TS 23.038)."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"

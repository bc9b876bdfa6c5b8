"""Finds what is told by its shape alone: links, plates, ID numbers, a station's PIN; and blanks it out.

All functions work on normalised text. A found span is overwritten with a barrier of the same length, so that
positions stay and nothing is read or joined across it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.domain.code import PLATE_PROVINCE, PLATE_SERIAL, fault_of, is_digits, is_id_number, is_issued
from gateway.domain.question.values import Token, TokenKind
from gateway.domain.verdict import Verdict

BARRIER: Final = "\x1f"  # a control: normalised text has none


@dataclass(frozen=True, slots=True)
class Found:
    """A token, or a fault, and where it stands."""

    start: int
    end: int
    token: Token | None  # None: clearly meant as a code, but nothing to look up
    fault: Verdict | None = None
    solid: bool = True  # no digit after a separator can become a part of it


def blank(text: str, start: int, end: int) -> str:
    """Return `text` with a barrier over [start, end)."""
    return text[:start] + BARRIER * (end - start) + text[end:]


# --- links ---------------------------------------------------------------------------------------------------

_LINK: Final = re.compile(r"(?:https?://|www\.)[!-~]{1,500}", re.IGNORECASE)
# GS1 Digital Link: /01/ GTIN, qualifiers, /21/ serial of up to 20 characters (GS1 General Specifications 3.5.2);
# of its characters we take those that need no escaping in a path.
_SERIAL: Final = re.compile(r"/01/[0-9]{8,14}(?:/(?:22|10)/[^/]{1,40})?/21/([0-9A-Za-z._-]{1,20})(?![^/?#])")
_OWN: Final = re.compile(r"/q/([^/?#]{1,64})", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"(?<=/)[0-9]{16,20}(?![^/?#.,;!])")


def links(text: str) -> list[Found]:
    """Return what each link in `text` names; the host is ignored, nothing is fetched, its query is not read."""
    return [_link(match) for match in _LINK.finditer(text)]


def _link(match: re.Match[str]) -> Found:
    path = match[0].partition("?")[0].partition("#")[0]
    if serial := _SERIAL.search(path):
        key = serial[1]
    elif own := _OWN.search(path):
        key = own[1].strip(".,;:!)]}>\"'").replace("-", "")
        if not is_digits(key):
            return Found(match.start(), match.end(), None, Verdict.MALFORMED)
    elif issued := next((s[0] for s in _SEGMENT.finditer(path) if is_issued(s[0])), None):
        key = issued
    else:
        return Found(match.start(), match.end(), None)
    if is_issued(key):
        token = Token(key, TokenKind.ISSUED)
    elif serial or 12 <= len(key) <= 24:
        token = Token(key, TokenKind.FOREIGN, otherwise=fault_of(key))
    else:
        return Found(match.start(), match.end(), None, Verdict.MALFORMED)
    return Found(match.start(), match.end(), token)


# --- plates --------------------------------------------------------------------------------------------------

_PLATE: Final = re.compile(
    rf"({PLATE_PROVINCE})[ .·•・_-]{{0,3}}([A-Z])[ .·•・_-]{{0,3}}({PLATE_SERIAL})(?![A-Z0-9])", re.IGNORECASE
)


def plates(text: str) -> list[Found]:
    """Return the vehicle plates in `text`; a serial without any digit is taken for words (`新 AMAZON`)."""
    return [
        Found(m.start(), m.end(), Token((m[1] + m[2] + m[3]).upper(), TokenKind.PLATE))
        for m in _PLATE.finditer(text)
        if any("0" <= c <= "9" for c in m[3])
    ]


# --- what must not be stored ---------------------------------------------------------------------------------

# Eighteen digits, perhaps in groups as people write them, the last perhaps an X (GB 11643).
_ID_NUMBER: Final = re.compile(r"(?<![0-9])[1-9][0-9]{5}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9X](?![0-9A-Z])", re.IGNORECASE)
_PIN_LENGTHS: Final = range(4, 9)
_PIN: Final = re.compile(r"# ?([0-9](?:[ -]?[0-9]){0,11})(?![ -]?[0-9])")
# Where people put a PIN that is then not read as one, but is no less secret: before the plate, behind a word for it,
# or without its mark.
_LOOSE_PINS: Final = re.compile(
    r"# ?[0-9](?:[ -]?[0-9]){0,7}(?![ -]?[0-9])"
    r"|(?:密码|口令|PIN(?![A-Z]))[ :：为是]{0,3}(?P<named>[0-9]{4,8})(?![0-9])",
    re.IGNORECASE,
)
_BARE_PIN: Final = re.compile(r"(?<![0-9])[0-9]{4,8}(?![0-9])")
_CYLINDER_WORD: Final = re.compile(r"(?<![A-Z])C ?Q(?![A-Z])|车瓶", re.IGNORECASE)


def id_numbers(text: str) -> list[tuple[int, int]]:
    """Return where ID numbers stand: MOD 11-2 passes, or there is an X that nothing else would have."""
    return [
        m.span()
        for m in _ID_NUMBER.finditer(text)
        if m[0][-1] in "xX" or is_id_number(m[0].replace(" ", "").replace("-", ""))
    ]


def pin(text: str, plates_found: list[Found]) -> re.Match[str] | None:
    """Return the PIN of `CQ 蒙C12345 #1234`: the digits behind a # that follows a plate, or a code after CQ."""
    if plates_found:
        return _PIN.search(text, plates_found[0].end)
    word = _CYLINDER_WORD.search(text)
    code = re.compile("[0-9]").search(text, word.end()) if word else None
    return _PIN.search(text, code.end()) if code else None


def loose_pins(text: str, plates_found: list[Found]) -> list[tuple[int, int]]:
    """Return where digits stand that may be a PIN written in another way than `pin` reads; only beside a plate."""
    if not plates_found:
        return []
    spans = [m.span("named") if m["named"] else m.span() for m in _LOOSE_PINS.finditer(text)]
    if _CYLINDER_WORD.search(text):
        spans += [m.span() for m in _BARE_PIN.finditer(text, plates_found[-1].end)]
    return sorted(set(spans))


def masked(
    text: str,
    ids: Sequence[tuple[int, int]],
    secret: re.Match[str] | None,
    loose: Sequence[tuple[int, int]] = (),
) -> str:
    """Return `text` with ID numbers and PINs replaced by asterisks, as many as an ID number had characters."""
    spans = [(start, end, "*" * (end - start)) for start, end in ids]
    if secret:
        spans.append((secret.start(), secret.end(), "#****"))
    for start, end in loose:
        if all(end <= taken[0] or taken[1] <= start for taken in spans):
            spans.append((start, end, "****"))
    for start, end, mask in sorted(spans, reverse=True):
        text = text[:start] + mask + text[end:]
    return text


def pin_digits(secret: re.Match[str] | None) -> str | None:
    """Return the PIN without what stands between its digits; None when it is no PIN by its length."""
    found = "".join(c for c in secret[1] if c not in " -") if secret else ""
    return found if len(found) in _PIN_LENGTHS else None

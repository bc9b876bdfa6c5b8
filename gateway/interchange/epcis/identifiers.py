"""What events name things by, in one form: EPC URNs and GS1 Digital Links become canonical Digital Links.

EPC URN forms: GS1 EPC Tag Data Standard 1.13, §6.3; Digital Link and its canonical domain: GS1 Digital Link
Standard 1.1.3, §7. Things without a GS1 key have names of our own: `urn:fangxin100:eartag:…`, `label:…`,
`lot:<type>:<number>`, `party:…`; the address behind a label's QR, `…/q/<code>`, is its label.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote

from stdnum import ean

from gateway.domain.code import is_ear_tag, is_issued
from gateway.domain.epcis.names import EAR_TAG, LABEL, LOT, OURS, PARTY

LONGEST: Final = 255  # characters of a name, as the database keeps it
CANONICAL: Final = "https://id.gs1.org"

# A GS1 company prefix has 6 to 12 digits (TDS §7.1).
_PREFIX: Final = r"(?P<prefix>[0-9]{6,12})"
_SERIAL: Final = r"(?P<serial>(?:[!'()*+,.0-9:;=A-Za-z_-]|%[2-7][0-9A-Fa-f]){1,30})"
_URNS: Final[Mapping[str, re.Pattern[str]]] = {
    "id:sgtin": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{1,7}})\.{_SERIAL}\Z"),
    "class:lgtin": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{1,7}})\.{_SERIAL}\Z"),
    "idpat:sgtin": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{1,7}})\.(?P<serial>\*)\Z"),
    "id:sscc": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{5,11}})\Z"),
    "id:sgln": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{0,6}})\.{_SERIAL}\Z"),
    "id:pgln": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{0,6}})\Z"),
    "id:grai": re.compile(rf"{_PREFIX}\.(?P<item>[0-9]{{0,6}})\.{_SERIAL}\Z"),
    "id:giai": re.compile(rf"{_PREFIX}\.{_SERIAL}\Z"),
}
# Digits of prefix and reference together, without the check digit.
_DIGITS: Final = {"sgtin": 13, "lgtin": 13, "sscc": 17, "sgln": 12, "pgln": 12, "grai": 12}
_KEYS: Final = re.compile(
    r"/(?:(?P<ai>01|00|8004|8003|414|417)/(?P<key>[^/]+)(?:/(?P<qualifier>10|21|254)/(?P<value>[^/]+))?"
    r"(?:/21/(?P<serial>[^/]+))?)/?\Z"
)
_LENGTH: Final = {"01": 14, "00": 18, "414": 13, "417": 13}
_LABEL_ADDRESS: Final = re.compile(r"/q/(?P<code>[0-9]{16}|[0-9]{20})/?\Z")
_LOT: Final = re.compile(r"(?P<type>[a-z]{1,16}):(?P<number>(?! ).{1,60})\Z")
_PARTY: Final = re.compile(r"[^\s/:]{1,32}\Z")


def canonical(written: str) -> str:
    """Return a name in its one form. Raises `ValueError`, in Chinese, for what no form of the subset is."""
    name = _canonical(written) if len(written) <= LONGEST and _is_plain(written) else None
    if name is None or len(name) > LONGEST:
        raise ValueError(f"标识 {written[:80]} 不是本接口支持的 EPC 标识（EPC URN、GS1 Digital Link 或本系统编号）")
    return name


def _is_plain(written: str) -> bool:
    """Return whether a name, its escapes read, is one line without blank ends; GS1's have no blanks at all."""
    plain = unquote(written)
    return plain.isprintable() and plain == plain.strip() and (plain.startswith(OURS) or " " not in plain)


def normalised(text: str) -> str:
    """Return a GS1 name in its one form, and anything else as it is."""
    try:
        name = canonical(text)
    except ValueError:
        return text
    return name if name.startswith(CANONICAL) else text


def _canonical(written: str) -> str | None:
    if written.startswith("urn:epc:"):
        kind, scheme, rest = [*written.removeprefix("urn:epc:").split(":", 2), "", ""][:3]
        pattern = _URNS.get(f"{kind}:{scheme}")
        fits = pattern.match(rest) if pattern else None
        return _of_urn(scheme, fits.groupdict("")) if fits else None
    if written.startswith(("https://", "http://")):
        return _of_link(written)
    for prefix, fits_ours in _OURS.items():
        if written.startswith(prefix):
            return written if fits_ours(written.removeprefix(prefix)) else None
    return None


def _of_urn(scheme: str, part: dict[str, str]) -> str | None:
    prefix, item, serial = part["prefix"], part.get("item", ""), unquote(part.get("serial", ""))
    if scheme == "giai":
        return f"{CANONICAL}/8004/{_quoted(prefix + serial)}"
    if len(prefix) + len(item) != _DIGITS[scheme]:
        return None
    # The indicator, or a pallet's extension digit, stands first in the key (TDS §7.3, §7.6).
    plain = item[:1] + prefix + item[1:] if scheme in ("sgtin", "lgtin", "sscc") else prefix + item
    key = plain + ean.calc_check_digit(plain)
    match scheme:
        case "sgtin":
            return f"{CANONICAL}/01/{key}" + ("" if serial == "*" else f"/21/{_quoted(serial)}")
        case "lgtin":
            return f"{CANONICAL}/01/{key}/10/{_quoted(serial)}"
        case "sscc":
            return f"{CANONICAL}/00/{key}"
        case "sgln":
            return f"{CANONICAL}/414/{key}" + ("" if serial == "0" else f"/254/{_quoted(serial)}")
        case "grai":
            return f"{CANONICAL}/8003/0{key}{_quoted(serial)}"
        case _:
            return f"{CANONICAL}/417/{key}"


def _of_link(written: str) -> str | None:
    """Read a Digital Link on any domain: the keys stand at the end of its path, attributes are left out."""
    path = re.sub(r"[?#].*", "", written.partition("://")[2])
    if label := _LABEL_ADDRESS.search(path):
        return LABEL + label["code"] if is_issued(label["code"]) else None
    found = _KEYS.search(path)
    if found is None:
        return None
    ai, key = found["ai"], unquote(found["key"])
    if ai == "01":
        key = key.zfill(_LENGTH[ai])
    if ai in _LENGTH and not (len(key) == _LENGTH[ai] and key.isascii() and key.isdigit() and _checks(key)):
        return None
    return f"{CANONICAL}/{ai}/{_quoted(key)}" + _finest(ai, found)


def _finest(ai: str, found: re.Match[str]) -> str:
    """Return the finest qualifier that a key has: a serial number makes its lot needless."""
    qualifier, value = found["qualifier"], found["value"]
    if found["serial"] is not None:
        qualifier, value = "21", found["serial"]
    allowed = {"01": ("10", "21"), "414": ("254",)}.get(ai, ())
    return f"/{qualifier}/{_quoted(unquote(value))}" if qualifier in allowed else ""


def _checks(key: str) -> bool:
    return str(ean.calc_check_digit(key[:-1])) == key[-1]


def _quoted(text: str) -> str:
    return quote(text, safe="-._;='")


def _is_lot(text: str) -> bool:
    return _LOT.match(text) is not None


_OURS: Final[Mapping[str, Callable[[str], bool]]] = {
    EAR_TAG: is_ear_tag,
    LABEL: is_issued,
    LOT: _is_lot,
    PARTY: lambda text: _PARTY.match(text) is not None,
}

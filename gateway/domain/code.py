"""The codes we issue, and how other people's numbers are told from them (DOMAIN 3)."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from ffx import FF1
from stdnum import ean
from stdnum.iso7064 import mod_11_2, mod_11_10

from gateway.domain.errors import BadSettings
from gateway.domain.ff1 import Ff1Reader
from gateway.domain.verdict import Verdict

# `T V P…P C` (DOMAIN 3.2): class, key version, the encrypted index, a check digit. Version 9 has 17 digits of
# P in place of 13, for goods worth more guessing.
LENGTH, LONG_LENGTH = 16, 20
LONG_VERSION: Final = 9
KEY_SIZES: Final = (16, 24, 32)  # bytes; AES-128, -192, -256

# What the class digit promises. Class 9 is for test labels, which have no record type; 0 is not used.
RECORD_TYPE_OF_CLASS: Final[Mapping[int, str]] = {
    1: "liquor",
    2: "flour",
    3: "tomato",
    4: "melon",
    5: "meat",
    6: "lpg",
    7: "vehicle",
    8: "station",
}
TEST_CLASS: Final = 9

# The code our own words show as an example (DOMAIN 2.11). Its check passes; no label bears it.
EXAMPLE: Final = "1688012345678904"

# A vehicle's plate: province, letter, then five characters or six (new energy), as patterns (DOMAIN 2.7); the letters
# I and O are not used there.
PLATE_PROVINCE: Final = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
PLATE_SERIAL: Final = "[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警]"

# The first two digits of a district code (GB/T 2260).
_PROVINCES: Final = frozenset(
    f"{number}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
    for number in range(first, last + 1)
)
_ID_NUMBER: Final = re.compile(
    r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]\Z"
)


def is_digits(text: str) -> bool:
    """Return whether `text` is ASCII digits and nothing else; `str.isdigit` alone also takes ² and ٣."""
    return text.isascii() and text.isdigit()


def check_passes(digits: str) -> bool:
    """Return whether the last digit is right (ISO 7064 MOD 11-10, as GB/T 17710); False for anything not digits."""
    return is_digits(digits) and mod_11_10.checksum(digits) == 1


@lru_cache(maxsize=1024)  # asked several times of each code in a text
def is_issued(code: str) -> bool:
    """Return whether `code` has the shape of ours and its check digit is right; not whether it was ever printed."""
    if len(code) not in {LENGTH, LONG_LENGTH} or code[0] == "0":
        return False
    # Sixteen digits of version 9 are a long code cut short: calling its goods fake would be wrong one time in ten.
    return (code[1] == str(LONG_VERSION)) is (len(code) == LONG_LENGTH) and check_passes(code)


def klass(code: str) -> int:
    """Return the class digit of a code that `is_issued`."""
    return int(code[0])


def version(code: str) -> int:
    """Return the key version of a code that `is_issued`."""
    return int(code[1])


def record_type(code: str) -> str | None:
    """Return the record type that an issued code's class names; None for a test label and for any other key."""
    return RECORD_TYPE_OF_CLASS.get(klass(code)) if is_issued(code) else None


def grouped(code: str) -> str:
    """Return the code in groups of four, as printed: `1688 0123 4567 8904`."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def masked(code: str) -> str:
    """Return the first and last four of a code (`1688****8904`); of one under twelve characters only the last four."""
    return f"{code[:4]}****{code[-4:]}" if len(code) >= 12 else f"****{code[-4:]}"


def is_id_number(text: str) -> bool:
    """Return whether `text` can be a citizen's ID number (GB 11643).

    Six digits of district, a day of birth, three of sequence, and a check character of ISO 7064 MOD 11-2.
    """
    return bool(_ID_NUMBER.match(text)) and bool(mod_11_2.is_valid(text.upper()))


def is_bar_code(digits: str) -> bool:
    """Return whether this is an EAN-13 with one of GS1 China's prefixes, 690 to 699."""
    return len(digits) == 13 and is_digits(digits) and digits.startswith("69") and bool(ean.is_valid(digits))


def is_ear_tag(digits: str) -> bool:
    """Return whether this can be an animal's ear tag: kind (1 pig, 2 cattle, 3 sheep), district, 8-digit serial.

    The district is looked at too, since an issued code that lost one digit has 15 as well.
    """
    return len(digits) == 15 and is_digits(digits) and digits[0] in "123" and digits[1:3] in _PROVINCES


def fault_of(key: str) -> Verdict:
    """Return what is wrong with a key that neither we nor any firm registered: not a code at all, or mistyped."""
    if is_bar_code(key) or is_ear_tag(key) or is_id_number(key):
        return Verdict.WRONG_KIND
    return Verdict.MALFORMED


class CodeBook:
    """Turns indexes into codes and back, with one FF1 key a version (NIST SP 800-38G, radix 10).

    Safe to share between threads. Whoever holds a key can forge that version's codes: keys come from files, not
    from the database, and are not shown by `repr`.
    """

    def __init__(self, keys: Mapping[int, bytes], later: Callable[[int], bytes | None] = lambda _version: None) -> None:
        """Take the key of each version 0…9; raises `BadSettings` for another version or a key AES cannot use.

        `later` is asked for a version without a key: one may have been made since, and its codes be on sale.
        """
        self._ciphers: dict[int, FF1] = {}
        self._readers: dict[int, Ff1Reader] = {}
        self._later = later
        for number, key in keys.items():
            self._take(number, key)

    def _take(self, number: int, key: bytes) -> None:
        if not 0 <= number <= 9:
            raise BadSettings(f"code key version {number}: a code has one digit for it, use 0 to 9")
        if len(key) not in KEY_SIZES:
            raise BadSettings(f"code key version {number}: {len(key)} bytes long, AES takes 16, 24 or 32")
        self._readers[number] = Ff1Reader(key, _length(number) - 3, tweak=2)
        self._ciphers[number] = FF1(key, radix=10)

    def _has(self, number: int) -> bool:
        if number not in self._ciphers and (key := self._later(number)) is not None:
            self._take(number, key)
        return number in self._ciphers

    @property
    def versions(self) -> frozenset[int]:
        """Return the versions whose key is here."""
        return frozenset(self._ciphers)

    @staticmethod
    def capacity(version: int) -> int:
        """Return how many indexes one class has in this version."""
        return int(10 ** (_length(version) - 3))

    def issue(self, klass: int, version: int, index: int) -> str:
        """Return the code of `index`; raises `BadSettings` without a key, `ValueError` outside the format."""
        if not 1 <= klass <= 9:
            raise ValueError(f"class {klass}: a code starts with 1 to 9")
        if not self._has(version):
            raise BadSettings(f"code key version {version}: no such key; add it to the key folder or use another")
        if not 0 <= index < self.capacity(version):
            raise ValueError(f"index {index}: version {version} has room for 0 to {self.capacity(version) - 1}")
        head = f"{klass}{version}"
        plain = str(index).zfill(_length(version) - 3)
        body = head + self._ciphers[version].encrypt(plain, tweak=head.encode())
        return f"{body}{mod_11_10.calc_check_digit(body)}"

    def index_of(self, code: str) -> int | None:
        """Return the index behind a code; None when it is none of ours or its version has no key.

        An index says nothing yet: whether it was ever issued stands in the range ledger.
        """
        if not is_issued(code):
            return None
        number = version(code)
        if len(code) != _length(number) or not self._has(number):
            return None
        return self._readers[number].decrypt(code[2:-1], tweak=code[:2].encode())


def _length(version: int) -> int:
    return LONG_LENGTH if version == LONG_VERSION else LENGTH

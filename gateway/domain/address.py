"""Who sends and who receives."""

import re
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[\s\-().]")
# A mainland mobile number behind its country or trunk prefix, if any.
_MOBILE = re.compile(r"(?:\+?86|0086|0)?(1[3-9][0-9]{9})\Z")
_CANONICAL_MOBILE = re.compile(r"861[3-9][0-9]{9}\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """A mobile as E.164 digits (`86139…`), anything else as it was dialled or shown.

    `number` is empty for a caller who withheld it. `str()` masks, so that a log line is safe.
    """

    number: str

    @classmethod
    def parse(cls, raw: str) -> "Address":
        """Take any written form; 139…, +86139… and 0139… are the same address."""
        bare = _SEPARATORS.sub("", raw)
        mobile = _MOBILE.match(bare)
        return cls("86" + mobile[1]) if mobile else cls(bare.removeprefix("+"))

    @property
    def is_mobile(self) -> bool:
        """True for the only numbers that are answered by SMS (DOMAIN T4: `1[3-9]` and nine digits)."""
        return bool(_CANONICAL_MOBILE.match(self.number))

    @property
    def national(self) -> str:
        """The eleven digits of a mobile as people write it; other addresses unchanged."""
        return self.number[2:] if self.is_mobile else self.number

    def __str__(self) -> str:
        number = self.number
        if self.is_mobile:
            return f"{number[2:5]}****{number[-4:]}"
        if not number:
            return "withheld"
        return number if len(number) <= 6 else f"{number[:3]}****{number[-2:]}"

    def __repr__(self) -> str:
        return f"Address({self})"

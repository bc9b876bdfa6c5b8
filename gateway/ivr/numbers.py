"""Where a call may be passed on to (DOMAIN T6): nothing a caller keyed, no premium and no foreign number."""

import re
from typing import Final

_ALLOWED: Final = re.compile(r"(?:0[0-9]{9,11}|1[3-9][0-9]{9}|400[0-9]{7}|9[0-9]{4,5}|12315|12345)\Z")


def may_be_dialled(written: str) -> str | None:
    """Return the digits of a stored number that may be dialled, None for any other."""
    digits = written.replace("-", "")
    return digits if _ALLOWED.match(digits) else None

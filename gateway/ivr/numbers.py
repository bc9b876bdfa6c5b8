"""Where a call may be passed on to (DOMAIN T6): nothing a caller keyed, no premium and no foreign number."""

import re
from typing import Final

# T6's numbers without 00, behind which other countries begin. The switch's dialplan has the same (DIALABLE).
ALLOWED: Final = re.compile(r"(?:0[1-9][0-9]{8,10}|1[3-9][0-9]{9}|400[0-9]{7}|9[0-9]{4,5}|12315|12345)\Z")
_SEPARATORS: Final = re.compile(r"[ ().-]")


def may_be_dialled(written: str) -> str | None:
    """Return the digits of a stored number that may be dialled, None for any other."""
    digits = _SEPARATORS.sub("", written)
    return digits if ALLOWED.match(digits) else None

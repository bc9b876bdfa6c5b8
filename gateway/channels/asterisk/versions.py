"""Which Asterisk may be trusted with a manager's account (DOMAIN T9)."""

import re
from typing import Final

_VERSION: Final = re.compile(r"(?:Asterisk )?(?:certified[-/])?(\d+)\.(\d+)(?:\.(\d+))?(?:-cert(\d+))?")
# CVE-2024-42365: whoever may originate calls could write files and get a shell. First good release of each line.
_FIRST_GOOD: Final = {18: (24, 2), 20: (9, 2), 21: (4, 2)}
_FIRST_GOOD_CERTIFIED: Final = {(18, 9): 11, (20, 7): 2}
TESTED: Final = 22


def refused(version: str) -> str:
    """Return why a version must not be used, or nothing."""
    found = _VERSION.match(version)
    if not found:
        return f"{version!r} is no version of Asterisk that we know"
    major, minor, patch, certified = (int(part or 0) for part in found.groups())
    if certified:
        good = certified >= _FIRST_GOOD_CERTIFIED.get((major, minor), 0 if (major, minor) > (20, 7) else 1 << 30)
    elif major in _FIRST_GOOD:
        good = (minor, patch) >= _FIRST_GOOD[major]
    else:
        good = major > max(_FIRST_GOOD)
    return (
        ""
        if good
        else f"Asterisk {version} lets a manager's account take over the machine (CVE-2024-42365); upgrade it"
    )


def untested(version: str) -> bool:
    """Return whether it is another line than the one that all of this was tried on."""
    found = _VERSION.match(version)
    return not found or int(found[1]) != TESTED

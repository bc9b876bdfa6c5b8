"""The real programs that tests run against, where they are found, and what to do when one is not.

`python -m tests.peers.programs` prints the Debian packages of those that are missing, one a line; with
`--asterisk`, the folder that Asterisk belongs into.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import pytest

from gateway.emulators import switch

# Debian keeps daemons out of a user's PATH, and PostgreSQL's server out of everybody's.
SBIN: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
POSTGRESQL_VERSIONS: Final = Path("/usr/lib/postgresql")

# The console is Chinese: a browser without such a font draws boxes, of other widths than the words.
FONTS: Final = Path("/usr/share/fonts")
# Checks pages for what keeps people out of them; from npm, since no distribution has it.
AXE: Final = Path(__file__).parents[2] / ".cache/npm/node_modules/axe-core/axe.min.js"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program of the system, and the Debian package that brings it."""

    program: str
    package: str

    def find(self) -> Path | None:
        """Return the program's path; of several PostgreSQL servers the newest."""
        places = os.pathsep.join([*_postgresql_folders(), os.environ.get("PATH", os.defpath), *SBIN])
        found = shutil.which(self.program, path=places)
        return Path(found) if found else None


PEERS: Final[Mapping[str, Peer]] = {
    "postgresql": Peer("initdb", "postgresql"),
    "redis": Peer("redis-server", "redis-server"),
    "gammu": Peer("gammu", "gammu"),
    "gammu-smsd": Peer("gammu-smsd", "gammu-smsd"),
    "smstools": Peer("smsd", "smstools"),
    "chromium": Peer("chromium", "chromium"),
    "debootstrap": Peer("debootstrap", "debootstrap"),  # brings Asterisk (`asterisk.sh`)
}


def require(name: str) -> Path:
    """Return the path of a peer's program; without it skip the test, or fail it where CI=true.

    `name` is a key of `PEERS`. For `postgresql` the folder of the path holds the other programs of the same version.
    """
    peer = PEERS[name]
    if not (found := peer.find()):
        _do_without(f"{name} is missing: as root, apt-get install {peer.package}")
    return found


def require_asterisk() -> switch.Program:
    """Return how to start Asterisk; without it skip the test, or fail it where CI=true."""
    if not (found := switch.find()):
        _do_without(f"asterisk is missing: as root, tests/peers/asterisk.sh {switch.root()}")
    return found


def axe() -> Path:
    """Return axe-core's one file, which `make peers` fetched; without it skip the test, or fail it where CI=true."""
    if not AXE.is_file():
        _do_without("axe-core is missing: make peers")
    return AXE


def missing_packages() -> list[str]:
    """Return the Debian packages of the peers that are not here."""
    missing = [peer.package for peer in PEERS.values() if peer.find() is None]
    return missing if any(FONTS.rglob("*CJK*")) else [*missing, "fonts-noto-cjk"]


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _postgresql_folders() -> list[str]:
    versions = [path for path in POSTGRESQL_VERSIONS.glob("*") if re.fullmatch(r"\d+", path.name)]
    return [str(path / "bin") for path in sorted(versions, key=lambda path: int(path.name), reverse=True)]


if __name__ == "__main__":
    print(switch.root() if "--asterisk" in sys.argv else "\n".join(missing_packages()))

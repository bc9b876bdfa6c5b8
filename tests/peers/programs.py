"""The real programs that tests run against, where they are found, and what to do when one is not.

`python -m tests.peers.programs` prints the Debian packages of those that are missing, one a line.
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

# Debian keeps daemons out of a user's PATH, and PostgreSQL's server out of everybody's.
SBIN: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
POSTGRESQL_VERSIONS: Final = Path("/usr/lib/postgresql")


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
    "gammu": Peer("gammu", "gammu"),
    "gammu-smsd": Peer("gammu-smsd", "gammu-smsd"),
    "smstools": Peer("smsd", "smstools"),
    "chromium": Peer("chromium", "chromium"),
}


def require(name: str) -> Path:
    """Return the path of a peer's program; without it skip the test, or fail it where CI=true.

    `name` is a key of `PEERS`. For `postgresql` the folder of the path holds the other programs of the same version.
    """
    peer = PEERS[name]
    if found := peer.find():
        return found
    reason = f"{name} is missing: as root, apt-get install {peer.package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def missing_packages() -> list[str]:
    """Return the Debian packages of the peers that are not here."""
    return [peer.package for peer in PEERS.values() if peer.find() is None]


def _postgresql_folders() -> list[str]:
    versions = [path for path in POSTGRESQL_VERSIONS.glob("*") if re.fullmatch(r"\d+", path.name)]
    return [str(path / "bin") for path in sorted(versions, key=lambda path: int(path.name), reverse=True)]


if __name__ == "__main__":
    print("\n".join(missing_packages()))

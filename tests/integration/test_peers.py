"""The tests' own footing: a missing peer is never silent in CI, and no process is left behind unseen."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import programs
from tests.peers.children import children, end
from tests.peers.programs import Peer, missing_packages, require


@pytest.fixture
def without_gammu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PEERS", {"gammu": Peer("no-such-program", "gammu")})


@pytest.mark.usefixtures("without_gammu")
def test_a_missing_peer_skips_and_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install gammu"):
        require("gammu")
    assert missing_packages() == ["gammu"]


@pytest.mark.usefixtures("without_gammu")
def test_a_missing_peer_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install gammu"):
        require("gammu")


def test_the_newest_postgresql_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for version in ("9.6", "9", "15", "16", "common"):
        program = tmp_path / version / "bin" / "initdb"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setattr(programs, "POSTGRESQL_VERSIONS", tmp_path)
    assert Peer("initdb", "postgresql").find() == tmp_path / "16" / "bin" / "initdb"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_an_orphan_is_found_and_ended() -> None:
    # The shell ends at once; what it started is nobody's child but, by adoption, ours.
    shell = subprocess.run(["sh", "-c", "sleep 3600 >/dev/null 2>&1 & echo $!"], capture_output=True, check=True)
    orphan = int(shell.stdout)
    [found] = [child for child in children() if child.pid == orphan]
    assert "3600" in found.command
    end(found)
    assert orphan not in [child.pid for child in children()]

"""Flows are read again when they change; one with a fault leaves the old one in force."""

import os
from pathlib import Path

import pytest

from gateway.ivr.shelf import Shelf
from gateway.ivr.source import FlowFault
from tests.builders.flows import FOLDER, SMALL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL, "utf-8")
    return tmp_path


def rewrite(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))


def test_a_change_takes_effect_and_a_running_call_keeps_its_flow(folder: Path) -> None:
    shelf = Shelf([folder], 6)
    before = shelf.get("small")
    assert shelf.look() == []
    assert shelf.get("small") is before
    rewrite(folder / "small.yaml", SMALL.replace("再见。", "谢谢。"))
    assert shelf.look() == []
    after = shelf.get("small")
    assert before is not None
    assert before != after


def test_a_fault_is_told_once_and_the_old_one_stays(folder: Path) -> None:
    shelf = Shelf([folder], 6)
    before = shelf.get("small")
    rewrite(folder / "small.yaml", SMALL.replace("failed: end", "failed: ende"))
    [fault] = shelf.look()
    assert "small.yaml:9: main: failed leads to ende" in fault
    assert shelf.look() == []
    assert shelf.get("small") is before


def test_an_own_flow_lies_over_the_shipped_one_and_goes_when_it_is_taken_away(folder: Path) -> None:
    (folder / "station.yaml").write_text(SMALL, "utf-8")
    shelf = Shelf([FOLDER, folder], 6)
    assert len(shelf.flows["station"].steps) == 4
    (folder / "station.yaml").unlink()
    (folder / "small.yaml").unlink()
    assert shelf.look() == []
    assert len(shelf.flows["station"].steps) > 4
    assert shelf.get("small") is None


def test_of_an_own_flow_with_a_fault_the_shipped_one_is_in_force_from_the_start(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "station.yaml").write_text(SMALL.replace("failed: end", "failed: ende"), "utf-8")
    with pytest.raises(FlowFault, match="failed leads to ende"):
        Shelf([FOLDER, folder], 6)
    shelf = Shelf([FOLDER, folder], 6, falls_back=True)
    assert len(shelf.flows["station"].steps) > 4
    assert shelf.flows.keys() >= {"hotline", "small"}
    [said] = [vars(record)["fault"] for record in caplog.records]
    assert "failed leads to ende" in said
    rewrite(folder / "station.yaml", SMALL)
    assert shelf.look() == []
    assert len(shelf.flows["station"].steps) == 4


def test_what_is_no_file_holds_up_nobody(folder: Path) -> None:
    shelf = Shelf([folder], 6)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "huge.yaml").write_text(SMALL + "#" * 10_000_000, "utf-8")
    (folder / "gone.yaml").symlink_to(folder / "nowhere")
    assert [fault.removeprefix(f"{folder}/") for fault in shelf.look()] == [
        "folder.yaml:1: not a file",
        "gone.yaml:1: cannot be read: No such file or directory",
        f"huge.yaml:1: {len(SMALL.encode()) + 10_000_000} octets: not a flow",
        "pipe.yaml:1: not a file",
    ]
    assert shelf.flows.keys() == {"small"}
    assert shelf.look() == []  # each is said once


def test_all_faults_of_all_files_are_told_at_the_start(folder: Path) -> None:
    (folder / "other.yaml").write_bytes(b"\xff")
    (folder / "small.yaml").write_text("x: 1", "utf-8")
    with pytest.raises(FlowFault) as raised:
        Shelf([folder], 6, falls_back=True)
    assert "other.yaml:1: not UTF-8" in str(raised.value)
    assert "small.yaml:1: the flow: no such field as x" in str(raised.value)

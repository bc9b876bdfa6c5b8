"""The file for the printing house: whole, its owner's alone, and never over another."""

import errno
import os
import stat
from pathlib import Path

import pytest

from gateway.domain.errors import GatewayError
from gateway.domain.labels import Run, countersign
from gateway.interchange.printing import Draft, Plate, printed
from tests.builders.messages import CODES

KEY, LABEL_KEY = b"k" * 16, b"l" * 32
RUN = Run(1, 1, 7, 12_006)


def text(plate: Plate, run: Run) -> str:
    return b"".join(lines for _, lines in printed(plate, run)).decode()


def test_one_code_a_line_in_the_order_of_the_ledger() -> None:
    pieces = list(printed(Plate(KEY), RUN))
    assert sum(size for size, _ in pieces) == RUN.size
    lines = b"".join(part for _, part in pieces).decode().splitlines()
    assert lines == [CODES.issue(1, 1, index) for index in range(7, 12_007)]


def test_a_countersign_stands_after_a_tab() -> None:
    (line,) = text(Plate(KEY, LABEL_KEY), Run(1, 1, 7, 7)).splitlines()
    code, sign = line.split("\t")
    assert sign == countersign(LABEL_KEY, code)


def test_long_codes_have_twenty_digits() -> None:
    assert len(text(Plate(KEY), Run(1, 9, 7, 7)).strip()) == 20


def test_keys_are_not_shown() -> None:
    assert "k" * 16 not in repr(Plate(KEY, LABEL_KEY))
    assert "l" * 32 not in repr(Plate(KEY, LABEL_KEY))


def test_a_file_gets_its_name_when_it_is_published(tmp_path: Path) -> None:
    out = tmp_path / "codes.txt"
    with Draft(out) as draft:
        draft.write(b"1688\n")
        draft.keep()
        assert not out.exists()
        draft.publish()
    assert out.read_bytes() == b"1688\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_what_is_not_published_leaves_nothing(tmp_path: Path) -> None:
    with Draft(tmp_path / "codes.txt") as draft:
        draft.write(b"1688\n")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "codes.txt"
    out.write_text("an earlier issue")
    with pytest.raises(GatewayError, match="there already"):
        Draft(out)
    out.unlink()
    with Draft(out) as draft:
        out.write_text("another was quicker")
        with pytest.raises(GatewayError, match="there already"):
            draft.publish()
    assert out.read_text() == "another was quicker"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match=r"none/codes\.txt: cannot be written: No such file or directory"):
        Draft(tmp_path / "none" / "codes.txt")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with Draft(tmp_path / "codes.txt") as draft:
        draft.write(b"1688\n")
        with pytest.raises(GatewayError, match=r"codes\.txt: cannot be written: No space left on device"):
            draft.keep()
    assert list(tmp_path.iterdir()) == []

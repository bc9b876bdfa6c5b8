"""Recordings of complaints are deleted once their time is over, and nothing else is."""

import os
from datetime import timedelta
from pathlib import Path

from gateway.hotline import forget_recordings
from tests.builders.messages import NOW


def a_file(folder: Path, name: str, days: int) -> Path:
    path = folder / name
    path.write_bytes(b"RIFF")
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


def test_only_old_recordings_go(tmp_path: Path) -> None:
    old, new = a_file(tmp_path, "complaint-1-1.wav", 31), a_file(tmp_path, "complaint-2-1.wav", 29)
    other = a_file(tmp_path, "sorry.wav", 300)
    assert forget_recordings(tmp_path, NOW - timedelta(days=30)) == 1
    assert not old.exists()
    assert new.exists() and other.exists()  # noqa: PT018 - both stay

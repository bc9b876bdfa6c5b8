import wave
from pathlib import Path

import pytest

from gateway.channels.asterisk.sounds import Sounds
from tests.builders.tones import tones, write


@pytest.fixture
def sounds(tmp_path: Path) -> Sounds:
    (tmp_path / "zh").mkdir()
    write(tmp_path / "zh/good.wav", tones("good", 0.5))
    return Sounds(tmp_path)


def test_how_long_a_sound_is(sounds: Sounds) -> None:
    assert sounds.seconds("good") == 0.5
    assert sounds.seconds("nowhere") is None
    assert sounds.seconds("../zh/good") is None


def test_each_fault_names_its_file_and_reason(sounds: Sounds) -> None:
    folder = sounds.folder / "zh"
    (folder / "short.wav").write_bytes(b"RIFF")
    (folder / "noise.wav").write_bytes(b"x" * 100)
    write(folder / "empty.wav", tones("", 0))
    (folder / "folder.wav").mkdir()
    with wave.open(str(folder / "loud.wav"), "wb") as wav:
        wav.setparams((2, 2, 44100, 0, "NONE", ""))
        wav.writeframes(bytes(8))
    names = ["good", "nowhere", "short", "noise", "empty", "folder", "loud", "a&b"]
    assert sounds.faults(names) == [
        f"{folder}/nowhere.wav: no such file",
        f"{folder}/short.wav: no WAV file: too short",
        f"{folder}/noise.wav: no WAV file: file does not start with RIFF id",
        f"{folder}/empty.wav: is empty",
        f"{folder}/folder.wav: cannot be read: Is a directory",
        f"{folder}/loud.wav: must be 8 kHz, 16 bit, mono; is 44100 Hz, 16 bit, 2 ch",
        "'a&b': no name of a sound",
    ]


def test_recordings_have_a_place_that_is_not_for_everybody(sounds: Sounds) -> None:
    place = sounds.folder / "recordings"
    sounds.make_place()
    assert place.stat().st_mode & 0o7777 == 0o2770
    place.chmod(0o700)
    sounds.make_place()
    assert place.stat().st_mode & 0o7777 == 0o700
    assert sounds.recording("complaint-1-1").parent == place


def test_there_is_room_for_what_the_disk_takes(sounds: Sounds) -> None:
    assert not sounds.has_room(1.0)
    sounds.make_place()
    assert sounds.has_room(1.0)
    assert not sounds.has_room(1e12)


def test_a_place_that_cannot_be_made_is_said(sounds: Sounds) -> None:
    (sounds.folder / "recordings").touch()
    with pytest.raises(FileExistsError):
        sounds.make_place()

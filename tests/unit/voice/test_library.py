import hashlib
import math
import wave
from array import array
from pathlib import Path

import pytest

from gateway.voice.library import MANIFEST, RATE, BadClips, Entry, Library, alaw, clip_name, read_clip, write_clip
from gateway.voice.shelf import IN_USE, Shelf
from gateway.wire import g711

VOICE = "engine voice 1"


def a_clip(seconds: float = 0.1, level: int = 1000) -> bytes:
    return array("h", [level] * int(seconds * RATE)).tobytes()


def a_library(folder: Path, *texts: str) -> Library:
    folder.mkdir(exist_ok=True)
    entries = []
    for text in texts:
        entry = Entry(text, VOICE, "")
        path = folder / f"{entry.name}.alaw"
        path.write_bytes(alaw(a_clip()))
        entries.append(Entry(text, VOICE, hashlib.sha256(path.read_bytes()).hexdigest()))
    return Library(folder, ()).write(entries)


def test_a_clip_is_a_mono_wav_that_reads_back(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.wav", a_clip())
    with wave.open(str(tmp_path / "a.wav")) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
    assert read_clip(tmp_path / "a.wav") == a_clip()
    assert (tmp_path / "a.wav").stat().st_mode & 0o777 == 0o644  # the switch is another user
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("spoilt", [b"", b"RIFF", b"\0" * 100])
def test_what_is_no_clip_is_named(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(spoilt)
    with pytest.raises(BadClips, match=r"a\.wav"):
        read_clip(tmp_path / "a.wav")


def test_a_clip_cut_short_is_none(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.wav", a_clip())
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[:-100])
    with pytest.raises(BadClips):
        read_clip(tmp_path / "a.wav")


def test_the_name_depends_on_who_speaks_and_what() -> None:
    names = {clip_name(ident, text) for ident in ("a", "b") for text in ("一", "二")}
    assert len(names) == 4
    assert all(len(name) == 32 and name.isalnum() for name in names)


def test_the_manifest_reads_back_and_finds_what_is_wrong(tmp_path: Path) -> None:
    a_library(tmp_path / "zh", "一", "二", "三")
    library = Library.read(tmp_path / "zh")
    assert set(library.said) == {"一", "二", "三"}
    assert library.faults() == []
    library.path(library.said["一"]).unlink()
    library.path(library.said["二"]).write_bytes(b"other")
    assert [fault.endswith(("(一)", "(二)")) for fault in library.faults()] == [True, True]


def test_knows_what_its_clips_can_say(tmp_path: Path) -> None:
    library = a_library(tmp_path / "zh", "一", "二。")
    assert [library.says(text) for text in ("二。", "一二，一。", "二", "一三")] == [True, True, True, False]


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"spoken": "一"}\n', "utf-8")
    with pytest.raises(BadClips, match=rf"{MANIFEST}:1"):
        Library.read(tmp_path)


def test_copying_changes_only_what_differs(tmp_path: Path) -> None:
    library = a_library(tmp_path / "zh", "一", "二")
    assert library.put_in(tmp_path / "sounds") == 2
    assert library.put_in(tmp_path / "sounds") == 0
    (tmp_path / "sounds" / f"{library.said['一'].name}.wav").write_bytes(b"spoilt")
    assert library.put_in(tmp_path / "sounds") == 1
    entry = library.said["一"]
    assert read_clip(tmp_path / "sounds" / f"{entry.name}.wav") == library.pcm(entry)


def test_what_is_shipped_sounds_on_a_line_as_it_was_spoken(tmp_path: Path) -> None:
    spoken = array("h", (round(20_000 * math.sin(at / 7)) for at in range(8000))).tobytes()
    there = g711.decode(alaw(spoken), g711.ALAW)
    assert g711.encode(there, g711.ALAW) == alaw(spoken)  # no more is lost than the line takes
    (tmp_path / "x.alaw").write_bytes(alaw(spoken))
    assert Library(tmp_path, ()).pcm(Entry("", "", "", "x")) == there.tobytes()


def test_the_shelf_finds_what_is_shipped_made_and_put_together(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "sounds", a_library(tmp_path / "zh", "一", "二"), 10**6)
    assert shelf.find(VOICE, "一") == clip_name(VOICE, "一")
    assert shelf.find(VOICE, "一二，一") is None
    assert shelf.put_together("一二，一")
    put = shelf.find(VOICE, "一二，一")
    assert put is not None
    assert (tmp_path / "sounds" / f"{put}.wav").is_file()
    shelf.keep(VOICE, "一二，一", a_clip())
    assert shelf.find(VOICE, "一二，一") not in (None, put)  # spoken in one breath is better
    assert shelf.find(None, "一二，一") == put
    assert not shelf.put_together("一二三")


def test_what_was_made_is_found_again_after_a_start_and_a_broken_clip_is_removed(tmp_path: Path) -> None:
    library = a_library(tmp_path / "zh", "一")
    first = Shelf(tmp_path / "sounds", library, 10**6)
    first.keep(VOICE, "甲", a_clip())
    first.keep(VOICE, "乙", a_clip())
    broken = first.find(VOICE, "乙")
    (tmp_path / "sounds" / f"{broken}.wav").write_bytes(b"RIFF")
    (tmp_path / "sounds" / ".half.part").write_bytes(b"")
    first.close()
    second = Shelf(tmp_path / "sounds", library, 10**6)
    assert second.find(VOICE, "甲") == first.find(VOICE, "甲")
    assert second.find(VOICE, "乙") is None
    assert len(list((tmp_path / "sounds").iterdir())) == 2


def test_the_longest_unused_goes_first_and_never_what_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 10_000.0
    monkeypatch.setattr("gateway.voice.shelf.time.monotonic", lambda: now)
    shelf = Shelf(tmp_path / "sounds", a_library(tmp_path / "zh", "一"), 3 * len(a_clip()) + 200)
    empty = shelf.roomy
    for text in ("甲", "乙", "丙"):
        shelf.keep(VOICE, text, a_clip())
        now += 1
    shelf.find(VOICE, "甲")
    shelf.keep(VOICE, "丁", a_clip())
    assert all(shelf.find(VOICE, text) for text in "甲乙丙丁")  # a caller may be about to hear any of them
    assert (empty, shelf.roomy) == (True, False)  # full: nothing more is made ahead of need
    now += IN_USE + 1
    shelf.find(VOICE, "甲")
    shelf.keep(VOICE, "戊", a_clip())
    assert [bool(shelf.find(VOICE, text)) for text in "甲乙丙丁戊一"] == [True, False, False, True, True, True]
    assert len(list((tmp_path / "sounds").iterdir())) == 4

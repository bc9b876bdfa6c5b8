from collections.abc import Sequence
from pathlib import Path

from gateway.cli.voice import sentences
from gateway.voice import rendering
from gateway.voice.library import RATE, Entry, Library
from gateway.voice.rendering import State, Wanted, state
from tests.unit.voice.test_library import VOICE, a_library


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    library = a_library(tmp_path, "一", "二")
    found = state(library, Wanted(VOICE, ("二", "三"), {"sorry": "抱歉"}))
    assert [entry.spoken for entry in found.missing] == ["三", "抱歉", "beep"]
    assert [entry.spoken for entry in found.unused] == ["一"]
    assert not found.good


def test_a_clip_of_other_readings_is_stale(tmp_path: Path) -> None:
    library = a_library(tmp_path, "一")
    assert [entry.spoken for entry in state(library, Wanted("engine voice 2", ("一",), {})).missing] == ["一", "beep"]


def test_a_file_that_is_not_the_manifest_s_is_a_fault(tmp_path: Path) -> None:
    library = a_library(tmp_path, "一")
    library.path(library.said["一"]).write_bytes(b"other")
    assert len(state(library, Wanted(VOICE, ("一",), {})).faults) == 1


def test_pruning_takes_away_file_and_line(tmp_path: Path) -> None:
    library = a_library(tmp_path, "一", "二")
    unused = state(library, Wanted(VOICE, ("二",), {})).unused
    assert set(rendering.prune(library, unused).said) == {"二"}
    assert set(Library.read(tmp_path).said) == {"二"}
    assert len(list(tmp_path.glob("*.alaw"))) == 1


def test_pruning_keeps_the_file_of_a_name_that_says_something_else_now(tmp_path: Path) -> None:
    file = tmp_path / "sorry.alaw"
    file.write_bytes(b"\xd5")
    library = Library(tmp_path, ()).write(
        [Entry("旧", VOICE, "1" * 64, "sorry"), Entry("新", VOICE, "2" * 64, "sorry")]
    )
    kept = rendering.prune(library, state(library, Wanted(VOICE, (), {"sorry": "新"})).unused)
    assert [entry.spoken for entry in kept.entries] == ["新"]
    assert file.exists()


def test_every_sentence_that_we_say_is_shipped_as_it_should_be() -> None:
    found = state(Library.read(), sentences())
    assert found == State((), (), ()), "run: gateway voice render --prune"


def test_the_shipped_clips_are_whole_audible_equally_loud_and_cut_close() -> None:
    library = Library.read()
    octets = 0
    for entry in library.entries:
        pcm = memoryview(library.pcm(entry)).cast("h")
        octets += len(pcm)
        seconds, sounds = len(pcm) / RATE, sum(one.isalpha() for one in entry.spoken)
        if entry.file == "beep":
            continue
        assert 0.1 < seconds < 0.4 + 0.42 * sounds, entry
        loudest = max(map(abs, pcm))
        assert 3000 < loudest < 32_000, entry
        assert lead(pcm) < 0.01, entry
    assert octets < 7 * 2**20
    assert len({path.stem for path in library.folder.glob("*.alaw")}) == len(library.entries)


def lead(pcm: Sequence[int]) -> float:
    """Return the seconds until there is anything to hear: 2.5 ms that are not 45 dB below the loudest."""
    moments = [sum(one * one for one in pcm[at : at + 20]) for at in range(0, len(pcm), 20)]
    return next(at for at, power in enumerate(moments) if power > max(moments) * 10**-4.5) * 20 / RATE

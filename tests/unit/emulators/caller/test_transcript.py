"""Which sounds a recording holds, how far each was heard, and that nothing like them is taken for them."""

from array import array

from gateway.emulators.caller.transcript import Said, outermost, said
from gateway.wire import g711
from gateway.wire.g711 import RATE, Samples
from tests.builders.tones import tones

ONE, TWO = tones("one", 1.0), tones("two", 0.5)
SOUNDS = {"one": ONE, "two": TWO}


def quiet(seconds: float) -> Samples:
    return array("h", bytes(2 * int(seconds * RATE)))


def line(*parts: Samples) -> Samples:
    """Return what arrives, as G.711 leaves it."""
    heard = array("h")
    for part in parts:
        heard += g711.decode(g711.encode(part, g711.ALAW), g711.ALAW)
    return heard


def test_each_sound_in_its_place() -> None:
    assert said(line(quiet(0.5), ONE, TWO, quiet(0.25), ONE), SOUNDS) == [
        Said("one", 0.5, 1.0, whole=True),
        Said("two", 1.5, 0.5, whole=True),
        Said("one", 2.25, 1.0, whole=True),
    ]


def test_what_was_cut_short() -> None:
    [found] = said(line(ONE[: RATE // 2], TWO), {"one": ONE})
    assert (found.second, found.seconds, found.whole) == (0.0, 0.5, False)


def test_a_packet_that_is_lost_and_one_that_is_late() -> None:
    lost = line(ONE)
    lost[3200:3360] = array("h", bytes(320))
    assert [one.whole for one in said(lost, SOUNDS)] == [True]
    late = line(ONE[:3200], quiet(0.1), ONE[3200:])
    [found] = said(late, SOUNDS)
    assert (found.whole, round(found.seconds, 2)) == (True, 1.1)


def test_a_pause_right_at_the_beginning() -> None:
    [found] = said(line(ONE[:160], quiet(0.1), ONE[160:]), {"one": ONE})
    assert (found.whole, round(found.second, 2)) == (True, 0.1)


def test_a_sound_made_of_others_is_told_once() -> None:
    both = array("h", [*ONE, *TWO])
    found = said(line(quiet(0.1), both), SOUNDS | {"both": both})
    assert [one.sound for one in found] == ["both", "one", "two"]
    assert [one.sound for one in outermost(found)] == ["both"]


def test_what_only_resembles_a_sound_is_none() -> None:
    assert said(line(tones("one!", 1.0)), SOUNDS) == []
    assert said(line(array("h", [sample // 2 for sample in ONE])), SOUNDS) == []
    assert said(array("h"), SOUNDS) == []
    assert said(line(ONE), {"silence": quiet(1.0)}) == []

"""Dialogues over a real Asterisk; what the caller hears decides."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.emulators.caller import Phone
from gateway.emulators.switch import Switch
from gateway.ivr.ports import CallEnded, HangUp, Keyed, KeysEnd, SoundMissing, VoiceCall
from gateway.wire.g711 import Samples
from tests.builders.tones import tones
from tests.peers import correlation
from tests.peers.hotline import NAMES, Scripted, ended, hold, ring, serving


async def test_sounds_are_played_one_after_the_other(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    told = Scripted(lambda call: call.play(NAMES))
    async with serving(switch, told):
        call = await ring(caller, switch)
        await ended(call)
    assert await told.result() == ""
    found = correlation.heard(call.heard.samples, {name: sounds[name] for name in NAMES})
    assert correlation.names(found) == list(NAMES)
    assert min(match.score for match in found) > 0.95
    assert [round(match.second - found[0].second, 1) for match in found] == [0, 0.8, 1.6]  # no pause between them


async def test_no_other_sound_is_taken_for_one(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async with serving(switch, Scripted(lambda call: call.play(["one"]))):
        call = await ring(caller, switch)
        await ended(call)
    assert correlation.best(call.heard.samples, sounds["one"]).score > 0.95
    assert correlation.best(call.heard.samples, sounds["two"]).score < 0.55
    assert correlation.best(call.heard.samples, tones("one!", 0.8)).score < 0.55


async def test_a_key_cuts_short_and_the_others_do_not(
    switch: Switch, sounds: dict[str, Samples], caller: Phone
) -> None:
    told = Scripted(lambda call: call.play(NAMES, "19"))
    async with serving(switch, told):
        call = await ring(caller, switch)
        call.press("5,,9")  # after a second more: in the second sound
        await ended(call)
    assert await told.result() == "9"
    assert correlation.names(correlation.heard(call.heard.samples, sounds)) == ["one"]


@pytest.mark.parametrize(
    ("keys", "keyed"),
    [
        ("123", Keyed("123", KeysEnd.FULL)),
        ("12#", Keyed("12", KeysEnd.HASH)),
        ("#", Keyed("", KeysEnd.HASH)),
        ("1*2", Keyed("1*2", KeysEnd.FULL)),
        ("12", Keyed("12", KeysEnd.SILENCE)),
        ("*", Keyed("*", KeysEnd.SILENCE)),
        ("", Keyed("", KeysEnd.SILENCE)),
        ("0,9,1", Keyed("091", KeysEnd.FULL)),  # slow, but each within the time between two
        (",,,,7,8,9", Keyed("789", KeysEnd.FULL)),  # the first key comes when all has been played
    ],
)
@pytest.mark.usefixtures("sounds")
async def test_keys_are_collected(switch: Switch, caller: Phone, keys: str, keyed: Keyed) -> None:
    told = Scripted(lambda call: call.collect(["one", "two"], 3, first=1.5, between=1))
    async with serving(switch, told):
        call = await ring(caller, switch)
        call.press(keys)
        assert await told.result() == keyed
        await ended(call)


async def test_a_caller_notices_whose_turn_it_is(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    told = Scripted(lambda call: call.collect(["one", "two"], 2, first=8, between=8))
    async with serving(switch, told):
        call = await ring(caller, switch)
        assert await call.quiet(1, within=10)
        assert correlation.names(correlation.heard(call.heard.samples, sounds)) == ["one", "two"]
        call.press("42")
        assert await told.result() == Keyed("42", KeysEnd.FULL)
        assert not await call.quiet(30, within=10)  # it ends


@pytest.mark.usefixtures("sounds")
async def test_one_key_is_collected_at_once(switch: Switch, caller: Phone) -> None:
    told = Scripted(lambda call: call.collect([], 1, first=5, between=5))
    async with serving(switch, told):
        call = await ring(caller, switch)
        call.press("4")
        assert await told.result() == Keyed("4", KeysEnd.FULL)
        await ended(call)
    assert call.now < 2


@pytest.mark.usefixtures("sounds")
async def test_sixteen_keys_of_a_quick_thumb_all_arrive(switch: Switch, caller: Phone) -> None:
    told = Scripted(lambda call: call.collect(["one"], 16, first=5, between=2))
    async with serving(switch, told):
        call = await ring(caller, switch)
        call.press("1193655885720273")
        assert await told.result() == Keyed("1193655885720273", KeysEnd.FULL)
        await ended(call)


async def test_a_missing_sound_is_named_before_anything_is_heard(
    switch: Switch, sounds: dict[str, Samples], caller: Phone
) -> None:
    async def dialogue(call: VoiceCall) -> str:
        with pytest.raises(SoundMissing, match="nowhere"):
            await call.play(["one", "nowhere"])
        (switch.sounds / "zh/broken.wav").write_bytes(b"RIFF" + bytes(100))
        with pytest.raises(SoundMissing, match="broken"):  # it is there, and the switch cannot play it
            await call.play(["broken"])
        return await call.play(["two"])

    told = Scripted(dialogue)
    async with serving(switch, told):
        call = await ring(caller, switch)
        assert await told.result() == ""
        await ended(call)
    assert correlation.names(correlation.heard(call.heard.samples, sounds)) == ["two"]


@pytest.mark.parametrize(
    "dialogue",
    [
        hold,
        lambda call: call.collect([], 3, first=20, between=20),
        lambda call: call.record("left", longest=20, silence=20),
    ],
    ids=["playing", "collecting", "recording"],
)
@pytest.mark.usefixtures("sounds")
async def test_the_caller_hangs_up(
    switch: Switch, caller: Phone, dialogue: Callable[[VoiceCall], Awaitable[object]]
) -> None:
    told = Scripted(dialogue)
    async with serving(switch, told) as server:
        call = await ring(caller, switch)
        await call.until(1)
        await call.hang_up()
        error = await told.result()
    assert isinstance(error, CallEnded)
    assert error.how is HangUp.CALLER
    assert server.ends == {"caller": 1}
    assert server.calls == 0

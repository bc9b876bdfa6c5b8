"""Calls to a real Asterisk, with dialogues of the test's own; what the caller hears decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from gateway.emulators.caller import Call, Phone, phone
from gateway.emulators.caller.g711 import Samples
from gateway.emulators.switch import Switch
from gateway.ivr.ports import CallEnded, HangUp, Keyed, KeysEnd, SoundMissing, VoiceCall, Way
from tests.builders.tones import tones
from tests.peers import correlation
from tests.peers.hotline import a_site, a_switch, put, serving
from tests.peers.programs import require_asterisk

NAMES = ("one", "two", "three")
Dialogue = Callable[[VoiceCall], Awaitable[None]]


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with a_switch(require_asterisk(), tmp_path_factory.mktemp("switch"), a_site(dialogue_seconds=60)) as running:
        yield running


@pytest.fixture(scope="module")
def sounds(switch: Switch) -> dict[str, Samples]:
    said = {name: put(switch, name) for name in NAMES}
    return {**said, **{name: put(switch, name) for name in ("sorry", "line-busy", "nobody", "beep")}}


@pytest.fixture
async def caller() -> AsyncIterator[Phone]:
    async with phone() as ready:
        yield ready


async def ring(caller: Phone, switch: Switch, line: str = "hotline", number: str = "13900000001") -> Call:
    return await caller.dial(line, ("127.0.0.1", switch.site.sip), caller=number)


async def ended(call: Call, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        await call.ended.wait()


async def hears(call: Call, sounds: dict[str, Samples], name: str, within: float = 20.0) -> float:
    """Wait until a sound has been heard to its end; return the second it began at."""
    async with asyncio.timeout(within):
        while True:
            await asyncio.sleep(0.1)
            if found := correlation.times(call.heard.between(0), sounds[name]):
                return found[-1].second


class Scripted:
    """A dialogue that notes what came of it."""

    def __init__(self, dialogue: Callable[[VoiceCall], Awaitable[object]], way: Way | None = Way.HANG_UP) -> None:
        self._dialogue = dialogue
        self._way = way
        self.got: asyncio.Queue[object] = asyncio.Queue()

    async def __call__(self, call: VoiceCall, line: str) -> None:
        try:
            self.got.put_nowait(await self._dialogue(call))
            if self._way:
                await call.leave(self._way)
        except (CallEnded, SoundMissing) as err:
            self.got.put_nowait(err)
            raise

    async def result(self) -> object:
        async with asyncio.timeout(20):
            return await self.got.get()


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


async def hold(call: VoiceCall) -> object:
    return await call.play(["one"] * 20)


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
async def test_the_caller_hangs_up(switch: Switch, caller: Phone, dialogue: Dialogue) -> None:
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

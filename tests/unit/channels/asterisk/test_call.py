"""A call against a switch that says what it is told to."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from gateway.channels.asterisk import link as link_module
from gateway.channels.asterisk.agi import Environment
from gateway.channels.asterisk.call import AgiCall
from gateway.channels.asterisk.link import Link
from gateway.channels.asterisk.sounds import Sounds
from gateway.domain.errors import ProtocolError
from gateway.ivr.ports import CallEnded, HangUp, Keyed, KeysEnd, SoundMissing, Taken, Way
from tests.builders.tones import tones, write


class Wire:
    """The switch's end: notes each command and answers with the next of its replies."""

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.commands: list[bytes] = []
        self.closed = False
        self.link: Link | None = None

    def write(self, data: bytes) -> None:
        self.commands.append(data)
        if self.replies and self.link:
            self.link.data_received(self.replies.pop(0))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def call(wire: Wire, tmp_path: Path) -> AgiCall:
    (tmp_path / "zh").mkdir()
    Sounds(tmp_path).make_place()
    for name in ("one", "two", "beep"):
        write(tmp_path / "zh" / f"{name}.wav", tones(name, 0.1))
    link = wire.link = Link(lambda _: None)
    link.connection_made(cast(asyncio.Transport, wire))
    link.data_received(b"agi_uniqueid: 1795872348.0\nagi_callerid: 13900000001\nagi_arg_2: 4006422365\n\n")
    return AgiCall(link, await link.environment, Sounds(tmp_path))


async def test_who_calls(call: AgiCall) -> None:
    assert (call.id, call.caller.number, call.called.number) == ("1795872348.0", "8613900000001", "4006422365")


@pytest.mark.parametrize(
    ("shown", "presentation", "number"),
    [
        ("+8613900000001", "0", "8613900000001"),
        ("04731234567", "", "04731234567"),
        ("13900000001", "32", ""),
        ("13900000001", "35", ""),
        ("13900000001", "x", "8613900000001"),
        ("anonymous", "0", ""),
        ("unknown", "67", ""),
        ("139 0000", "0", ""),
        ("1" * 21, "0", ""),
        ("", "0", ""),
        ("١٣٩", "0", ""),
    ],
)
async def test_what_counts_as_a_number(tmp_path: Path, shown: str, presentation: str, number: str) -> None:
    environment = Environment({"uniqueid": "1.0", "callerid": shown, "callingpres": presentation})
    assert AgiCall(Link(lambda _: None), environment, Sounds(tmp_path)).caller.number == number


async def test_a_call_without_an_id_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError):
        AgiCall(Link(lambda _: None), Environment({"uniqueid": "a b"}), Sounds(tmp_path))


async def test_a_missing_sound_leaves_the_others_unplayed(call: AgiCall, wire: Wire) -> None:
    with pytest.raises(SoundMissing, match="nowhere"):
        await call.play(["one", "nowhere"])
    assert wire.commands == []


async def test_minus_one_is_a_missing_sound_where_the_channel_lives(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=-1 endpos=0\n", b"200 result=6\n"]
    with pytest.raises(SoundMissing, match="one"):
        await call.play(["one"])
    assert wire.commands[-1] == b"CHANNEL STATUS\n"


@pytest.mark.parametrize(
    "after", [b"HANGUP\n", b"511 Command Not Permitted on a dead channel\n", b"200 result=-1\nHANGUP\n"]
)
async def test_minus_one_is_a_hang_up_where_it_does_not(call: AgiCall, wire: Wire, after: bytes) -> None:
    wire.replies = [b"200 result=-1 endpos=800\n", after, after]
    with pytest.raises(CallEnded) as ended:
        await call.play(["one"])
    assert ended.value.how is HangUp.CALLER
    assert wire.closed


async def test_after_a_hang_up_everything_says_so(call: AgiCall, wire: Wire) -> None:
    assert wire.link
    wire.link.data_received(b"HANGUP\n")
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: call.play(["one"]),
        lambda: call.collect([], 1, first=1, between=1),
        lambda: call.record("x", longest=1, silence=1),
        lambda: call.leave(Way.QUEUE),
    ]
    for act in acts:
        with pytest.raises(CallEnded, match="caller"):
            await act()
    assert wire.commands == []


async def test_a_switch_that_says_nothing_is_given_up(
    call: AgiCall, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "SLACK", 0.01)
    with pytest.raises(CallEnded, match="switch"):
        await call.play(["one"])
    assert wire.closed


@pytest.mark.parametrize("said", [b"510 Invalid\n", b"nonsense\n", b"200 what\n", b"200 result=0\n200 result=0\n"])
async def test_a_switch_that_speaks_wrongly_is_given_up(call: AgiCall, wire: Wire, said: bytes) -> None:
    wire.replies = [said]
    with pytest.raises(CallEnded, match="switch"):
        await call.play(["one", "two"])
    assert wire.closed


@pytest.mark.parametrize(
    "replies",
    [
        [b"200 result=0 endpos=80\n", b"200 result=-1\n", b"200 result=6\n"],
        [b"200 result=49 endpos=80\n", b"200 result=-1\n", b"200 result=6\n"],
    ],
)
async def test_a_switch_that_takes_no_keys_is_given_up(call: AgiCall, wire: Wire, replies: list[bytes]) -> None:
    wire.replies = replies
    with pytest.raises(CallEnded, match="switch"):
        await call.collect(["one"], 3, first=1, between=1)
    assert wire.closed


@pytest.mark.parametrize(
    ("replies", "keyed"),
    [
        ([b"200 result=49 endpos=80\n", b"200 result=23\n"], Keyed("123", KeysEnd.FULL)),
        ([b"200 result=49 endpos=80\n", b"200 result=\n"], Keyed("1", KeysEnd.HASH)),
        ([b"200 result=49 endpos=80\n", b"200 result=2* (timeout)\n"], Keyed("12*", KeysEnd.SILENCE)),
        ([b"200 result=0 endpos=800\n", b"200 result=50\n", b"200 result=* (timeout)\n"], Keyed("2*", KeysEnd.SILENCE)),
        ([b"200 result=0 endpos=800\n", b"200 result=0\n"], Keyed("", KeysEnd.SILENCE)),
        ([b"200 result=35 endpos=80\n"], Keyed("", KeysEnd.HASH)),
        ([b"200 result=49 endpos=80\n", b"200 result=A2\n"], Keyed("12", KeysEnd.FULL)),
        ([b"200 result=49 endpos=80\n", b"200 result=D (timeout)\n"], Keyed("1", KeysEnd.SILENCE)),
        ([b"200 result=65 endpos=80\n", b"200 result=68\n"], Keyed("", KeysEnd.SILENCE)),
        ([b"200 result=" + b"9" * 5000 + b" endpos=80\n", b"200 result=0\n"], Keyed("", KeysEnd.SILENCE)),
    ],
)
async def test_keys(call: AgiCall, wire: Wire, replies: list[bytes], keyed: Keyed) -> None:
    wire.replies = replies
    assert await call.collect(["one"], 3, first=10, between=3) == keyed


async def test_a_recording_tells_its_length_and_where_it_is(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=35 (dtmf) endpos=24000\n"]
    assert await call.record("t12345678", longest=60, silence=4) == Taken(3.0)
    assert wire.commands == [b'RECORD FILE recordings/t12345678 wav "#" 60000 BEEP s=4\n']


async def test_a_key_that_leads_on_ends_a_recording(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=57 (dtmf) endpos=8000\n", b"200 result=0 (timeout) endpos=8000\n"]
    assert await call.record("t1", longest=60, silence=4, keys="90") == Taken(1.0, "9")
    assert await call.record("t1", longest=60, silence=4, keys="90") == Taken(1.0)
    assert wire.commands[0] == b'RECORD FILE recordings/t1 wav "#90" 60000 BEEP s=4\n'


async def test_what_the_disk_cannot_take_is_not_recorded(call: AgiCall, wire: Wire) -> None:
    with pytest.raises(SoundMissing, match="t1"):
        await call.record("t1", longest=1e12, silence=4)
    assert wire.commands == []


async def test_a_broken_sound_tells_what_was_heard_before_it(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=0 endpos=800\n", b"200 result=-1 endpos=0\n", b"200 result=6\n"]
    with pytest.raises(SoundMissing, match="two") as missing:
        await call.play(["one", "two", "one"])
    assert missing.value.heard == 1


async def test_a_hang_up_ends_a_recording(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=-1 (hangup) endpos=8000\n", b"HANGUP\n"]
    with pytest.raises(CallEnded, match="caller"):
        await call.record("t1", longest=60, silence=4)


async def test_the_switch_is_told_to_wait_before_its_patience_could_end(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    write(tmp_path / "zh/one.wav", tones("one", 0.1))
    link = wire.link = Link(lambda _: None)
    link.connection_made(cast(asyncio.Transport, wire))
    link.bound(60)
    link.data_received(b"agi_uniqueid: 1.0\nagi_arg_3: 20\n\n")
    call = AgiCall(link, await link.environment, Sounds(tmp_path))
    wire.replies = [b"200 result=0\n"] * 10
    await call.play(["one"])
    await call.collect([], 1, first=9, between=9)  # there is time enough for these
    assert len(wire.commands) == 2
    await call.collect([], 1, first=12, between=9)
    assert wire.commands[2:] == [b"SET AUTOHANGUP 32.0\n", b"WAIT FOR DIGIT 12000\n"]
    await call.collect([], 1, first=50, between=9)  # no longer than a dialogue may last
    assert wire.commands[4:] == [b"SET AUTOHANGUP 60.0\n", b"WAIT FOR DIGIT 50000\n"]
    await call.collect([], 1, first=59, between=9)
    assert wire.commands[6:] == [b"WAIT FOR DIGIT 59000\n"]
    await call.play(["one"])  # nor longer than what is short takes
    assert wire.commands[7:] == [b"SET AUTOHANGUP 20.1\n", b'STREAM FILE one ""\n']


async def test_the_last_act_is_the_last(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=1\n"] * 2
    await call.leave(Way.NUMBER, "0473-1234567")
    assert wire.commands == [b'SET VARIABLE GATEWAY_NUMBER "04731234567"\n', b'SET VARIABLE GATEWAY_WAY "number"\n']
    with pytest.raises(CallEnded):
        await call.play(["one"])


async def test_a_number_that_may_not_be_dialled_leads_to_the_operators(call: AgiCall, wire: Wire) -> None:
    wire.replies = [b"200 result=1\n"]
    await call.leave(Way.NUMBER, "0085212345678")
    assert wire.commands == [b'SET VARIABLE GATEWAY_WAY "queue_first"\n']

"""How a call goes on when the dialogue is over, and what the switch lets through."""

import pytest

from gateway.channels.asterisk.call import AgiCall
from gateway.emulators.caller import NotAnswered, Phone
from gateway.emulators.switch import Switch
from gateway.ivr.ports import VoiceCall, Way
from gateway.wire.g711 import Samples
from tests.builders.tones import tones
from tests.peers import correlation
from tests.peers.hotline import Scripted, connected, ended, hears, hold, ring, serving, waiting


async def nothing(_: VoiceCall) -> None:
    """Say nothing at all."""


async def test_the_operators(switch: Switch, sounds: dict[str, Samples], caller: Phone, operator: Phone) -> None:
    async with serving(switch, Scripted(nothing, Way.QUEUE)) as server:
        call = await ring(caller, switch)
        answered = await connected(operator)
        await hears(call, sounds, "operator")
        assert server.ends == {"queue": 1}
        await call.hang_up()
        await ended(answered)


@pytest.mark.usefixtures("busy")
async def test_who_is_trapped_comes_before_all_who_wait(switch: Switch, caller: Phone) -> None:
    async with serving(switch, Scripted(nothing, Way.QUEUE)):
        first = await ring(caller, switch, number="13900000001")
        assert await waiting(switch, 1) == ["0"]
    async with serving(switch, Scripted(nothing, Way.QUEUE_FIRST)):
        second = await ring(caller, switch, number="13900000002")
        assert await waiting(switch, 2) == ["10", "0"]
    await first.hang_up()
    await second.hang_up()


async def test_a_number_of_the_party_table(
    switch: Switch, sounds: dict[str, Samples], caller: Phone, outside: Phone
) -> None:
    async with serving(switch, Scripted(nothing, Way.NUMBER, "0473-1234567")):
        call = await ring(caller, switch)
        answered = await connected(outside)
        assert f"<sip:{switch.site.outbound}@" in answered.caller
        await hears(call, sounds, "rescue")
        await call.hang_up()
        await ended(answered)


@pytest.mark.parametrize("number", ["0011234567890", "+8613900000001", "12812345678", "", "110", "04731234567&1"])
async def test_no_other_number_is_dialled(switch: Switch, caller: Phone, operator: Phone, number: str) -> None:
    async with serving(switch, Scripted(nothing, Way.NUMBER, number)):
        call = await ring(caller, switch)
        await connected(operator)
        await call.hang_up()


@pytest.mark.parametrize(
    "number", ["0011234567890", "04731234567&PJSIP/trunk", "04731234567,30,g", "${SHELL(id)}", "04731234567@trunk"]
)
async def test_the_dialplan_itself_lets_no_other_number_through(
    switch: Switch, caller: Phone, operator: Phone, number: str
) -> None:
    async def dialogue(call: VoiceCall) -> None:
        assert isinstance(call, AgiCall)
        await call._ask(f'SET VARIABLE GATEWAY_NUMBER "{number}"\n'.encode(), 0)
        await call._ask(b"SET VARIABLE GATEWAY_WAY number\n", 0)

    async with serving(switch, Scripted(dialogue, None)):
        call = await ring(caller, switch)
        await connected(operator)
        await call.hang_up()


async def test_nobody_at_the_number_leads_to_the_operators(
    switch: Switch, caller: Phone, operator: Phone, outside: Phone
) -> None:
    outside.refuses = 486
    async with serving(switch, Scripted(nothing, Way.NUMBER, "13800000001")):
        call = await ring(caller, switch)
        await connected(operator)
        await call.hang_up()


async def test_one_dialogue_a_number_at_once(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async with serving(switch, Scripted(hold)) as server:
        first = await ring(caller, switch, number="13900000001")
        other = await ring(caller, switch, number="13900000002")
        again = await ring(caller, switch, number="+8613900000001")
        await hears(again, sounds, "line-busy")
        await ended(again)
        assert server.calls == 2
        assert not first.ended.is_set()
        await other.hang_up()
        await first.hang_up()


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(("key", "priority"), [("9", "10"), ("0", "0")])
async def test_emergencies_and_operators_pass_the_limit(
    switch: Switch, sounds: dict[str, Samples], caller: Phone, key: str, priority: str
) -> None:
    async with serving(switch, Scripted(hold)):
        first = await ring(caller, switch)
        again = await ring(caller, switch)
        await hears(again, sounds, "line-busy")
        again.press(key)
        assert await waiting(switch, 1) == [priority]
        await again.hang_up()
        await first.hang_up()


@pytest.mark.usefixtures("busy")
async def test_another_key_does_not_end_who_is_over_the_limit(
    switch: Switch, sounds: dict[str, Samples], caller: Phone
) -> None:
    async with serving(switch, Scripted(hold)):
        first = await ring(caller, switch)
        again = await ring(caller, switch)
        for slip in "1#":
            await hears(again, sounds, "line-busy")
            again.press(slip)
            await again.until(again.now + 0.5)
        again.press("9")
        assert await waiting(switch, 1) == ["10"]
        await again.hang_up()
        await first.hang_up()


@pytest.mark.usefixtures("busy")
async def test_no_file_of_the_switch_tells_who_called(switch: Switch, caller: Phone) -> None:
    number = "13987650001"
    async with serving(switch, Scripted(nothing, Way.QUEUE)):
        call = await ring(caller, switch, number=number)
        await waiting(switch, 1)
        await call.hang_up()
        await waiting(switch, 0)
    files = [file for file in switch.folder.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if number.encode() in file.read_bytes()] == []


async def test_withheld_callers_share_a_pool(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async with serving(switch, Scripted(hold)) as server:
        calls = [await ring(caller, switch, number="") for _ in range(switch.site.withheld_limit)]
        one_more = await ring(caller, switch, number="")
        await hears(one_more, sounds, "line-busy")
        assert server.calls == len(calls)
        for call in calls:
            await call.hang_up()


async def test_a_callers_name_and_number_are_only_text(switch: Switch, caller: Phone) -> None:
    seen: list[str] = []

    async def dialogue(call: VoiceCall) -> None:
        seen.append(call.caller.number)

    to = ("127.0.0.1", switch.site.sip)
    async with serving(switch, Scripted(dialogue)) as server:
        for number in ("139,1&PJSIP/trunk", "$%7BSHELL(id)%7D", "13900000001%0aagi_arg_1:9", "1390)0000%7D001"):
            call = await caller.dial("hotline", to, caller=number, name="${SHELL(id)},a&b|c%0d%0aHANGUP")
            await ended(call)
        assert server.ends == {"hangup": 4}
    assert seen == [""] * 4


@pytest.mark.parametrize("line", ["hotline&station", "hotline,1", "way-queue", "failed", "h", "00861390000001", "x"])
async def test_nothing_but_the_lines_can_be_rung(switch: Switch, caller: Phone, line: str) -> None:
    with pytest.raises(NotAnswered):
        await ring(caller, switch, line)


async def test_the_number_that_was_dialled_is_known(switch: Switch, caller: Phone) -> None:
    async def dialogue(call: VoiceCall) -> tuple[str, str]:
        return call.caller.number, call.called.number

    told = Scripted(dialogue)
    async with serving(switch, told):
        call = await ring(caller, switch, "4006422365")
        assert await told.result() == ("8613900000001", "4006422365")
        await ended(call)
    assert correlation.best(call.heard.samples, tones("one", 0.8)).score < 0.55

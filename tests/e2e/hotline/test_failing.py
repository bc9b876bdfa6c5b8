"""The gateway fails in the middle of a call: an apology is heard, then an operator, and never silence."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.channels.asterisk.sounds import Sounds
from gateway.emulators.caller import Call, Phone, phone
from gateway.emulators.caller.recording import read
from gateway.emulators.switch import Switch
from gateway.ivr.ports import CallEnded, HangUp, VoiceCall, Way
from gateway.wire.g711 import RATE, Samples
from tests.builders.tones import tones
from tests.peers import correlation
from tests.peers.hotline import (
    NAMES,
    Scripted,
    a_site,
    a_switch,
    connected,
    ended,
    hears,
    hold,
    put,
    ring,
    serving,
    until,
    waiting,
)
from tests.peers.processes import program
from tests.peers.programs import require_asterisk


async def falls_back(call: Call, sounds: dict[str, Samples]) -> float:
    """Wait for the apology and the operator's voice; return the second at which the apology began."""
    apology = await hears(call, sounds, "sorry")
    await hears(call, sounds, "operator")
    await call.hang_up()
    return apology


@asynccontextmanager
async def a_service(switch: Switch, folder: Path, *what: str) -> AsyncIterator[Process]:
    arguments: list[str | Path] = [
        sys.executable,
        "-m",
        "tests.peers.dialogue_service",
        str(switch.site.agi),
        switch.sounds,
        *what,
    ]
    async with program(arguments, folder / "errors") as process:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n", (folder / "errors").read_text()
        yield process


@pytest.mark.usefixtures("operator")
async def test_it_is_down(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    call = await ring(caller, switch)
    assert await falls_back(call, sounds) < 1


@pytest.mark.usefixtures("busy")
async def test_9_during_the_apology_comes_first(switch: Switch, caller: Phone) -> None:
    call = await ring(caller, switch)
    call.press("9")
    assert await waiting(switch, 1) == ["10"]
    await call.hang_up()


@pytest.mark.usefixtures("operator")
async def test_a_dialogue_ends_without_its_last_act(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async with serving(switch, Scripted(lambda call: call.play(["one"]), None)) as server:
        call = await ring(caller, switch)
        await falls_back(call, sounds)
        assert server.ends == {"failed": 1}


@pytest.mark.usefixtures("operator")
async def test_a_dialogue_raises(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async def dialogue(_: VoiceCall) -> None:
        raise ZeroDivisionError

    async with serving(switch, Scripted(dialogue)) as server:
        call = await ring(caller, switch)
        await falls_back(call, sounds)
        assert server.ends == {"failed": 1}


@pytest.mark.usefixtures("operator")
async def test_too_many_calls(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    async with serving(switch, Scripted(hold), most=1) as server:
        first = await ring(caller, switch, number="13900000001")
        await hears(first, sounds, "one")
        second = await ring(caller, switch, number="13900000002")
        await falls_back(second, sounds)
        assert server.ends == {"refused": 1}
        await first.hang_up()


@pytest.mark.usefixtures("operator")
async def test_it_ends_in_good_order(switch: Switch, sounds: dict[str, Samples], caller: Phone) -> None:
    told = Scripted(hold)
    async with serving(switch, told):
        call = await ring(caller, switch)
        await hears(call, sounds, "one")
    error = await told.result()
    assert isinstance(error, CallEnded)
    assert error.how is HangUp.SHUTDOWN
    await falls_back(call, sounds)


@pytest.mark.usefixtures("operator")
async def test_it_is_killed_and_the_next_call_is_fine(
    switch: Switch, sounds: dict[str, Samples], caller: Phone, tmp_path: Path
) -> None:
    async with a_service(switch, tmp_path, "playing") as service:
        call = await ring(caller, switch)
        await hears(call, sounds, "one")
        service.kill()
        killed = call.now
        assert await falls_back(call, sounds) - killed < 0.5  # at once, not when what is played ends
    async with a_service(switch, tmp_path, "playing"):
        call = await ring(caller, switch)
        await hears(call, sounds, "one")
        assert not correlation.times(call.heard.samples, sounds["sorry"])
        await call.hang_up()


@pytest.mark.usefixtures("operator")
async def test_it_is_frozen(switch: Switch, sounds: dict[str, Samples], caller: Phone, tmp_path: Path) -> None:
    async with a_service(switch, tmp_path, "playing", "1") as service:
        call = await ring(caller, switch)
        await hears(call, sounds, "one")
        service.send_signal(signal.SIGSTOP)
        await falls_back(call, sounds)
        assert await service.wait() == -signal.SIGKILL
    assert "stood still for 1 s" in (tmp_path / "errors").read_text()


async def test_it_is_frozen_and_nobody_ends_it(tmp_path: Path, sounds: dict[str, Samples], caller: Phone) -> None:
    site = a_site(lease_seconds=4)
    async with phone(site.operators[0]) as operator:
        operator.says = sounds["operator"]
        with a_switch(require_asterisk(), tmp_path / "switch", site) as switch:
            put(switch, "one")
            async with a_service(switch, tmp_path, "playing") as service:
                call = await ring(caller, switch)
                await call.until(6)  # it is put off while all is well
                assert not correlation.times(call.heard.samples, sounds["sorry"])
                service.send_signal(signal.SIGSTOP)
                frozen = call.now
                assert await falls_back(call, sounds) - frozen < 6
                another = await ring(caller, switch, number="13900000002")
                assert await falls_back(another, sounds) < 5
                service.kill()


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("hangs_up", [True, False], ids=["the caller hangs up", "the service is killed"])
async def test_a_recording_is_kept(
    switch: Switch, sounds: dict[str, Samples], caller: Phone, tmp_path: Path, *, hangs_up: bool
) -> None:
    file = Sounds(switch.sounds).recording("complaint")
    file.unlink(missing_ok=True)
    said = tones("a complaint", 2)
    async with a_service(switch, tmp_path, "recording") as service:
        call = await ring(caller, switch)
        await hears(call, sounds, "beep")
        call.say(said)
        if not hangs_up:
            await call.until(call.now + 1)
            service.kill()
        await call.until(call.now + 2.5)
        if not hangs_up:
            call.press("#")
            await hears(call, sounds, "sorry")
        await call.hang_up()
        async with asyncio.timeout(10):
            await until(lambda: file.exists() and correlation.best(read(file), said[RATE : RATE * 3 // 2]).score > 0.9)
    assert correlation.best(read(file), tones("another", 2)).score < 0.55


async def test_the_switch_dies(tmp_path: Path, caller: Phone, sounds: dict[str, Samples]) -> None:
    with a_switch(require_asterisk(), tmp_path, a_site()) as switch:
        put(switch, "one")
        told = Scripted(hold)
        async with serving(switch, told) as server:
            call = await ring(caller, switch)
            await hears(call, sounds, "one")
            await asyncio.to_thread(switch.stop, signal.SIGKILL)
            error = await told.result()
            assert isinstance(error, CallEnded)
            assert error.how is HangUp.SWITCH
            call.close()  # nobody says BYE
            assert server.calls == 0


async def test_the_limit_ends_a_dialogue_and_no_joined_call(
    tmp_path: Path, sounds: dict[str, Samples], caller: Phone
) -> None:
    limit = 3
    site = a_site(dialogue_seconds=limit)
    async with phone(site.operators[0]) as operator, phone(site.trunk_to) as outside:
        with a_switch(require_asterisk(), tmp_path, site) as switch:
            for name in NAMES:
                put(switch, name)
            operator.says, outside.says = sounds["operator"], sounds["rescue"]
            told = Scripted(hold)
            async with serving(switch, told):
                call = await ring(caller, switch)
                assert 2 < await falls_back(call, sounds) < 4
                error = await told.result()
                assert isinstance(error, CallEnded)
                assert error.how is HangUp.LIMIT
            async with serving(switch, Scripted(lambda call: call.play(["one"]), Way.NUMBER, "04731234567")):
                call = await ring(caller, switch)
                answered = await connected(outside)
                await call.until(limit + 1.5)
                await hears(call, sounds, "rescue")
                await answered.hang_up()
                await ended(call)

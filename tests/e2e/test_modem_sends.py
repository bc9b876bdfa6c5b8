"""Sends that fail, over real ptys: each outcome is true and the line goes on."""

import asyncio
from pathlib import Path

import pytest

from gateway.channels.modem.state import LinkState, Registration
from gateway.domain.address import Address
from gateway.domain.outcome import Accepted, Deferred, Refused, Uncertain
from gateway.text.segments import Encoding
from tests.peers.modem_line import (
    CITIZEN,
    a_submission,
    modem_line,
    until,
)


@pytest.mark.parametrize(
    ("code", "kind"), [(1, Refused), (38, Deferred), (500, Deferred), (332, Uncertain), (195, Refused)]
)
async def test_the_modems_error_says_what_to_do(tmp_path: Path, code: int, kind: type) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.switch(cms_error=code, cms_error_times=1)
        outcome = await line.channel.send(a_submission())
        assert isinstance(outcome, kind)
        assert str(code) in str(outcome)
        assert isinstance(await line.channel.send(a_submission()), Accepted)


async def test_a_modem_pulled_before_the_prompt_defers_and_after_the_text_leaves_doubt(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.faults.no_prompt_times = 1
        before = asyncio.create_task(line.channel.send(a_submission()))
        await until(lambda: line.modem.faults.no_prompt_times == 0)
        line.modem.unplug_for(0.1)
        assert isinstance(await before, Deferred)
        await until(lambda: line.channel.ready)

        line.modem.faults.silent_after_pdu_times = 1
        after = asyncio.create_task(line.channel.send(a_submission()))
        await until(lambda: line.modem.faults.silent_after_pdu_times == 0)
        line.modem.unplug_for(0.1)
        assert isinstance(await after, Uncertain)
        await until(lambda: line.channel.ready)
        await line.nothing_left()


async def test_a_send_called_off_before_its_turn_never_happens(tmp_path: Path) -> None:
    async with modem_line(tmp_path, prompt_timeout=0.3) as line:
        line.modem.faults.no_prompt_times = 1
        first = asyncio.create_task(line.channel.send(a_submission("占线")))
        await until(lambda: line.modem.faults.no_prompt_times == 0)
        second = asyncio.create_task(line.channel.send(a_submission("取消")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert isinstance(await first, Deferred)
        assert isinstance(await line.channel.send(a_submission("照发")), Accepted)
        assert line.sent == ["照发"]
        await line.nothing_left()


async def test_a_line_that_keeps_failing_is_left_alone_and_still_receives(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.switch(cms_error=41, cms_error_times=3)
        for _ in range(3):
            assert line.channel.ready
            await line.channel.send(a_submission())
        assert not line.channel.ready
        assert line.channel.state.state is LinkState.QUARANTINED
        await line.network.text(CITIZEN, "still answered elsewhere")
        await line.shelf.until(lambda shelf: shelf.parts)


async def test_without_a_network_it_is_not_ready(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.switch(unregistered=True)
        await until(lambda: not line.channel.ready)
        assert line.channel.state.registration is Registration.SEARCHING
        assert isinstance(await line.channel.send(a_submission()), Deferred)
        line.modem.switch(unregistered=False)
        await until(lambda: line.channel.ready)


async def test_a_text_cannot_end_its_command_or_name_another_number(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        text = "A\x1a\x1b\x00AT+CMGD=1,4"
        assert isinstance(await line.channel.send(a_submission(text, encoding=Encoding.GSM7)), Accepted)
        assert await line.reply() == "AAT+CMGD=1,4"
        assert isinstance(await line.channel.send(a_submission(to='1390"\rAT')), Refused)
        assert not line.channel.reaches(Address('1390"\rAT'))

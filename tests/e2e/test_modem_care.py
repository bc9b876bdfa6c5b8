"""What a modem needs a person for, and what a person can see of it."""

import logging
from pathlib import Path

import pytest

from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.state import LinkState, Registration, StorageUse
from gateway.domain.outcome import Accepted, Deferred
from gateway.emulators.modem import Identity, emulated_network
from tests.peers.modem_line import (
    CITIZEN,
    Shelf,
    WallClock,
    a_submission,
    modem_line,
    modem_settings,
    running,
    until,
)


async def test_a_wrong_pin_is_tried_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with emulated_network(tmp_path, 1, identity=Identity(pin="1234")) as network:
        modem = network.modems[0]
        note = tmp_path / "note"
        channel = ModemChannel(modem_settings(modem, pin="0000"), WallClock(), PinOnce(note))
        async with running(channel, Shelf()):
            await until(lambda: channel.state.state is LinkState.HELD)
        assert modem.phone.sim.tries_left == 2
        again = ModemChannel(modem_settings(modem, pin="0000"), WallClock(), PinOnce(note))
        async with running(again, Shelf()):
            await until(lambda: again.state.state is LinkState.HELD)
            assert isinstance(await again.send(a_submission()), Deferred)
        assert modem.phone.sim.tries_left == 2
        assert "PIN" in again.state.last_error
        assert [record.levelname for record in caplog.records if record.message == "modem held"] == ["ERROR"] * 2


async def test_a_held_modem_serves_once_a_person_has_opened_the_sim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.channels.modem.channel._HELD_PAUSE", 0.05)
    async with emulated_network(tmp_path, 1, identity=Identity(pin="1234")) as network:
        modem = network.modems[0]
        channel = ModemChannel(modem_settings(modem), WallClock())
        async with running(channel, Shelf()):
            await until(lambda: channel.state.state is LinkState.HELD)
            assert "set `pin`" in channel.state.last_error
            modem.phone.sim.enter("1234")
            await until(lambda: channel.ready)


async def test_the_right_pin_opens_the_sim_also_after_a_restart(tmp_path: Path) -> None:
    async with modem_line(tmp_path, identity=Identity(pin="1234"), pin="1234") as line:
        line.modem.restart()
        await until(lambda: line.modem.phone.sim.open)
        await until(lambda: line.channel.ready)
        assert isinstance(await line.channel.send(a_submission()), Accepted)


async def test_a_missing_port_is_said_once_and_tried_until_it_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with emulated_network(tmp_path, 1) as network:
        modem = network.modems[0]
        modem.unplug()
        channel = ModemChannel(modem_settings(modem), WallClock())
        async with running(channel, Shelf()):
            await until(lambda: channel.state.last_error)
            await until(lambda: channel._pause > 0.5)  # it was tried several times
            modem.plug()
            await until(lambda: channel.ready)
        warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert [record.message for record in warnings] == ["modem down"]


async def test_a_port_in_use_is_not_shared(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        rival = ModemChannel(modem_settings(line.modem, name="rival"), WallClock())
        async with running(rival, Shelf()):
            await until(lambda: "lock" in rival.state.last_error)
            assert isinstance(await line.channel.send(a_submission()), Accepted)
        assert not rival.ready


async def test_the_state_can_be_read(tmp_path: Path) -> None:
    async with modem_line(tmp_path, balance_ussd="*100#", watch_interval=0.05) as line:
        await until(lambda: line.channel.state.balance and line.channel.state.operator)
        state = line.channel.state
        assert (state.state, state.signal_dbm, state.registration, state.operator) == (
            LinkState.UP,
            -65,
            Registration.HOME,
            "CHINA MOBILE",
        )
        assert state.balance == "您的话费余额为58.20元"
        assert StorageUse("SM", 0, 50) in state.storages


async def test_a_silent_modem_is_given_up_and_found_again(tmp_path: Path) -> None:
    async with modem_line(tmp_path, prompt_timeout=0.1) as line:
        line.modem.faults.silent = True
        assert isinstance(await line.channel.send(a_submission()), Deferred)
        line.modem.faults.silent = False
        await until(lambda: line.channel.ready)
        await line.network.text(CITIZEN, "hello again")
        await line.shelf.until(lambda shelf: shelf.texts == ["hello again"])

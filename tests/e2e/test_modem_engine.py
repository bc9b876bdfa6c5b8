"""What AT libraries are known to get wrong, over real ptys: one test for each failing that ours must not have."""

import os
import time
from pathlib import Path

import pytest

from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.state import StorageUse
from gateway.domain.message import Part
from gateway.domain.outcome import Accepted, Deferred, Uncertain
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


async def test_a_notification_between_prompt_and_text_does_not_spoil_the_text(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.faults.urc_before_pdu = b'+CMTI: "SM",1'
        await line.network.text(CITIZEN, "first")
        outcomes = [await line.channel.send(a_submission(f"答复 {number}")) for number in range(5)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert line.sent == [f"答复 {number}" for number in range(5)]
        await line.shelf.until(lambda shelf: shelf.texts == ["first"])


async def test_a_notification_inside_a_pending_command_is_not_lost(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        # Put aside without a word: only the line in mid command tells of it.
        line.modem.phone.settings.indications = (0, 0, 0, 1, 0)
        await line.network.text(CITIZEN, "said in between")
        line.modem.faults.urc_before_answer = b'+CMTI: "SM",1'
        assert isinstance(await line.channel.send(a_submission()), Accepted)
        line.modem.faults.urc_before_answer = b""
        await line.shelf.until(lambda shelf: shelf.texts == ["said in between"])


async def test_every_text_of_a_burst_is_read(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        for number in range(10):
            await line.network.text(CITIZEN, f"burst {number}")
        await line.shelf.until(lambda shelf: len(shelf.parts) == 10)
        assert sorted(line.shelf.texts) == [f"burst {number}" for number in range(10)]
        await line.nothing_left()


async def test_an_undecodable_message_moves_no_index(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 1) as network:
        modem, shelf = network.modems[0], Shelf()
        storage = modem.phone.memories["SM"]
        await network.text(CITIZEN, "before")
        network.bring(modem, [b"\x00\x0b\x91\x31\xff\xff"])
        await network.text(CITIZEN, "behind")
        shelf.refuse = lambda item: isinstance(item, Part) and item.text == "before"
        async with running(ModemChannel(modem_settings(modem), WallClock()), shelf):
            await shelf.until(lambda shelf: shelf.undecodable and shelf.parts)
            await until(lambda: [index for index, _ in storage] == [1])
            shelf.refuse = lambda _: False
            await until(lambda: not len(storage))
        assert shelf.texts == ["behind", "before"]
        assert len(shelf.undecodable) == 1
        assert "000B9131FFFF" in shelf.undecodable[0].raw


async def test_bytes_of_no_alphabet_do_not_end_the_reading(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.faults.garbage = b"\xff\xfe\x80\r\n\xc3\x28"
        line.modem.faults.urc_before_pdu = b"^X: \xff\xd8"
        await line.network.text(CITIZEN, "still heard")
        await line.shelf.until(lambda shelf: shelf.texts == ["still heard"])
        assert isinstance(await line.channel.send(a_submission("还在")), Accepted)
        assert await line.reply() == "还在"


async def test_one_byte_at_a_time_is_enough(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.faults.one_byte_at_a_time = True
        await line.network.text(CITIZEN, "slow")
        await line.shelf.until(lambda shelf: shelf.texts == ["slow"])
        assert isinstance(await line.channel.send(a_submission()), Accepted)


async def test_a_pulled_modem_is_back_soon_and_the_other_unmoved(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 2) as network:
        shelves = [Shelf(), Shelf()]
        channels = [ModemChannel(modem_settings(modem), WallClock()) for modem in network.modems]
        async with running(channels[0], shelves[0]), running(channels[1], shelves[1]):
            await until(lambda: all(channel.ready for channel in channels))
            network.modems[0].unplug_for(2.0)
            await until(lambda: not channels[0].ready)
            gone = time.monotonic()
            assert isinstance(await channels[0].send(a_submission()), Deferred)
            assert isinstance(await channels[1].send(a_submission("另一张卡")), Accepted)
            await until(lambda: channels[0].ready)
            assert time.monotonic() - gone < 5
            assert isinstance(await channels[0].send(a_submission("回来了")), Accepted)
            await network.text(CITIZEN, "welcome back", 0)
            await shelves[0].until(lambda shelf: shelf.texts == ["welcome back"])


async def test_a_modem_that_starts_anew_is_not_deaf(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.restart()
        await until(lambda: line.modem.phone.settings.indications[1] == 1)
        await line.network.text(CITIZEN, "after the reset")
        await line.shelf.until(lambda shelf: shelf.texts == ["after the reset"])
        assert isinstance(await line.channel.send(a_submission()), Accepted)


async def test_a_modem_that_starts_anew_without_a_word_is_found_out_by_its_echo(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.phone.restart()
        outcome = await line.channel.send(a_submission("不可作为文字发出"))
        assert isinstance(outcome, Deferred)
        assert not line.network.handset(CITIZEN).segments
        await until(lambda: line.channel.ready)
        assert isinstance(await line.channel.send(a_submission("再来")), Accepted)
        assert await line.reply() == "再来"


async def test_lost_notification_settings_are_noticed_by_the_watch(tmp_path: Path) -> None:
    async with modem_line(tmp_path, watch_interval=0.05) as line:
        line.modem.phone.settings.indications = (0, 0, 0, 0, 0)
        await until(lambda: line.modem.phone.settings.indications[1] == 1)
        await line.network.text(CITIZEN, "announced again")
        await line.shelf.until(lambda shelf: shelf.texts == ["announced again"])


async def test_the_deadline_is_the_configured_one(tmp_path: Path) -> None:
    async with modem_line(tmp_path, submit_timeout=0.2) as line:
        line.modem.faults.silent_after_pdu_times = 1
        begun = time.monotonic()
        assert isinstance(await line.channel.send(a_submission("一次")), Uncertain)
        assert time.monotonic() - begun < 5
        assert isinstance(await line.channel.send(a_submission("两次")), Accepted)
        assert line.sent == ["一次", "两次"]
        await line.nothing_left()


async def test_after_a_late_prompt_no_command_becomes_a_text(tmp_path: Path) -> None:
    async with modem_line(tmp_path, prompt_timeout=0.1, command_timeout=1) as line:
        line.modem.faults.prompt_delay = 0.4
        outcome = await line.channel.send(a_submission("太晚"))
        assert isinstance(outcome, Deferred)
        line.modem.faults.prompt_delay = 0.0
        await line.network.text(CITIZEN, "meanwhile")
        await line.shelf.until(lambda shelf: shelf.texts == ["meanwhile"])
        assert isinstance(await line.channel.send(a_submission("准时")), Accepted)
        assert line.sent == ["准时"]
        await line.nothing_left()


async def test_a_prompt_left_by_a_killed_process_takes_none_of_our_commands(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 1) as network:
        modem = network.modems[0]
        killed = os.open(modem.port, os.O_RDWR | os.O_NOCTTY)
        os.write(killed, b"AT+CMGF=0\rAT+CMGS=30\r")
        await until(lambda: modem.heard_at is not None and modem._line._mode.name == "PDU")
        os.close(killed)
        channel = ModemChannel(modem_settings(modem), WallClock())
        async with running(channel, Shelf()):
            await until(lambda: channel.ready)
            assert isinstance(await channel.send(a_submission("只有这条")), Accepted)
        assert [segment.text for segment in network.handset(CITIZEN).segments] == ["只有这条"]


async def test_without_a_prompt_nothing_leaves_and_the_line_recovers(tmp_path: Path) -> None:
    async with modem_line(tmp_path, prompt_timeout=0.2) as line:
        line.modem.faults.no_prompt_times = 1
        assert isinstance(await line.channel.send(a_submission("没有提示符")), Deferred)
        assert isinstance(await line.channel.send(a_submission("下一条")), Accepted)
        assert line.sent == ["下一条"]


async def test_a_full_storage_is_seen_said_once_and_emptied(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with modem_line(tmp_path, identity=Identity(sim_slots=3), sweep_interval=0.1) as line:
        line.shelf.down = True
        for number in range(5):
            await line.network.text(CITIZEN, f"text {number}")
        await until(lambda: StorageUse("SM", 3, 3) in line.channel.state.storages)
        await line.shelf.until(lambda shelf: shelf.asked > 9)
        line.shelf.down = False
        await line.shelf.until(lambda shelf: len(shelf.parts) == 5)
        await until(lambda: StorageUse("SM", 0, 3) in line.channel.state.storages)
        full = [record for record in caplog.records if record.message.startswith("storage full")]
        assert len(full) == 1

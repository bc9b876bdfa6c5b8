"""The modem channel over real ptys: each known failing of AT libraries, and how ours does not have it."""

import asyncio
import logging
import os
import time
from pathlib import Path

import pytest

from gateway.channels.modem.channel import ModemChannel
from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.state import LinkState, Registration, StorageUse
from gateway.domain.address import Address
from gateway.domain.message import Concat, Delivery, Part
from gateway.domain.outcome import Accepted, Deferred, Refused, Uncertain
from gateway.emulators.modem import Identity, emulated_network
from gateway.ports import Inbound
from gateway.text.segments import Encoding
from tests.peers.modem_line import (
    CITIZEN,
    PATIENCE,
    ModemLine,
    Shelf,
    WallClock,
    a_submission,
    modem_line,
    modem_settings,
    running,
    until,
)


def held_in(line: ModemLine) -> int:
    return sum(len(line.modem.phone.memories[name]) for name in ("SM", "ME"))


async def nothing_left(line: ModemLine) -> None:
    await until(lambda: held_in(line) == 0 and line.at_rest)


async def reply_of(line: ModemLine) -> str:
    return (await line.network.handset(CITIZEN).next_reply(PATIENCE)).text


# The way there and back


async def test_a_text_comes_in_and_its_answer_goes_out_with_a_receipt(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        await line.network.text(CITIZEN, "茅台 1234 5678")
        await line.shelf.until(lambda shelf: shelf.parts)
        part = line.shelf.parts[0]
        assert (part.text, part.sender, part.destination) == (
            "茅台 1234 5678",
            Address.parse(CITIZEN),
            Address.parse(line.modem.number),
        )
        outcome = await line.channel.send(a_submission("正品 𠮷"))
        assert isinstance(outcome, Accepted)
        assert await reply_of(line) == "正品 𠮷"
        await line.shelf.until(lambda shelf: shelf.receipts)
        receipt = line.shelf.receipts[0]
        assert (receipt.peer_ref, receipt.recipient) == (outcome.peer_ref, Address.parse(CITIZEN))
        assert receipt.delivery is Delivery.DELIVERED
        await nothing_left(line)


async def test_what_came_while_nobody_listened_is_read_at_the_start(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 1) as network:
        modem, shelf = network.modems[0], Shelf()
        modem.phone.settings.memories = ("SM", "SM", "ME")
        await network.text(CITIZEN, "one in the phone")
        modem.phone.settings.memories = ("SM", "SM", "SM")
        await network.text(CITIZEN, "one on the SIM")
        async with running(ModemChannel(modem_settings(modem), WallClock()), shelf):
            await shelf.until(lambda shelf: len(shelf.parts) == 2)
        assert sorted(shelf.texts) == ["one in the phone", "one on the SIM"]


async def test_parts_of_a_long_text_come_singly_with_their_places(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        await line.network.text(CITIZEN, "长" * 150, wide=True, order=(3, 1, 2))
        await line.shelf.until(lambda shelf: len(shelf.parts) == 3)
        places = [part.concat for part in line.shelf.parts]
        assert {(place.number, place.total, place.wide) for place in places if place} == {
            (number, 3, True) for number in (1, 2, 3)
        }
        assert "".join(p.text for p in sorted(line.shelf.parts, key=lambda p: p.concat.number if p.concat else 0)) == (
            "长" * 150
        )


async def test_segments_of_a_long_answer_are_joined_by_the_handset(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        for number, text in enumerate(("甲" * 67, "乙" * 9), start=1):
            outcome = await line.channel.send(a_submission(text, concat=Concat(200, 2, number)))
            assert isinstance(outcome, Accepted)
        assert await reply_of(line) == "甲" * 67 + "乙" * 9


async def test_a_message_is_deleted_only_when_it_is_stored(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.shelf.down = True
        await line.network.text(CITIZEN, "kept")
        await line.shelf.until(lambda shelf: shelf.asked >= 2)  # brought again by itself
        assert held_in(line) == 1
        line.shelf.down = False
        await line.shelf.until(lambda shelf: shelf.parts)
        await nothing_left(line)
        assert line.shelf.texts == ["kept"]


async def test_a_receipt_survives_the_absence_of_the_store(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        refused: list[Inbound] = []

        def refuse_once(item: Inbound) -> bool:
            refused.append(item)
            return len(refused) == 1

        line.shelf.refuse = refuse_once
        assert isinstance(await line.channel.send(a_submission()), Accepted)
        await line.shelf.until(lambda shelf: shelf.receipts)
        assert line.shelf.receipts == [refused[0]]


# What the usual library gets wrong


async def test_a_notification_between_prompt_and_text_does_not_spoil_the_text(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.modem.faults.urc_before_pdu = b'+CMTI: "SM",1'
        await line.network.text(CITIZEN, "first")
        outcomes = [await line.channel.send(a_submission(f"答复 {number}")) for number in range(5)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert [segment.text for segment in line.network.handset(CITIZEN).segments] == [
            f"答复 {number}" for number in range(5)
        ]
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
        await nothing_left(line)


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
        assert await reply_of(line) == "还在"


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
        assert await reply_of(line) == "再来"


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
        assert [segment.text for segment in line.network.handset(CITIZEN).segments] == ["一次", "两次"]
        await nothing_left(line)


async def test_after_a_late_prompt_no_command_becomes_a_text(tmp_path: Path) -> None:
    async with modem_line(tmp_path, prompt_timeout=0.1, command_timeout=1) as line:
        line.modem.faults.prompt_delay = 0.4
        outcome = await line.channel.send(a_submission("太晚"))
        assert isinstance(outcome, Deferred)
        line.modem.faults.prompt_delay = 0.0
        await line.network.text(CITIZEN, "meanwhile")
        await line.shelf.until(lambda shelf: shelf.texts == ["meanwhile"])
        assert isinstance(await line.channel.send(a_submission("准时")), Accepted)
        assert [segment.text for segment in line.network.handset(CITIZEN).segments] == ["准时"]
        await nothing_left(line)


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
        assert [segment.text for segment in line.network.handset(CITIZEN).segments] == ["下一条"]


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


# Sends that fail


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
        await nothing_left(line)


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
        assert [segment.text for segment in line.network.handset(CITIZEN).segments] == ["照发"]
        await nothing_left(line)


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
        assert await reply_of(line) == "AAT+CMGD=1,4"
        assert isinstance(await line.channel.send(a_submission(to='1390"\rAT')), Refused)
        assert not line.channel.reaches(Address('1390"\rAT'))


# People


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

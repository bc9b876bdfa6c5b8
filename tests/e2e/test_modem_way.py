"""The modem channel over a real pty when all is well, or the store is away."""

from pathlib import Path

from gateway.channels.modem.channel import ModemChannel
from gateway.domain.address import Address
from gateway.domain.message import Concat, Delivery
from gateway.domain.outcome import Accepted
from gateway.emulators.modem import emulated_network
from gateway.ports import Inbound
from tests.peers.modem_line import (
    CITIZEN,
    Shelf,
    WallClock,
    a_submission,
    modem_line,
    modem_settings,
    running,
)


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
        assert await line.reply() == "正品 𠮷"
        await line.shelf.until(lambda shelf: shelf.receipts)
        receipt = line.shelf.receipts[0]
        assert (receipt.peer_ref, receipt.recipient) == (outcome.peer_ref, Address.parse(CITIZEN))
        assert receipt.delivery is Delivery.DELIVERED
        await line.nothing_left()


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
        assert await line.reply() == "甲" * 67 + "乙" * 9


async def test_a_message_is_deleted_only_when_it_is_stored(tmp_path: Path) -> None:
    async with modem_line(tmp_path) as line:
        line.shelf.down = True
        await line.network.text(CITIZEN, "kept")
        await line.shelf.until(lambda shelf: shelf.asked >= 2)  # brought again by itself
        assert line.stored == 1
        line.shelf.down = False
        await line.shelf.until(lambda shelf: shelf.parts)
        await line.nothing_left()
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

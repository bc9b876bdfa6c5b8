import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.channels.modem.arrivals import Mailer
from gateway.channels.modem.courier import Courier
from gateway.channels.modem.mailbox import Mailbox
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import Readings, StorageUse
from gateway.domain.address import Address
from gateway.domain.errors import StoreDown
from gateway.domain.message import Part, Undecodable
from gateway.ports import Inbound
from tests.peers.scripted_modem import ScriptedModem

OK = "\r\nOK\r\n"
HELLO = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
HOW = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
CMGR = "\r\n+CMGR: 0,,28\r\n{}\r\n" + OK


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


class Bench:
    """A mailbox with a scripted modem before it and a list behind it."""

    def __init__(self, script: dict[str, str]) -> None:
        self.modem = ScriptedModem(script)
        self.stored: list[Inbound] = []
        self.refuse: Callable[[Inbound], bool] = lambda _: False
        settings = ModemSettings.model_validate({"name": "m", "port": "/dev/null", "number": "13800000100"})
        courier = Courier("m", self.deliver, Readings())
        mailer = Mailer("m", Address("8613800000100"))
        self.box = Mailbox(self.modem.dialogue, settings, mailer, courier, Noon(), lambda: None)
        self.box.reset(("SM", "ME"))

    async def deliver(self, item: Inbound) -> None:
        if self.refuse(item):
            raise StoreDown("away")
        self.stored.append(item)

    async def fetch(self) -> None:
        async with asyncio.TaskGroup() as deliveries:
            await self.box.fetch(deliveries)

    async def sweep(self, *, thorough: bool = False) -> None:
        async with asyncio.TaskGroup() as deliveries:
            await self.box.sweep(deliveries, thorough=thorough)

    async def empty(self) -> None:
        while self.box.deletable:
            await self.box.delete()


def listing(*entries: tuple[int, str]) -> str:
    return "".join(f"\r\n+CMGL: {index},0,,28\r\n{pdu}" for index, pdu in entries) + "\r\n" + OK


async def test_one_announced_message_is_read_alone_and_then_deleted() -> None:
    bench = Bench({"AT+CMGR=3": CMGR.format(HOW), "AT+CMGD=3": OK})
    bench.box.announce("SM", 3)
    await bench.fetch()
    assert [type(item) for item in bench.stored] == [Part]
    await bench.empty()
    assert bench.modem.commands == ["AT+CMGR=3", "AT+CMGD=3"]


async def test_several_are_listed_at_once_and_deleted_in_one_line() -> None:
    bench = Bench({"AT+CMGL=0": listing((1, HELLO), (2, HOW)), "AT+CMGD=1;+CMGD=2": OK})
    for index in (1, 2):
        bench.box.announce("SM", index)
    await bench.fetch()
    await bench.empty()
    assert len(bench.stored) == 2
    assert bench.modem.commands == ["AT+CMGL=0", "AT+CMGD=1;+CMGD=2"]


async def test_a_modem_that_takes_no_joined_commands_is_asked_singly() -> None:
    script = {"AT+CMGL=0": listing((1, HELLO), (2, HOW)), "AT+CMGD=1;+CMGD=2": "\r\nERROR\r\n"}
    # The first had been deleted before the line failed.
    bench = Bench(script | {"AT+CMGD=1": "\r\n+CMS ERROR: 321\r\n", "AT+CMGD=2": OK})
    for index in (1, 2):
        bench.box.announce("SM", index)
    await bench.fetch()
    await bench.empty()
    assert bench.modem.commands[-2:] == ["AT+CMGD=1", "AT+CMGD=2"]
    assert not bench.box.sweep_soon


async def test_what_cannot_be_deleted_is_said_and_looked_at_again(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({"AT+CMGR=3": CMGR.format(HOW), "AT+CMGD=3": "\r\n+CMS ERROR: 320\r\n"})
    bench.box.announce("SM", 3)
    await bench.fetch()
    await bench.empty()
    assert bench.box.sweep_soon
    assert [record.message for record in caplog.records] == ["message not deleted"]


async def test_a_message_under_way_to_the_store_is_not_read_twice() -> None:
    bench = Bench({"AT+CMGL=4": listing((1, HOW)), 'AT+CPMS="SM"': "\r\n+CPMS: 1,50,1,50,1,50\r\n" + OK})
    bench.box.reset(("SM",))
    await bench.sweep()
    await bench.sweep()
    assert len(bench.stored) == 1
    bench.box.announce("SM", 1)
    await bench.fetch()
    assert len(bench.stored) == 1


async def test_what_is_not_stored_is_not_deleted_and_read_again() -> None:
    bench = Bench({"AT+CMGL=0": listing((1, HELLO), (2, HOW)), "AT+CMGD=2": OK})
    bench.refuse = lambda item: isinstance(item, Part) and item.text == "hellohello"
    for index in (1, 2):
        bench.box.announce("SM", index)
    await bench.fetch()
    await bench.empty()
    assert bench.modem.commands == ["AT+CMGL=0", "AT+CMGD=2"]
    assert bench.box.sweep_soon


async def test_after_a_reset_nothing_is_deleted_by_an_old_index() -> None:
    bench = Bench({"AT+CMGR=3": CMGR.format(HOW)})
    bench.box.announce("SM", 3)
    await bench.fetch()
    assert bench.box.deletable
    bench.box.reset(("SM",))
    assert not bench.box.deletable


async def test_a_byte_lost_on_the_wire_costs_no_message() -> None:
    bench = Bench({"AT+CMGR=3": CMGR.format(HOW[:-4])})
    bench.box.announce("SM", 3)
    await bench.fetch()
    assert bench.stored == []
    assert bench.box.announced  # to be read once more
    bench.modem.script["AT+CMGR=3"] = CMGR.format(HOW)
    await bench.fetch()
    assert [type(item) for item in bench.stored] == [Part]


async def test_what_reads_wrong_twice_is_kept_for_a_person_and_deleted() -> None:
    bench = Bench({"AT+CMGR=3": CMGR.format("0011"), "AT+CMGD=3": OK})
    bench.box.announce("SM", 3)
    await bench.fetch()
    await bench.fetch()
    await bench.empty()
    assert [type(item) for item in bench.stored] == [Undecodable]
    assert bench.modem.commands[-1] == "AT+CMGD=3"


@pytest.mark.parametrize("answer", ["\r\n+CMS ERROR: 314\r\n", "\r\nERROR\r\n"])
async def test_a_storage_that_is_busy_is_tried_again_soon(answer: str) -> None:
    bench = Bench({"AT+CMGR=3": answer, 'AT+CPMS="ME"': answer, "AT+CMGL=0": answer})
    bench.box.announce("SM", 3)
    await bench.fetch()
    assert bench.box.sweep_soon
    bench.box.sweep_soon = False
    bench.box.announce("ME", 1)
    await bench.fetch()
    assert bench.box.sweep_soon
    assert bench.modem.commands == ["AT+CMGR=3", 'AT+CPMS="ME"']


async def test_a_place_that_is_empty_by_now_is_no_matter() -> None:
    bench = Bench({"AT+CMGR=3": "\r\n+CMS ERROR: 321\r\n"})
    bench.box.announce("SM", 3)
    await bench.fetch()
    assert not bench.box.sweep_soon
    assert bench.stored == []


async def test_empty_storages_are_only_listed_when_it_is_to_be_thorough() -> None:
    bench = Bench(
        {
            'AT+CPMS="ME"': "\r\n+CPMS: 0,100,0,50,0,50\r\n" + OK,
            'AT+CPMS="SM"': "\r\n+CPMS: 0,50,0,50,0,50\r\n" + OK,
            "AT+CMGL=4": OK,
        }
    )
    await bench.sweep()
    assert bench.modem.commands == ['AT+CPMS="ME"', 'AT+CPMS="SM"']
    assert bench.box.uses == (StorageUse("ME", 0, 100), StorageUse("SM", 0, 50))
    await bench.sweep(thorough=True)
    assert bench.modem.commands[2:] == ['AT+CPMS="ME"', "AT+CMGL=4", 'AT+CPMS="SM"', "AT+CMGL=4"]

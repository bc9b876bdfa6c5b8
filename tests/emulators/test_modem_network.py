"""Modems on ptys, with handsets on the other side."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.emulators.modem import EmulatedNetwork, Identity, Timing, emulated_network
from gateway.emulators.modem.handset import cut
from tests.emulators.host import Host, opened, until

PDU = b"0031000D91683109000000F10008A70467E58BE2"  # 查询 to +8613900000001, a report wanted
CITIZEN = "13900000001"
READY = "ATE0+CMEE=1;+CMGF=0;+CNMI=2,1,0,1,0"


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[EmulatedNetwork]:
    async with emulated_network(tmp_path, 2) as network:
        yield network


@pytest.fixture
async def host(network: EmulatedNetwork) -> AsyncIterator[Host]:
    with opened(network.modems[0].port) as host:
        await host.ask(READY)
        yield host


async def test_a_handset_gets_what_the_driver_sends_and_the_driver_its_receipt(
    network: EmulatedNetwork, host: Host
) -> None:
    assert await host.send(PDU) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
    reply = await network.handset(CITIZEN).next_reply(5)
    assert (reply.text, reply.segments, reply.modem) == ("查询", 1, "ttyEMU0")
    report = await host.until(rb"\+CDS: 26\r\n[0-9A-F]+\r\n")
    assert "06000D91683109000000F1" in report  # TP-MR 0, the recipient
    assert report.endswith("00\r\n")


async def test_a_text_reaches_the_driver(network: EmulatedNetwork, host: Host) -> None:
    sent = await network.text(CITIZEN, "查询", to=0)
    await host.until(rb'\+CMTI: "SM",1\r\n')
    assert "no program has read it" in sent.fate
    listed = await host.ask("AT+CMGL=4")
    assert "040D91683109000000F10008" in listed
    assert listed.endswith("0467E58BE2\r\n\r\nOK\r\n")
    assert "still stored" in sent.fate
    await host.ask("AT+CMGD=1")
    assert "deleted; no reply" in sent.fate


async def test_parts_come_in_any_order_twice_and_not_at_all(network: EmulatedNetwork, host: Host) -> None:
    await network.text(CITIZEN, "长" * 190, to="+8613800000100", order=(3, 1, 1), wide=True)
    listed = await host.ask("AT+CMGL=4")
    headers = [line[line.index("060804") :][:14] for line in listed.splitlines() if "060804" in line]
    assert headers == ["06080400010303", "06080400010301", "06080400010301"]


async def test_a_reply_in_parts_is_joined_whatever_their_order(network: EmulatedNetwork, host: Host) -> None:
    for number, text in ((2, "8BE2"), (1, "67E5"), (1, "67E5")):
        await host.send(b"0041000D91683109000000F1000808050003AA02%02d%s" % (number, text.encode()))
    handset = network.handset("+86 139 0000 0001".replace(" ", ""))
    reply = await handset.next_reply(5)
    assert (reply.text, reply.segments) == ("查询", 2)
    assert [segment.text for segment in handset.segments] == ["询", "查", "查"]
    with pytest.raises(TimeoutError):
        await handset.next_reply(0)


async def test_a_full_storage_makes_the_network_wait(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 1, identity=Identity(sim_slots=2)) as network:
        modem = network.modems[0]
        with opened(modem.port) as host:
            await host.ask(READY)
            sent = [await network.text(CITIZEN, str(number)) for number in range(4)]
            assert network.held(modem) == 2
            assert "storage is full" in sent[-1].fate
            await host.ask("AT+CMGD=1")
            assert network.held(modem) == 1
            await host.ask("AT+CMGD=1,4")
            assert network.held(modem) == 0
            assert len(modem.phone.memories["SM"]) == 1


async def test_pulled_out_the_driver_reads_the_end_and_the_path_is_gone(network: EmulatedNetwork, host: Host) -> None:
    modem = network.modems[0]
    modem.unplug()
    await host.hang_up()
    assert not modem.port.is_symlink()
    sent = await network.text(CITIZEN, "查询", to=0)
    assert "unplugged" in sent.fate
    modem.plug()
    with opened(modem.port) as again:
        assert await again.ask("AT") == "AT\r\r\nOK\r\n"  # the settings are the factory's
        await again.ask(READY)
        assert "67E58BE2" in await again.ask("AT+CMGL=4")


async def test_pulled_out_for_a_moment_it_comes_back_by_itself(network: EmulatedNetwork) -> None:
    modem = network.modems[0]
    modem.unplug_for(0.01)
    assert not modem.plugged
    await until(lambda: modem.plugged)
    with opened(modem.port) as host:
        assert (await host.ask("AT")).endswith("OK\r\n")


async def test_a_driver_may_close_and_another_open(network: EmulatedNetwork) -> None:
    for _ in range(3):
        with opened(network.modems[1].port) as host:
            assert (await host.ask("ATE0")).endswith("OK\r\n")
    assert network.modems[1].heard_at is not None
    assert network.modems[0].heard_at is None


async def test_a_crash_says_so_and_forgets(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].restart()
    await host.until(rb"\^SYSSTART\r\n\r\n\+CPIN: READY\r\n")
    assert "+CNMI: 0,0,0,0,0" in await host.ask("AT+CNMI?")


async def test_losing_the_network_is_told_and_holds_texts(network: EmulatedNetwork, host: Host) -> None:
    modem = network.modems[0]
    await host.ask("AT+CREG=1")
    modem.switch(unregistered=True)
    await host.until(rb"\+CREG: 2\r\n")
    sent = await network.text(CITIZEN, "查询", to=0)
    assert "not registered" in sent.fate
    modem.mend()
    assert '+CMTI: "SM",1' in await host.until(rb"\+CMTI.*\r\n")


async def test_a_silent_modem_neither_hears_nor_says(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].switch(silent=True)
    before = network.modems[0].heard_at
    host.write(b"AT+CMGF=1\r")
    await network.text(CITIZEN, "查询", to=0)
    await until(lambda: network.modems[0].heard_at != before)
    network.modems[0].switch(silent=False)
    await host.until(rb"\+CMTI.*\r\n")
    assert len(host.reads) == 2  # the answer to READY, and this


async def test_one_byte_at_a_time_still_says_everything_in_order(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].switch(one_byte_at_a_time=True)
    before = len(host.reads)
    assert await host.ask("AT+CREG?") == "\r\n+CREG: 0,1\r\n\r\nOK\r\n"
    assert len(host.reads) - before > 3


async def test_a_slow_modem_answers_late_and_in_order(network: EmulatedNetwork, host: Host) -> None:
    loop = asyncio.get_running_loop()
    network.modems[0].switch(delay=0.05)
    started = loop.time()
    host.write(b"AT+CSQ\rAT+CREG?\r")
    assert "+CSQ" in await host.until(rb"OK\r\n")
    assert "+CREG" in await host.until(rb"OK\r\n")
    assert loop.time() - started >= 0.05


async def test_a_late_prompt_comes(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].switch(prompt_delay=0.02)
    assert "+CMGS: 0" in await host.send(PDU)


@pytest.mark.parametrize(
    ("switches", "told", "receipts"),
    [
        ({}, r"\+CMGS: 0.*OK\r\n.*CDS", 1),
        ({"receipt_early": True}, r"CDS.*\+CMGS: 0", 1),
        ({"receipt_twice": True}, r"\+CMGS: 0.*CDS.*CDS", 2),
        ({"silent_after_pdu_times": 1}, r"\A\r\n\+CDS", 1),
    ],
)
async def test_receipts_come_as_the_switches_say(
    network: EmulatedNetwork, host: Host, switches: dict[str, object], told: str, receipts: int
) -> None:
    network.modems[0].switch(**switches)
    host.write(b"AT+CMGS=%d\r" % (len(PDU) // 2 - 1))
    await host.until(rb"\r\n> ")
    host.write(PDU + b"\x1a")
    heard = await host.until(rb"(?s)%s" % told.encode())
    assert heard.count("+CDS") == receipts
    assert len(network.handset(CITIZEN).segments) == 1


async def test_a_lost_message_has_its_ok_and_nothing_else(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].switch(lost_times=1, no_receipt=True)
    assert "+CMGS: 0" in await host.send(PDU)
    assert "+CMGS: 1" in await host.send(PDU)
    assert len(network.handset(CITIZEN).segments) == 1
    assert "+CDS" not in await host.ask("AT")


async def test_a_receipt_may_say_that_it_failed(network: EmulatedNetwork, host: Host) -> None:
    network.modems[0].switch(receipt_status=0x45)
    await host.send(PDU)
    assert (await host.until(rb"\+CDS.*\r\n.*\r\n")).endswith("45\r\n")


async def test_a_pdu_that_nobody_can_read_is_stored_as_it_is(network: EmulatedNetwork, host: Host) -> None:
    network.bring(network.modems[0], [b"\x04\xff", b""])
    listed = await host.ask("AT+CMGL=4")
    assert "+CMGL: 1,0,,2\r\n0891683108100005F004FF" in listed
    assert "+CMGL: 2,0,,0" in listed


async def test_the_latency_is_spread_evenly_and_repeatably(tmp_path: Path) -> None:
    seen: list[list[float]] = []
    for _ in range(2):
        times: list[float] = []
        async with emulated_network(tmp_path, 1, timing=Timing(latency=0.02, jitter=0.01, seed=7)) as network:
            with opened(network.modems[0].port) as host:
                await host.ask(READY)
                for _ in range(3):
                    started = asyncio.get_running_loop().time()
                    await host.send(PDU)
                    times.append(network.handset(CITIZEN).segments[-1].at - started)
        assert all(time >= 0.0099 for time in times)
        seen.append([network._chance.random()])
    assert seen[0] == seen[1]


async def test_a_driver_that_does_not_read_stops_nobody(network: EmulatedNetwork) -> None:
    modem = network.modems[0]
    with opened(modem.port) as host:
        await host.ask(READY + ';+CPMS="ME","ME","ME"')
        for _ in range(99):
            await network.text(CITIZEN, "查" * 70, to=0)
        asyncio.get_running_loop().remove_reader(host._end)
        host.write(b"AT+CMGL=4\r" * 40)
        with opened(network.modems[1].port) as other:
            assert (await other.ask("AT")).endswith("OK\r\n")
        asyncio.get_running_loop().add_reader(host._end, host._readable)
        await host.until(rb"\+CMGL: 99,.*\r\n[0-9A-F]+\r\n\r\nOK\r\n")


def test_a_text_is_cut_where_handsets_cut_it() -> None:
    assert cut("a" * 160) == ["a" * 160]
    assert [len(piece) for piece in cut("a" * 161)] == [153, 8]
    assert cut("a" * 152 + "€" + "b" * 8) == ["a" * 152, "€" + "b" * 8]
    assert cut("长" * 70) == ["长" * 70]
    assert [len(piece) for piece in cut("长" * 71, wide=True)] == [66, 5]
    assert cut("长" * 66 + "😀" * 3) == ["长" * 66, "😀" * 3]
    assert cut("") == [""]


async def test_modems_are_found_by_place_name_and_number_and_else_in_turn(network: EmulatedNetwork) -> None:
    first, second = network.modems
    assert network.modem(1) is network.modem("ttyEMU1") is network.modem("13800000101") is second
    assert [network.modem(None) for _ in range(3)] == [first, second, first]
    with pytest.raises(LookupError, match="no modem 'ttyUSB0'; there are ttyEMU0, ttyEMU1"):
        network.modem("ttyUSB0")


async def test_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 2, timing=Timing(latency=60)) as network:
        with opened(network.modems[0].port) as host:
            await host.ask(READY)
            host.write(b"AT+CMGS=%d\r" % (len(PDU) // 2 - 1))
            await host.until(rb"\r\n> ")
            host.write(PDU + b"\x1a")
            network.modems[1].unplug_for(60)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - quick, and allowed in a coroutine
    assert not network._timers
    assert not any(modem._timers or modem.plugged for modem in network.modems)

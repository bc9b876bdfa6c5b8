"""The control socket, in one process and across two."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.domain.errors import LinkDown
from gateway.emulators.modem import EmulatedNetwork, emulated_network
from gateway.emulators.modem.client import ControlClient, ControlRefused, control_client
from gateway.emulators.modem.control import control_socket
from tests.emulators.host import Host, opened, until

CITIZEN = "13900000001"
PDU = b"0031000D91683109000000F10008A70467E58BE2"
READY = "ATE0+CMEE=1;+CMGF=0;+CNMI=2,1,0,1,0"


@dataclass
class Bench:
    network: EmulatedNetwork
    client: ControlClient
    host: Host
    socket: Path


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    socket = tmp_path / "control"
    async with (
        emulated_network(tmp_path, 2) as network,
        control_socket(network, socket),
        control_client(socket) as client,
    ):
        with opened(network.modems[0].port) as host:
            await host.ask(READY)
            yield Bench(network, client, host, socket)


async def test_a_text_is_sent_and_its_reply_awaited(bench: Bench) -> None:
    asking = asyncio.create_task(bench.client.text(CITIZEN, "CX1", to=0))
    await bench.host.until(rb"\+CMTI")
    await bench.host.send(PDU)
    heard = await asking
    assert (heard.replies[0].text, heard.replies[0].segments, heard.why) == ("查询", 1, None)
    assert 0 < heard.replies[0].seconds < 20
    assert heard.to == "+8613800000100"


async def test_an_old_reply_is_not_taken_for_the_new_one(bench: Bench) -> None:
    await bench.host.send(PDU)
    heard = await bench.client.text(CITIZEN, "CX1", to=0, limit=0.01)
    assert heard.replies == ()
    assert heard.why == "the text waits in ttyEMU0's storage; no program has read it"


async def test_questions_run_side_by_side(bench: Bench) -> None:
    slow = asyncio.create_task(bench.client.text(CITIZEN, "CX1", to=0))
    await bench.host.until(rb"\+CMTI")
    assert (await bench.client.text("13900000002", "CX1", to=1, limit=0)).why is not None
    await bench.host.send(PDU)
    assert (await slow).why is None


async def test_faults_are_switched_from_afar(bench: Bench) -> None:
    await bench.client.faults(0, cms_error_times=1, cms_error=42, urc_before_answer=b"RING \xff")
    assert "RING ÿ" in await bench.host.ask("AT")
    assert "+CMS ERROR: 42" in await bench.host.send(PDU)
    await bench.client.faults(clear=True)
    assert bench.network.modems[0].faults == bench.network.modems[1].faults
    await bench.client.restart(0)
    await bench.host.until(rb"SYSSTART")
    await bench.client.unplug(0)
    await bench.host.hang_up()
    assert [modem.plugged for modem in await bench.client.status()] == [False, True]
    await bench.client.plug()
    assert all(modem.plugged for modem in await bench.client.status())
    await bench.client.unplug(1, seconds=0.01)
    await until(lambda: bench.network.modems[1].plugged)


async def test_what_every_handset_got_can_be_asked(bench: Bench) -> None:
    await bench.host.send(PDU)
    got = (await bench.client.handsets())["+8613900000001"]
    assert (got.replies, got.segments) == (("查询",), (("查询", 1),))
    state = (await bench.client.status())[0]
    assert (state.name, state.number, state.held, state.pin_tries_left) == ("ttyEMU0", "+8613800000100", 0, 3)
    assert state.heard_seconds_ago is not None


async def test_what_cannot_be_done_is_said(bench: Bench) -> None:
    with pytest.raises(ControlRefused, match="no fault is called 'quiet'"):
        await bench.client.faults(quiet=True)
    with pytest.raises(ControlRefused, match="no modem 'x'"):
        await bench.client.unplug("x")
    with pytest.raises(ControlRefused, match="sender 'Ärger mit dem Amt'"):
        await bench.client.text("Ärger mit dem Amt", "CX1")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "Expecting"),
        (b'{"do": "dance"}', "`do` is one of text"),
        (b'{"do": "text"}', "the request lacks 'from'"),
        (b"[]", "indices"),
        (b"\xff", "decode"),
    ],
)
async def test_a_bad_request_harms_nobody(bench: Bench, line: bytes, error: str) -> None:
    reader, writer = await asyncio.open_unix_connection(bench.socket)
    writer.write(line + b"\n")
    async with asyncio.timeout(20):
        assert error in json.loads(await reader.readline())["error"]
    writer.close()
    await writer.wait_closed()
    assert len(await bench.client.status()) == 2


async def test_the_end_of_the_emulator_is_told_to_all_who_wait(tmp_path: Path) -> None:
    async with emulated_network(tmp_path, 1) as network:
        async with control_socket(network, tmp_path / "control"):
            connection = control_client(tmp_path / "control")
            client = await connection.__aenter__()
            asking = asyncio.create_task(client.text(CITIZEN, "CX1"))
            await client.status()
        with pytest.raises(LinkDown, match="closed"):
            await asking
        with pytest.raises(LinkDown, match="closed"):
            await client.status()
        await connection.__aexit__(None, None, None)


async def test_no_emulator_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(LinkDown, match=r"no emulator listens at .*control: No such file"):
        async with control_client(tmp_path / "control"):
            pass


@asynccontextmanager
async def emulator(folder: Path, *options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, object]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.emulators.modem", "--dir", str(folder), *options),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_process_of_its_own(tmp_path: Path) -> None:
    async with emulator(tmp_path, "--count", "3", "--slots", "5", "--pin", "1234") as (process, ready):
        modems = ready["modems"]
        assert isinstance(modems, list)
        assert [modem["number"][-3:] for modem in modems] == ["100", "101", "102"]
        async with control_client(tmp_path / "modems.sock") as client:
            with opened(Path(modems[2]["port"])) as host:
                assert "+CPIN: SIM PIN" in await host.ask("AT+CPIN?")
                await host.ask('AT+CPIN="1234"')
                assert '"SM",0,5' in await host.ask("AT+CPMS?")
            assert (await client.status())[2].heard_seconds_ago is not None
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert names(tmp_path) == []


PARENT = """
import subprocess, sys
command = [sys.executable, "-m", "gateway.emulators.modem", "--dir", sys.argv[1]]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), end="", flush=True)
sys.stdin.read()
"""


async def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert json.loads(await parent.stdout.readline())["control"] == str(tmp_path / "modems.sock")
    finally:
        parent.kill()
        await parent.wait()
    await until(lambda: names(tmp_path) == [])


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())

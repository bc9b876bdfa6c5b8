"""AT drivers that were not written here receive and send Chinese texts through the emulated modem.

They are what proves the emulator; our own driver is then proved against the emulator.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.emulators.modem import EmulatedNetwork, emulated_network
from tests.emulators.host import until
from tests.peers.programs import require

CITIZEN = "+8613900000001"
QUESTION = "查询编号一二三四五六七八九十" * 11  # 154 characters: three parts
ANSWER = "正品，首次查询，感谢您的支持！" * 11  # 165 characters: three parts
LIMIT = 60.0
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[EmulatedNetwork]:
    async with emulated_network(tmp_path, 1) as network:
        yield network


# gammu: one command, one session with the modem


async def gammu(network: EmulatedNetwork, folder: Path, *command: str) -> str:
    settings = folder / "gammurc"
    settings.write_text(f"[gammu]\ndevice = {network.modems[0].port}\nconnection = at115200\nsynchronizetime = no\n")
    process = await asyncio.create_subprocess_exec(
        *(str(require("gammu")), "-c", str(settings), *command),
        env={**ENVIRONMENT, "HOME": str(folder)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LIMIT):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


@pytest.mark.parametrize("wide", [False, True])
async def test_gammu_reads_a_chinese_text_in_three_parts(
    network: EmulatedNetwork, tmp_path: Path, *, wide: bool
) -> None:
    await network.text(CITIZEN, QUESTION, wide=wide, order=(3, 1, 2))
    printed = await gammu(network, tmp_path, "geteachsms")
    assert f'"{CITIZEN}"' in printed
    assert QUESTION in printed
    assert "3 SMS parts in 1 SMS sequences" in printed


async def test_gammu_sends_a_chinese_text_in_three_parts(network: EmulatedNetwork, tmp_path: Path) -> None:
    await gammu(network, tmp_path, "sendsms", "TEXT", CITIZEN, "-len", "400", "-unicode", "-text", ANSWER)
    reply = await network.handset(CITIZEN).next_reply(LIMIT)
    assert (reply.text, reply.segments) == (ANSWER, 3)


async def test_gammu_empties_the_sim(network: EmulatedNetwork, tmp_path: Path) -> None:
    await network.text(CITIZEN, QUESTION)
    await gammu(network, tmp_path, "deleteallsms", "1")
    assert len(network.modems[0].phone.memories["SM"]) == 0


# smstools: a daemon with spool folders


class Smsd:
    """A running smsd; what it receives appears in `incoming`."""

    def __init__(self, folder: Path) -> None:
        self.incoming = folder / "incoming"
        self._outgoing = folder / "outgoing"

    def send(self, recipient: str, text: str) -> None:
        head = f"To: {recipient.removeprefix('+')}\nAlphabet: UCS2\nReport: yes\n\n"
        written = self._outgoing.parent / "to_send"
        written.write_bytes(head.encode() + text.encode("utf-16-be"))
        written.replace(self._outgoing / "to_send")  # smsd takes a file as soon as it sees it

    def received(self) -> list[tuple[str, str]]:
        """Return head and text of every file that is wholly written."""
        files = [path.read_bytes().partition(b"\n\n") for path in sorted(self.incoming.glob("GSM1.*"))]
        return [
            (head.decode(), text.decode("utf-16-be" if b"Alphabet: UCS2" in head else "latin-1", "replace"))
            for head, _, text in files
        ]

    def reports(self) -> list[str]:
        """Return the texts of the delivery receipts among what was received."""
        return [text for _, text in self.received() if "SMS STATUS REPORT" in text]


@asynccontextmanager
async def smsd(network: EmulatedNetwork, folder: Path) -> AsyncIterator[Smsd]:
    spools = {name: folder / name for name in ("outgoing", "checked", "incoming", "failed", "sent")}
    for spool in spools.values():
        spool.mkdir()
    settings = folder / "smsd.conf"
    settings.write_text(
        "devices = GSM1\n"
        + "".join(f"{name} = {path}\n" for name, path in spools.items())
        + f"logfile = {folder}/log\ninfofile = {folder}/running\npidfile = {folder}/pid\nloglevel = 7\n"
        "delaytime = 1\ndelaytime_mainprocess = 1\nautosplit = 3\n"
        f"[GSM1]\ndevice = {network.modems[0].port}\nincoming = yes\nreport = yes\ninit2 = AT+CNMI=2,1,0,2,0\n"
    )
    # A session of its own: smsd runs a process for each modem.
    process = await asyncio.create_subprocess_exec(
        *(require("smstools"), "-t", f"-c{settings}"),
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield Smsd(folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(LIMIT):
                await process.wait()
        finally:
            end_session(process.pid)
            await process.wait()


def end_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended its processes itself, as it should


async def test_smstools_receives_and_sends_chinese_texts_in_three_parts(
    network: EmulatedNetwork, tmp_path: Path
) -> None:
    async with smsd(network, tmp_path) as daemon:
        await network.text(CITIZEN, QUESTION)
        await until(lambda: QUESTION in [text for _, text in daemon.received()], LIMIT)
        assert f"From: {CITIZEN[1:]}\n" in daemon.received()[0][0]

        daemon.send(CITIZEN, ANSWER)
        reply = await network.handset(CITIZEN).next_reply(LIMIT)
        assert (reply.text, reply.segments) == (ANSWER, 3)

        await until(lambda: len(daemon.reports()) == 3, LIMIT)
        assert all("Status: 0,Ok" in report for report in daemon.reports())
        await until(lambda: len(network.modems[0].phone.memories["SM"]) == 0, LIMIT)

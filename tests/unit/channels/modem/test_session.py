import asyncio
from datetime import UTC, datetime

import pytest

from gateway.channels.modem.pdu import Encoded
from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.session import Host, Session
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import Readings
from gateway.domain.errors import LinkDown
from gateway.domain.outcome import Accepted, Deferred
from gateway.ports import Inbound
from tests.peers.modem_line import until
from tests.peers.scripted_modem import ScriptedModem

OK = "\r\nOK\r\n"
HOW = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
WELL = dict.fromkeys(("AT", "ATE0", "ATV1", "AT+CMEE=1", "AT+CMGF=0", "AT+CSMS=0", "AT+CREG=1", "AT+COPS=3,0"), OK) | {
    "AT+CPIN?": "\r\n+CPIN: READY\r\n" + OK,
    "AT+CPMS=?": '\r\n+CPMS: ("SM"),("SM"),("SM")\r\n' + OK,
    'AT+CPMS="SM","SM","SM"': "\r\n+CPMS: 0,50,0,50,0,50\r\n" + OK,
    'AT+CPMS="SM"': "\r\n+CPMS: 0,50,0,50,0,50\r\n" + OK,
    "AT+CMGL=4": OK,
    "AT+CNMI=?": "\r\n+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\r\n" + OK,
    "AT+CNMI=2,1,0,1,0": OK,
    "AT+COPS?": "\r\n+COPS: 0\r\n" + OK,
    "AT+CSQ": "\r\n+CSQ: 20,99\r\n" + OK,
    "AT+CREG?": "\r\n+CREG: 1,1\r\n" + OK,
    "AT+CMGF?": "\r\n+CMGF: 0\r\n" + OK,
    "AT+CNMI?": "\r\n+CNMI: 2,1,0,1,0\r\n" + OK,
    "AT+CMGS=9": "\r\n> ",
    "0011": "\r\n+CMGS: 7\r\n" + OK,
}
SEGMENT = Encoded("0011", 9)


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


class Rig:
    def __init__(self) -> None:
        self.modem = ScriptedModem(dict(WELL))
        self.store_open = asyncio.Event()
        self.store_open.set()
        self.starts = 0
        settings = ModemSettings.model_validate(
            {"name": "m", "port": "/dev/null", "number": "13800000100", "command_timeout": 0.2}
        )
        host = Host(self.deliver, lambda _: None, self.started, Noon(), PinOnce())
        self.session = Session(self.modem, settings, host, Readings())
        self.running = asyncio.create_task(self.session.run())

    async def deliver(self, _: Inbound) -> None:
        await self.store_open.wait()

    def started(self) -> None:
        self.starts += 1

    async def rest(self) -> None:
        await until(lambda: self.session.idle)

    async def heard(self, command: str) -> None:
        await until(lambda: self.modem.commands[-1] == command)

    async def end(self) -> None:
        self.modem.vanish("end of test")
        assert isinstance(await self.running, LinkDown)


async def test_a_segment_is_one_command_one_prompt_one_text() -> None:
    rig = Rig()
    await rig.rest()
    rig.modem.commands.clear()
    assert (await rig.session.send(SEGMENT)).outcome == Accepted("7")
    assert rig.modem.commands == ["AT+CMGS=9", "0011"]
    await rig.end()


async def test_a_modem_that_started_anew_deletes_nothing_before_it_is_set_up() -> None:
    rig = Rig()
    await rig.rest()
    rig.store_open.clear()
    rig.modem.script |= {"AT+CMGR=3": f"\r\n+CMGR: 0,,28\r\n{HOW}\r\n" + OK, "AT+CMGD=3": OK}
    rig.modem.say(b'\r\n+CMTI: "SM",3\r\n')
    await rig.rest()
    del rig.modem.script["AT+CMGS=9"]
    sending = asyncio.create_task(rig.session.send(SEGMENT))
    await rig.heard("AT+CMGS=9")
    rig.store_open.set()
    for _ in range(20):  # the message is stored, and could now be deleted
        await asyncio.sleep(0)
    rig.modem.commands.clear()
    rig.modem.say(b"\r\n+CMS ERROR: 500\r\n\r\n^SYSSTART\r\n")
    assert isinstance((await sending).outcome, Deferred)
    await rig.rest()
    assert rig.starts == 2
    assert "AT+CMGD=3" not in rig.modem.commands
    await rig.end()


async def test_what_waits_when_the_line_ends_is_deferred() -> None:
    rig = Rig()
    await rig.rest()
    del rig.modem.script["AT+CMGS=9"]
    waiting = [asyncio.create_task(rig.session.send(SEGMENT)) for _ in range(3)]
    await rig.heard("AT+CMGS=9")
    await rig.end()
    async with asyncio.timeout(5):  # at once, and not when each loses its patience
        assert [type((await each).outcome) for each in waiting] == [Deferred] * 3
    assert not rig.session.idle
    assert not rig.session.started


async def test_the_end_of_the_owner_leaves_nobody_waiting() -> None:
    rig = Rig()
    await rig.rest()
    del rig.modem.script["0011"]
    sending = asyncio.create_task(rig.session.send(SEGMENT))
    await rig.heard("0011")
    rig.running.cancel()
    assert type((await sending).outcome).__name__ == "Uncertain"
    with pytest.raises(asyncio.CancelledError):
        await rig.running

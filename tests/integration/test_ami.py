"""The manager's client against a peer that does what a real one seldom does, and what its library makes of it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from pydantic import SecretStr

from gateway.channels.asterisk import ami
from gateway.channels.asterisk.ami import Account, ControlPlane, Denied, Session, SwitchState
from gateway.domain.errors import LinkDown
from tests.peers.hotline import until

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
Answer = Callable[[dict[str, str]], bytes | None]


def usual(action: dict[str, str]) -> bytes:
    """Answer as Asterisk does."""
    name = action["Action"]
    keys = {
        "CoreSettings": {"AsteriskVersion": "22.10.1"},
        "CoreStatus": {"CoreCurrentCalls": "3"},
    }.get(name, {})
    if name in ("QueueSummary", "DeviceStateList", "PJSIPShowRegistrationsOutbound"):
        start = pack("Response", "Success", action, EventList="start")
        entry = pack("Event", "QueueSummary", action, Queue="operators", Callers="2", LoggedIn="1", Available="0")
        return start + entry + pack("Event", f"{name}Complete", action, EventList="Complete", ListItems="1")
    return pack("Response", "Success", action, **keys)


def pack(kind: str, value: str, action: dict[str, str], **keys: str) -> bytes:
    lines = [f"{kind}: {value}", f"ActionID: {action['ActionID']}", *(f"{name}: {keys[name]}" for name in keys)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Manager:
    """A manager that says what its script says; None: it closes the connection."""

    def __init__(self) -> None:
        self.answer: Answer = usual
        self.greeting = GREETING
        self.actions: list[dict[str, str]] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def account(self) -> Account:
        return Account("127.0.0.1", self._server.getsockname()[1], "gateway", SecretStr("secret"))

    def cut(self) -> None:
        """Close all connections."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as lines:
            connection.sendall(self.greeting)
            action: dict[str, str] = {}
            for line in lines:
                name, _, value = line.decode().strip().partition(": ")
                if name:
                    action[name] = value
                    continue
                self.actions.append(action)
                if (said := self.answer(action)) is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                connection.sendall(said)
                action = {}


@pytest.fixture
def manager() -> Iterator[Manager]:
    peer = Manager()
    yield peer
    peer.close()


@pytest.fixture
def control(manager: Manager) -> Iterator[ControlPlane]:
    with ControlPlane(manager.account, every=0.05, again=0.05) as plane:
        yield plane


async def shows(control: ControlPlane, what: Callable[[SwitchState], bool]) -> SwitchState:
    async with asyncio.timeout(10):
        await until(lambda: what(control.state))
    return control.state


async def test_it_shows_what_is_said(control: ControlPlane) -> None:
    state = await shows(control, lambda state: state.up)
    assert (state.version, state.channels) == ("22.10.1", 3)
    assert state.plain["queues"] == {"operators": [2, 1, 0]}


async def test_a_silent_switch_is_left_and_tried_again(
    manager: Manager, control: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami, "PATIENCE", 0.2)
    await shows(control, lambda state: state.up)
    manager.answer = lambda _: b""
    state = await shows(control, lambda state: not state.up)
    assert state.error == "the switch's manager does not answer"
    manager.answer = usual
    await shows(control, lambda state: state.up)


@pytest.mark.parametrize("goes", [False, True])
async def test_who_no_longer_waits_for_a_call_back_ends_nothing(
    manager: Manager, control: ControlPlane, *, goes: bool
) -> None:
    await shows(control, lambda state: state.up)
    for call in [control.ring_back("13800000005") for _ in range(20)]:
        call.cancel()
    if goes:
        manager.cut()
        await shows(control, lambda state: not state.up)
    before = len(manager.actions)
    async with asyncio.timeout(10):
        await until(lambda: len(manager.actions) > before + 5)
    await shows(control, lambda state: state.up)


async def test_a_cut_connection_is_made_anew(manager: Manager, control: ControlPlane) -> None:
    await shows(control, lambda state: state.up)
    before = manager.connections
    manager.cut()
    async with asyncio.timeout(10):
        await until(lambda: manager.connections > before and control.state.up)


@pytest.mark.parametrize(
    "greeting",
    [b"SSH-2.0-OpenSSH\r\n", b"\xff\xfe\r\n", b"\r\n", b"Asterisk Call Manager/x\r\n"],
)
async def test_another_service_at_that_port_costs_no_thread(manager: Manager, greeting: bytes) -> None:
    manager.greeting = greeting
    with ControlPlane(manager.account, every=0.05, again=0.05) as control:
        state = await shows(control, lambda state: state.error != "not asked yet")
        assert not state.up
        manager.greeting = GREETING
        await shows(control, lambda state: state.up)


@pytest.mark.parametrize(
    "noise",
    [
        b"Response Success\r\n\r\n",
        b"Response: \r\n\r\n",
        b"Event\r\n\r\n",
        b"Event: \r\nChanVariable: x\r\n\r\n",
        b"Response: Success\r\nno colon at all\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"Response: Success\r\nActionID: 99999\r\n\r\n",
        b"Event: FullyBooted\r\nActionID: x\r\n\r\n",
    ],
)
async def test_noise_is_outlived(manager: Manager, noise: bytes) -> None:
    manager.answer = lambda action: noise + usual(action)
    with ControlPlane(manager.account, every=0.05, again=0.05) as control:
        await shows(control, lambda state: state.error != "not asked yet")
        manager.answer = usual
        await shows(control, lambda state: state.up)


async def test_goodbye_is_an_end_like_another(manager: Manager, control: ControlPlane) -> None:
    await shows(control, lambda state: state.up)
    before = manager.connections
    manager.answer = lambda action: pack("Response", "Goodbye", action)
    async with asyncio.timeout(10):
        await until(lambda: manager.connections > before)
    manager.answer = usual
    await shows(control, lambda state: state.up)


async def test_a_version_that_must_not_be_used(manager: Manager) -> None:
    manager.answer = lambda action: usual(action).replace(b"22.10.1", b"20.9.1")
    with ControlPlane(manager.account, every=0.05, again=0.05) as control:
        state = await shows(control, lambda state: "CVE-2024-42365" in state.error)
        assert not state.up
        with pytest.raises(LinkDown, match="CVE-2024-42365"):
            await asyncio.wrap_future(control.ring_back("13800000005"))
    assert not [action for action in manager.actions if action["Action"] not in ("Login", "CoreSettings")]


async def test_a_call_that_the_switch_refuses(manager: Manager, control: ControlPlane) -> None:
    await shows(control, lambda state: state.up)
    manager.answer = lambda action: (
        pack("Response", "Error", action, Message="no") if action["Action"] == "Originate" else usual(action)
    )
    with pytest.raises(Denied, match="no"):
        await asyncio.wrap_future(control.ring_back("13800000005"))
    assert control.state.up


async def test_a_call_under_way_when_the_switch_goes_is_told(manager: Manager, control: ControlPlane) -> None:
    await shows(control, lambda state: state.up)
    manager.answer = lambda action: None if action["Action"] == "Originate" else usual(action)
    with pytest.raises(LinkDown, match="may ring or not"):
        await asyncio.wrap_future(control.ring_back("13800000005"))
    await shows(control, lambda state: state.up)


@pytest.mark.parametrize("value", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b", "a\u2028b"])
async def test_no_value_becomes_a_header(manager: Manager, value: str) -> None:
    session = await asyncio.to_thread(Session, manager.account)
    try:
        with pytest.raises(ValueError, match="control characters"):
            session.ask("Originate", Channel=value)
    finally:
        await asyncio.to_thread(session.close)
    assert [action["Action"] for action in manager.actions] == ["Login"]


async def test_no_thread_is_left(manager: Manager) -> None:
    before = threading.active_count()
    with ControlPlane(manager.account, every=0.05, again=0.05) as control:
        await shows(control, lambda state: state.up)
        for _ in range(3):
            manager.cut()
            await shows(control, lambda state: not state.up)
            await shows(control, lambda state: state.up)
    manager.cut()
    async with asyncio.timeout(10):
        await until(lambda: threading.active_count() <= before + manager.connections)
    assert not [thread for thread in threading.enumerate() if "asterisk" in thread.name]

"""The switch's manager: what it tells of a real Asterisk, and that nothing which happens to it lasts."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.channels.asterisk.ami import Account, ControlPlane, Denied, Queued, SwitchState
from gateway.domain.errors import LinkDown
from gateway.emulators.caller import Phone, phone
from gateway.emulators.switch import Switch
from gateway.ivr.ports import VoiceCall
from gateway.wire.g711 import Samples
from tests.peers.hotline import Scripted, a_site, a_switch, connected, hears, hold, ring, serving, until
from tests.peers.programs import require_asterisk


def account(switch: Switch, secret: str = "") -> Account:
    return Account("127.0.0.1", switch.site.ami, "gateway", SecretStr(secret or switch.site.secret))


async def shows(control: ControlPlane, what: Callable[[SwitchState], bool]) -> SwitchState:
    async with asyncio.timeout(20):
        await until(lambda: what(control.state))
    return control.state


@pytest.fixture
def control(switch: Switch) -> Iterator[ControlPlane]:
    with ControlPlane(account(switch), every=0.2, again=0.2) as plane:
        yield plane


@pytest.mark.usefixtures("busy")
async def test_it_tells_what_the_switch_is_doing(
    switch: Switch, control: ControlPlane, sounds: dict[str, Samples], caller: Phone
) -> None:
    state = await shows(control, lambda state: state.up and state.channels == 0)
    assert state.version.startswith("22.")
    assert set(state.endpoints) == {"trunk", "operator0"}
    assert state.registrations == {}
    assert state.queues == {"operators": Queued(waiting=0, phones=1, free=1)}
    async with serving(switch, Scripted(hold)):
        first = await ring(caller, switch)
        await hears(first, sounds, "one")
        await shows(control, lambda state: state.channels == 1)
        await first.hang_up()
    call = await ring(caller, switch, number="13900000002")  # nobody serves: to the operators
    await shows(control, lambda state: state.queues["operators"].waiting == 1)
    await call.hang_up()
    await shows(control, lambda state: state.queues["operators"].waiting == 0)


async def test_a_number_is_rung_back(
    switch: Switch, control: ControlPlane, sounds: dict[str, Samples], outside: Phone
) -> None:
    async def dialogue(call: VoiceCall) -> str:
        await call.play(["two"])
        return call.caller.number

    told = Scripted(dialogue)
    await shows(control, lambda state: state.up)
    async with serving(switch, told):
        await asyncio.wrap_future(control.ring_back("13800000005"))
        answered = await connected(outside)
        assert f"<sip:{switch.site.outbound}@" in answered.caller
        await hears(answered, sounds, "two")
        assert await told.result() == "8613800000005"


async def test_a_value_with_the_end_of_a_line_is_not_sent(switch: Switch, control: ControlPlane) -> None:
    await shows(control, lambda state: state.up)
    with pytest.raises(ValueError, match="Channel: control characters"):
        await asyncio.wrap_future(control.ring_back("13800000005\r\nAction: Command"))


async def test_a_wrong_secret_is_said(switch: Switch) -> None:
    with ControlPlane(account(switch, "wrong"), every=0.2, again=0.2) as control:
        state = await shows(control, lambda state: "refused Login" in state.error)
        assert not state.up
        with pytest.raises(LinkDown, match="Authentication failed"):
            await asyncio.wrap_future(control.ring_back("13800000005"))


async def test_the_account_may_do_no_more_than_it_needs(switch: Switch) -> None:
    from gateway.channels.asterisk.ami import Session

    session = await asyncio.to_thread(Session, account(switch))
    try:
        for action, fields in {
            "Command": {"Command": "core show version"},
            "GetConfig": {"Filename": "manager.conf"},
            "Redirect": {"Channel": "x", "Context": "x", "Exten": "x", "Priority": "1"},
            "Setvar": {"Variable": "x", "Value": "y"},
            "ModuleLoad": {"LoadType": "reload"},
            "Hangup": {"Channel": "/.*/"},
            "QueueAdd": {"Queue": "operators", "Interface": "PJSIP/x"},
        }.items():
            with pytest.raises(Denied, match="Permission denied"):
                await asyncio.to_thread(session.ask, action, **fields)
        for application in ("System", "SHELL", "ExternalIVR", "AGI"):
            with pytest.raises(Denied):
                await asyncio.to_thread(
                    session.ask, "Originate", Channel="Local/x@outbound", Application=application, Data="id"
                )
    finally:
        await asyncio.to_thread(session.close)


async def test_the_switch_starts_anew(tmp_path: Path, sounds: dict[str, Samples]) -> None:
    with a_switch(require_asterisk(), tmp_path, a_site()) as switch:
        with ControlPlane(account(switch), every=0.2, again=0.2) as control:
            await shows(control, lambda state: state.up)
            await asyncio.to_thread(switch.stop)
            down = await shows(control, lambda state: not state.up)
            assert down.error
            await asyncio.to_thread(switch.start)
            await shows(control, lambda state: state.up)
        told = Scripted(lambda call: call.play(["beep"]))
        async with phone() as caller, serving(switch, told):  # calls were never its business
            call = await ring(caller, switch)
            await hears(call, sounds, "beep")

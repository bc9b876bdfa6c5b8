import pytest

from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.startup import Held, Setup, choose_notifications, choose_storages, start
from gateway.domain.errors import LinkDown
from tests.peers.scripted_modem import ScriptedModem

OK = "\r\nOK\r\n"
WELL = dict.fromkeys(("AT", "ATE0", "ATV1", "AT+CMEE=1", "AT+CMGF=0", "AT+CSMS=0", "AT+CREG=1"), OK) | {
    "AT+CPIN?": "\r\n+CPIN: READY\r\n" + OK,
    "AT+CPMS=?": '\r\n+CPMS: ("ME","SM"),("ME","SM"),("SM")\r\n' + OK,
    'AT+CPMS="SM","SM","SM"': "\r\n+CPMS: 0,50,0,50,0,50\r\n" + OK,
    "AT+CNMI=?": "\r\n+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\r\n" + OK,
    "AT+CNMI=2,1,0,1,0": OK,
}
ASKS_FOR_PIN = WELL | {"AT+CPIN?": "\r\n+CPIN: SIM PIN\r\n" + OK, 'AT+CPINR="SIM PIN"': "\r\nERROR\r\n"}


def settings(**changes: object) -> ModemSettings:
    table = {"name": "m", "port": "/dev/null", "number": "13800000100", "command_timeout": 0.02}
    return ModemSettings.model_validate(table | changes)


async def test_a_well_modem_is_set_up_and_kept_quiet() -> None:
    modem = ScriptedModem(WELL)
    assert await start(modem.dialogue, settings(), PinOnce()) == Setup(("SM", "ME"), "2,1,0,1,0")
    assert modem.dialogue.mute
    assert modem.written.startswith(b"\x1bAT\r")


async def test_the_right_pin_is_entered() -> None:
    modem = ScriptedModem(ASKS_FOR_PIN | {'AT+CPIN="1234"': OK})
    trial = PinOnce()
    assert await start(modem.dialogue, settings(pin="1234"), trial)
    assert trial.may_try()  # after a power cut it may be used again


async def test_a_refused_pin_is_not_sent_twice() -> None:
    modem = ScriptedModem(ASKS_FOR_PIN | {'AT+CPIN="0000"': "\r\n+CME ERROR: 16\r\n"})
    trial = PinOnce()
    for _ in range(3):
        with pytest.raises(Held, match="PIN"):
            await start(modem.dialogue, settings(pin="0000"), trial)
    assert modem.commands.count('AT+CPIN="0000"') == 1


async def test_a_sim_with_a_try_lost_already_is_left_to_a_person() -> None:
    modem = ScriptedModem(ASKS_FOR_PIN | {'AT+CPINR="SIM PIN"': '\r\n+CPINR: "SIM PIN",2,3\r\n' + OK})
    with pytest.raises(Held, match="2 tries"):
        await start(modem.dialogue, settings(pin="0000"), PinOnce())
    assert 'AT+CPIN="0000"' not in modem.commands


async def test_without_a_pin_the_setting_is_named() -> None:
    with pytest.raises(Held, match=r'set `pin` of \[\[modem\]\] "m"'):
        await start(ScriptedModem(ASKS_FOR_PIN).dialogue, settings(), PinOnce())


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("\r\n+CPIN: SIM PUK\r\n" + OK, Held, "SIM PUK"),
        ("\r\n+CME ERROR: 10\r\n", Held, "no SIM"),
        ("\r\n+CME ERROR: 14\r\n", LinkDown, "14"),  # busy: it will be
    ],
)
async def test_a_sim_that_is_not_ready(said: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        await start(ScriptedModem(WELL | {"AT+CPIN?": said}).dialogue, settings(pin="1234"), PinOnce())


async def test_a_modem_without_pdu_mode_cannot_be_used() -> None:
    with pytest.raises(LinkDown, match=r"AT\+CMGF=0"):
        await start(ScriptedModem(WELL | {"AT+CMGF=0": "\r\nERROR\r\n"}).dialogue, settings(), PinOnce())


async def test_silence_in_the_middle_is_a_lost_line() -> None:
    script = {key: value for key, value in WELL.items() if key != "AT+CPMS=?"}
    with pytest.raises(LinkDown, match=r"AT\+CPMS"):
        await start(ScriptedModem(script).dialogue, settings(), PinOnce())


async def test_what_notification_is_refused_gives_way_to_the_next() -> None:
    script = WELL | {"AT+CNMI=?": "\r\nERROR\r\n", "AT+CNMI=2,1,0,1,0": "\r\nERROR\r\n", "AT+CNMI=2,1,0,2,0": OK}
    assert (await start(ScriptedModem(script).dialogue, settings(), PinOnce())).notify == "2,1,0,2,0"


@pytest.mark.parametrize(
    ("offered", "storages", "receives"),
    [
        ('("SM","ME","MT"),("SM","ME"),("SM","ME")', ("SM", "ME"), "SM"),
        ('("ME","SM"),("ME","SM"),("ME")', ("SM", "ME"), "ME"),
        ('("MT"),("MT"),("MT")', ("MT",), "MT"),
        ("", ("SM",), "SM"),
    ],
)
def test_storages_are_chosen_from_what_there_is(offered: str, storages: tuple[str, ...], receives: str) -> None:
    assert choose_storages(offered) == (storages, receives)


@pytest.mark.parametrize(
    ("offered", "best"),
    [
        ("(0-2),(0-3),(0,2),(0-2),(0,1)", "2,1,0,1,0"),
        ("(0,1),(0,1,2),(0,2),(0,2),(1)", "1,1,0,2,1"),
        ("(0-3),(0,1),(0),(0),(0,1)", "2,1,0,0,0"),
        ("(1,2),(0-3),(0-3),(0,1),(0,1)", "2,1,0,1,0"),
    ],
)
def test_notification_is_chosen_from_what_there_is(offered: str, best: str) -> None:
    assert choose_notifications(offered)[0] == best

"""The modem's AT interpreter: bytes in, bytes and events out."""

from datetime import UTC, datetime

import pytest

from gateway.emulators.modem.at import AtLine, Carry, Event, LatePrompt, Restarted
from gateway.emulators.modem.codec import deliver
from gateway.emulators.modem.faults import Faults
from gateway.emulators.modem.phone import Identity, Phone
from gateway.emulators.modem.storage import StorageFull

PDU = b"0031000D91683109000000F10008A70467E58BE2"  # 查 and 询 to +8613900000001, a report wanted
LENGTH = len(PDU) // 2 - 1


def a_line(**identity: object) -> AtLine:
    return AtLine(Phone(Identity(**identity), Faults()))  # type: ignore[arg-type]


def a_quiet_line(**identity: object) -> AtLine:
    """A modem after a driver's first commands: no echo, PDU mode, numeric errors, everything indicated."""
    line = a_line(**identity)
    settings = line.phone.settings
    settings.echo, settings.text_mode, settings.errors, settings.indications = False, False, 1, (2, 1, 0, 1, 0)
    return line


def said(events: list[Event]) -> bytes:
    return b"".join(event for event in events if isinstance(event, bytes))


def ask(line: AtLine, command: str) -> str:
    return said(line.feed(command.encode() + b"\r")).decode("latin-1")


def carries(events: list[Event]) -> Carry:
    (carry,) = [event for event in events if isinstance(event, Carry)]
    return carry


def a_deliver(text: str = "CX1688012345678904", *, flash: bool = False) -> bytes:
    return deliver("+8613900000001", text, datetime.now(UTC), flash=flash)


def test_a_line_is_echoed_and_answered() -> None:
    assert a_line().feed(b"AT\r") == [b"AT\r", b"\r\nOK\r\n"]


def test_what_stands_before_the_at_is_ignored() -> None:
    assert ask(a_quiet_line(), "\x1b\x1a0011AT") == "\r\nOK\r\n"
    assert ask(a_quiet_line(), "no command") == ""


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("ATE0", "OK"),
        ("ate0v1&c1&d2s0=0", "OK"),
        ("ATE0+CMEE=1;+CREG=2", "OK"),
        ("AT+CREG=0;+CREG?;+CSQ", "+CREG: 0,1|+CSQ: 24,99|OK"),
        ("AT+CPIN?", "+CPIN: READY|OK"),
        ('AT+CPIN="1234"', "+CME ERROR: 3"),
        ('AT+CPMS="ME","SM","MT"', "+CPMS: 0,100,0,50,0,150|OK"),
        ('AT+CPMS="XX"', "+CMS ERROR: 302"),
        ("AT+CNMI=2,1,0,2", "OK"),
        ("AT+CNMI=3", "+CMS ERROR: 302"),
        ("AT+CNMI=x", "+CME ERROR: 50"),
        ('AT+CSCS="UCS2"', "OK"),
        ('AT+CSCS="PETSCII"', "+CME ERROR: 50"),
        ("AT+CMGF=2", "+CME ERROR: 50"),
        ("AT+CMGL=5", "+CMS ERROR: 304"),
        ("AT+CMGR=0", "+CMS ERROR: 321"),
        ("AT+CMGR=7", "+CMS ERROR: 321"),
        ("AT+CMGD=51", "+CMS ERROR: 321"),
        ("AT+CMGD=7", "OK"),
        ("AT+CMGS=6", "+CMS ERROR: 304"),
        ('AT+CMGS="13900000001"', "+CMS ERROR: 304"),
        ("AT+CNMA", "+CMS ERROR: 340"),
        ('AT+CUSD=1,"*999#",15', "OK|+CUSD: 4"),
        ("ATD10086;", "NO CARRIER"),
        ("AT+FOO=1", "ERROR"),
        ("AT+CSQ;+FOO;+CREG?", "+CSQ: 24,99|ERROR"),
        ('AT+CPIN="1', "ERROR"),
        ("AT)(", "ERROR"),
    ],
)
def test_commands_and_their_answers(command: str, answer: str) -> None:
    assert ask(a_quiet_line(), command) == "".join(f"\r\n{line}\r\n" for line in answer.split("|"))


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        (0, "ERROR", "+CMS ERROR: 321"),
        (1, "+CME ERROR: 50", "+CMS ERROR: 321"),
        (2, "+CME ERROR: incorrect parameters", "+CMS ERROR: invalid memory index"),
    ],
)
def test_errors_are_worded_as_cmee_asks(form: int, text: str, message: str) -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMEE={form}")
    assert ask(line, "AT+CMEE=9") == f"\r\n{text}\r\n"
    assert ask(line, "AT+CMGR=0") == f"\r\n{message}\r\n"


def test_numeric_results() -> None:
    line = a_quiet_line()
    assert ask(line, "ATV0") == "0\r"
    assert ask(line, "AT+CSQ") == "+CSQ: 24,99\r\n0\r"
    assert ask(line, "AT+FOO") == "4\r"


def test_the_balance_comes_in_ucs2_when_the_alphabet_cannot_hold_it() -> None:
    line = a_quiet_line(ussd={"*100#": "余额", "*101#": "58.20"})
    assert ask(line, 'AT+CUSD=1,"*100#",15') == '\r\nOK\r\n\r\n+CUSD: 0,"4F59989D",72\r\n'
    assert ask(line, 'AT+CUSD=1,"*101#",15') == '\r\nOK\r\n\r\n+CUSD: 0,"58.20",15\r\n'
    ask(line, 'AT+CSCS="UCS2"')
    assert '"4F59989D"' in ask(line, 'AT+CUSD=1,"002A0031003000300023",15')


def test_a_message_is_sent_and_counted() -> None:
    line = a_quiet_line()
    for reference in (0, 1):
        assert ask(line, f"AT+CMGS={LENGTH}") == "\r\n> "
        carry = carries(line.feed(PDU + b"\x1a"))
        assert (carry.submit.text, carry.submit.destination, carry.submit.report) == ("查询", "+8613900000001", True)
        assert said(line.settle(carry)) == b"\r\n+CMGS: %d\r\n\r\nOK\r\n" % reference


def test_the_reference_goes_round_after_255() -> None:
    phone = a_line().phone
    assert [phone.next_reference() for _ in range(257)][-2:] == [255, 0]


def test_commands_wait_while_a_message_is_carried() -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMGS={LENGTH}")
    carry = carries(line.feed(PDU + b"\x1aAT+CSQ\r"))
    assert said(line.settle(carry)) == b"\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CSQ: 24,99\r\n\r\nOK\r\n"


def test_escape_at_the_prompt_sends_nothing() -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMGS={LENGTH}")
    assert line.feed(PDU + b"\x1b") == [b"\r\nOK\r\n"]


def test_a_command_at_the_prompt_spoils_the_pdu() -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMGS={LENGTH}")
    assert said(line.feed(b"AT+CSQ\r" + PDU + b"\x1a")) == b"\r\n+CMS ERROR: 304\r\n"


def test_text_mode_takes_no_pdu() -> None:
    line = a_quiet_line()
    ask(line, "AT+CMGF=1")
    for command in ("AT+CMGS=19", "AT+CMGL=4", "AT+CMGR=1"):
        assert ask(line, command) == "\r\n+CMS ERROR: 303\r\n"


def test_without_a_network_nothing_is_sent() -> None:
    line = a_quiet_line()
    line.phone.faults.unregistered = True
    assert ask(line, f"AT+CMGS={LENGTH}") == "\r\n+CMS ERROR: 331\r\n"
    assert ask(line, "AT+CREG?") == "\r\n+CREG: 0,2\r\n\r\nOK\r\n"
    assert ask(line, "AT+COPS?") == "\r\n+COPS: 0\r\n\r\nOK\r\n"


def test_three_wrong_pins_lock_the_sim_and_the_puk_frees_it() -> None:
    line = a_quiet_line(pin="1234", puk="87654321")
    line.phone.restart()
    ask(line, "ATE0+CMEE=1")
    assert ask(line, "AT+CPIN?") == "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"
    assert ask(line, "AT+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    assert ask(line, "AT+CIMI") == "\r\n+CME ERROR: 11\r\n"
    for left in (2, 1, 0):
        assert ask(line, 'AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
        assert line.phone.sim.tries_left == left
    assert ask(line, "AT+CPIN?") == "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n"
    assert ask(line, 'AT+CPIN="1234"') == "\r\n+CME ERROR: 12\r\n"
    assert ask(line, 'AT+CPIN="87654321","4321"') == "\r\nOK\r\n"
    assert ask(line, "AT+CPIN?") == "\r\n+CPIN: READY\r\n\r\nOK\r\n"


def test_the_right_pin_registers_and_gives_the_tries_back() -> None:
    line = a_quiet_line(pin="1234")
    ask(line, "AT+CREG=1")
    ask(line, "AT+CPIN=0000")
    assert ask(line, 'AT+CPIN="1234"') == "\r\nOK\r\n\r\n+CREG: 1\r\n"
    assert line.phone.sim.tries_left == 3


def test_an_arrival_is_stored_told_listed_and_deleted() -> None:
    line = a_quiet_line()
    tpdu = a_deliver()
    record, lines = line.phone.take(tpdu)
    assert lines == ['+CMTI: "SM",1']
    shown = f"{len(tpdu)}\r\n{line.phone.shown(tpdu)}\r\n\r\nOK\r\n"
    assert ask(line, "AT+CMGL=0") == f"\r\n+CMGL: 1,0,,{shown}"
    assert ask(line, "AT+CMGL=0") == "\r\nOK\r\n"
    assert ask(line, "AT+CMGR=1") == f"\r\n+CMGR: 1,,{shown}"
    ask(line, "AT+CMGD=1")
    assert record.deleted
    assert ask(line, "AT+CMGL=4") == "\r\nOK\r\n"


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("0,0,0,0,0", []),
        ("0,1,0,0,0", []),
        ("1,1,0,0,0", ['+CMTI: "SM",1']),
    ],
)
def test_an_arrival_is_told_as_cnmi_asks(setting: str, told: list[str]) -> None:
    line = a_quiet_line()
    ask(line, f"AT+CNMI={setting}")
    record, lines = line.phone.take(a_deliver())
    assert lines == told
    assert record.unread


def test_an_arrival_is_routed_past_the_storage_and_acknowledged() -> None:
    line = a_quiet_line()
    ask(line, "AT+CSMS=1;+CNMI=2,2,0,1,0")
    tpdu = a_deliver()
    _, lines = line.phone.take(tpdu)
    assert lines == [f"+CMT: ,{len(tpdu)}\r\n{line.phone.shown(tpdu)}"]
    assert ask(line, "AT+CNMA") == "\r\nOK\r\n"
    assert ask(line, "AT+CMGL=4") == "\r\nOK\r\n"


@pytest.mark.parametrize(("ds", "start"), [(0, ""), (1, "+CDS: 9\r\n"), (2, '+CDSI: "SM",1')])
def test_a_receipt_is_told_as_cnmi_asks(ds: int, start: str) -> None:
    line = a_quiet_line()
    ask(line, f"AT+CNMI=2,1,0,{ds},0")
    lines = line.phone.take_report(b"\x06" + bytes(8))
    assert [told.startswith(start) for told in lines] == ([True] if ds else [])


def test_a_full_storage_takes_nothing() -> None:
    line = a_quiet_line(sim_slots=1)
    line.phone.take(a_deliver())
    with pytest.raises(StorageFull):
        line.phone.take(a_deliver())
    line.phone.faults.storage_full = True
    ask(line, "AT+CMGD=1")
    assert ask(line, "AT+CPMS?").startswith('\r\n+CPMS: "SM",1,1')
    with pytest.raises(StorageFull):
        line.phone.take(a_deliver())


def test_unsolicited_lines_wait_for_the_end_of_a_pdu() -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMGS={LENGTH}")
    assert line.notify(['+CMTI: "SM",1']) == []
    assert said(line.feed(b"\x1b")) == b'\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'


def test_a_restart_loses_every_setting_and_the_answer_under_way() -> None:
    line = a_quiet_line()
    line.phone.take(a_deliver())
    ask(line, f"AT+CMGS={LENGTH}")
    carry = carries(line.feed(PDU + b"\x1a"))
    events = line.restart()
    assert events[0] == Restarted()
    assert b"^SYSSTART" in said(events)
    assert line.settle(carry) == []
    assert ask(line, "AT+CNMI?") == "AT+CNMI?\r\r\n+CNMI: 0,0,0,0,0\r\n\r\nOK\r\n"
    assert ask(line, "AT+CMGF?").endswith("+CMGF: 1\r\n\r\nOK\r\n")
    assert len(line.phone.memories["SM"]) == 1


def test_cfun_restarts_it() -> None:
    line = a_quiet_line()
    events = line.feed(b"AT+CFUN=1,1\r")
    assert said(events).startswith(b"\r\nOK\r\n\r\n^SYSSTART")
    assert Restarted() in events


# Faults


def test_a_refused_pdu_as_often_as_wished() -> None:
    line = a_quiet_line()
    line.phone.faults.cms_error, line.phone.faults.cms_error_times = 21, 1
    ask(line, f"AT+CMGS={LENGTH}")
    assert line.feed(PDU + b"\x1a") == [b"\r\n+CMS ERROR: 21\r\n"]
    ask(line, f"AT+CMGS={LENGTH}")
    assert carries(line.feed(PDU + b"\x1a")).reference == 0


def test_a_late_prompt_takes_the_next_command_for_text() -> None:
    line = a_quiet_line()
    line.phone.faults.prompt_delay = 5.0
    assert line.feed(b"AT+CMGS=%d\r" % LENGTH) == [LatePrompt(5.0)]
    assert line.feed(b"AT+CSQ\r") == []
    assert line.prompt() == [b"\r\n> "]
    assert line.feed(b"AT\r") == []
    assert line.feed(b"\x1b") == [b"\r\nOK\r\n"]
    assert line.prompt() == []


def test_a_missing_prompt_still_waits_for_a_pdu() -> None:
    line = a_quiet_line()
    line.phone.faults.no_prompt_times = 1
    assert line.feed(b"AT+CMGS=%d\r" % LENGTH) == []
    assert carries(line.feed(PDU + b"\x1a")).submit.text == "查询"


def test_lines_fall_into_commands_and_behind_prompts() -> None:
    line = a_quiet_line()
    line.phone.settings.echo = True
    faults = line.phone.faults
    faults.urc_before_answer, faults.urc_before_pdu, faults.garbage = b"RING \xff\xfe", b'+CMTI: "SM",3', b"\x00\x80"
    assert said(line.feed(b"AT\r")) == b"AT\r\x00\x80\r\nRING \xff\xfe\r\n\r\nOK\r\n"
    assert said(line.feed(b"AT+CMGS=%d\r" % LENGTH)).endswith(b'\r\n> \r\n+CMTI: "SM",3\r\n')


def test_an_echo_that_ends_twice() -> None:
    line = a_line()
    line.phone.faults.echo_twice_returned = True
    assert said(line.feed(b"AT\r")) == b"AT\r\r\n\r\nOK\r\n"


def test_a_carried_message_may_go_untold() -> None:
    line = a_quiet_line()
    ask(line, f"AT+CMGS={LENGTH}")
    carry = carries(line.feed(PDU + b"\x1a"))
    assert line.settle(carry, tell=False) == []
    assert ask(line, "AT") == "\r\nOK\r\n"


def test_switches_are_thrown_by_name_and_all_or_none() -> None:
    faults = Faults()
    faults.change({"delay": 1, "urc_before_answer": "RING ÿ", "silent": True})
    assert (faults.delay, faults.urc_before_answer, faults.silent) == (1.0, b"RING \xff", True)
    with pytest.raises(ValueError, match="no fault is called 'quiet'"):
        faults.change({"silent": False, "quiet": True})
    with pytest.raises(ValueError, match="silent takes bool, not 0"):
        faults.change({"delay": 2.0, "silent": 0})
    assert (faults.delay, faults.silent) == (1.0, True)
    faults.clear()
    assert faults == Faults()


def test_the_line_forgets_what_no_command_can_be() -> None:
    line = a_quiet_line()
    line.feed(b"A" * 100_000)
    assert len(line._input) <= 2048
    assert ask(line, "\rAT").endswith("\r\nOK\r\n")

import asyncio

import pytest

from gateway.channels.modem.at import Booted, Echo, Final, Stored
from gateway.channels.modem.dialogue import Reset, Silence
from gateway.domain.errors import LinkDown
from tests.peers.scripted_modem import ScriptedModem

SHORT = 0.01  # seconds; for the silences that a test wants
LONG = 5.0
IN_STEP = {"AT+CMGF?": "\r\n+CMGF: 0\r\n\r\nOK\r\n"}


async def test_an_answer_is_its_lines_and_its_end() -> None:
    modem = ScriptedModem({"AT+CSQ": "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"})
    answer = await modem.dialogue.command("AT+CSQ", LONG)
    assert (answer.lines, answer.final, answer.after("+CSQ:")) == (("+CSQ: 20,99",), Final(ok=True), "20,99")


async def test_a_notification_in_mid_answer_goes_its_own_way() -> None:
    modem = ScriptedModem({"AT+CMGR=1": '\r\n+CMGR: 1,,3\r\n\r\n+CMTI: "SM",7\r\n\r\n001122\r\n\r\nRING\r\n\r\nOK\r\n'})
    answer = await modem.dialogue.command("AT+CMGR=1", LONG)
    assert answer.lines == ("+CMGR: 1,,3", "001122")
    assert modem.events == [Stored("SM", 7)]


async def test_silence_is_told_and_leaves_nothing_waiting() -> None:
    modem = ScriptedModem()
    with pytest.raises(Silence, match=r"AT\+CSQ in 0.01 s"):
        await modem.dialogue.command("AT+CSQ", SHORT)
    assert not modem.dialogue.waiting
    assert modem.written.endswith(b"\x1b")


async def test_a_cancelled_command_leaves_nothing_waiting() -> None:
    modem = ScriptedModem()
    task = asyncio.create_task(modem.dialogue.command("AT+CSQ", LONG))
    await asyncio.sleep(0)
    assert modem.commands == ["AT+CSQ"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not modem.dialogue.waiting
    assert modem.written.endswith(b"\x1b")


async def test_two_commands_at_once_are_a_mistake_of_ours() -> None:
    modem = ScriptedModem()
    task = asyncio.create_task(modem.dialogue.command("AT", SHORT))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="one owner"):
        await modem.dialogue.command("AT", LONG)
    with pytest.raises(Silence):
        await task


async def test_the_secret_in_a_command_is_not_told_when_it_fails() -> None:
    modem = ScriptedModem()
    with pytest.raises(Silence) as silence:
        await modem.dialogue.command('AT+CPIN="1234"', SHORT)
    assert "1234" not in str(silence.value)


async def test_after_a_silence_step_is_found_before_the_next_command() -> None:
    modem = ScriptedModem({"AT+CSQ": "\r\nOK\r\n"} | IN_STEP)
    with pytest.raises(Silence):
        await modem.dialogue.command("AT+CREG?", SHORT)
    # Its answer comes after all, with the one to the question that finds step.
    modem.say(b"\r\n+CREG: 1,1\r\n")
    modem.script["AT+CMGF?"] = "\r\nOK\r\n" + IN_STEP["AT+CMGF?"]
    assert (await modem.dialogue.command("AT+CSQ", LONG)).lines == ()
    assert modem.commands == ["AT+CREG?", "AT+CMGF?", "AT+CSQ"]


async def test_the_late_answer_to_a_send_ends_no_other_command() -> None:
    modem = ScriptedModem({"AT+CMGS=2": "\r\n> "} | IN_STEP)
    assert await modem.dialogue.prompt("AT+CMGS=2", LONG) is None
    with pytest.raises(Silence):
        await modem.dialogue.text("AT+CMGS=2", "0011", SHORT)
    modem.script["AT+CMGD=4"] = "\r\n+CMGS: 17\r\n\r\nOK\r\n\r\nERROR\r\n"
    assert not (await modem.dialogue.command("AT+CMGD=4", LONG)).ok


async def test_an_old_ok_is_not_the_answer_to_a_question() -> None:
    modem = ScriptedModem({"AT+CPIN?": "\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n"})
    assert (await modem.dialogue.ask("AT+CPIN?", LONG)).after("+CPIN:") == "READY"


async def test_an_old_ok_is_not_the_refusal_of_a_prompt() -> None:
    modem = ScriptedModem({"AT+CMGS=2": "\r\nOK\r\n\r\n> ", "0011": "\r\n+CMGS: 9\r\n\r\nOK\r\n"})
    assert await modem.dialogue.prompt("AT+CMGS=2", LONG) is None
    assert (await modem.dialogue.text("AT+CMGS=2", "0011", LONG)).after("+CMGS:") == "9"
    assert modem.written == b"AT+CMGS=2\r0011\x1a"


async def test_an_error_in_the_place_of_the_prompt_is_returned() -> None:
    modem = ScriptedModem({"AT+CMGS=2": "\r\n+CMS ERROR: 302\r\n"})
    assert await modem.dialogue.prompt("AT+CMGS=2", LONG) == Final(ok=False, family="CMS", code=302)


async def test_a_prompt_nobody_waits_for_is_left_at_once() -> None:
    modem = ScriptedModem(dict(IN_STEP))
    modem.say(b"\r\n> ")
    assert modem.written == b"\x1b"
    modem.script["AT+CSQ"] = "\r\n+CSQ: 9,0\r\n\r\nOK\r\n"
    assert (await modem.dialogue.ask("AT+CSQ", LONG)).after("+CSQ:") == "9,0"
    assert modem.commands == ["AT+CMGF?", "AT+CSQ"]


async def test_a_late_prompt_ends_the_command_that_it_would_swallow() -> None:
    modem = ScriptedModem({"AT+CMGD=1": "\r\n> "})
    with pytest.raises(Silence, match="prompt"):
        await modem.dialogue.command("AT+CMGD=1", LONG)
    assert modem.written == b"AT+CMGD=1\r\x1b"


async def test_echo_before_the_prompt_means_another_mode_and_the_text_stays_here() -> None:
    modem = ScriptedModem({"AT+CMGS=2": "AT+CMGS=2\r\r\n> "})
    modem.dialogue.mute = True
    with pytest.raises(Reset):
        await modem.dialogue.prompt("AT+CMGS=2", LONG)
    assert modem.written == b"AT+CMGS=2\r\x1b"
    assert modem.events == [Echo("AT+CMGS=2")]


async def test_echo_while_it_was_never_put_off_is_nothing() -> None:
    modem = ScriptedModem({"ATE0": "ATE0\r\r\nOK\r\n"})
    assert (await modem.dialogue.command("ATE0", LONG)).ok
    assert modem.events == []


async def test_a_start_in_mid_command_ends_the_wait() -> None:
    modem = ScriptedModem({"AT+CSQ": "\r\n^SYSSTART\r\n"})
    with pytest.raises(Silence, match="anew"):
        await modem.dialogue.command("AT+CSQ", LONG)
    assert modem.events == [Booted("^SYSSTART")]


async def test_text_mode_is_noticed_while_finding_step_and_the_command_is_not_sent() -> None:
    modem = ScriptedModem({"AT+CMGF?": "\r\n+CMGF: 1\r\n\r\nOK\r\n"})
    with pytest.raises(Silence):
        await modem.dialogue.command("AT+CREG?", SHORT)
    with pytest.raises(Reset):
        await modem.dialogue.command("AT+CMGD=1", LONG)
    assert modem.events == [Booted("text mode")]
    assert "AT+CMGD=1" not in modem.commands


async def test_a_lost_port_ends_the_wait_and_every_further_one() -> None:
    modem = ScriptedModem()
    task = asyncio.create_task(modem.dialogue.command("AT", LONG))
    await asyncio.sleep(0)
    modem.vanish("unplugged")
    with pytest.raises(LinkDown, match="unplugged"):
        await task
    with pytest.raises(LinkDown, match="unplugged"):
        await modem.dialogue.command("AT", LONG)
    assert modem.losses == 1
    assert not modem.dialogue.waiting


@pytest.mark.parametrize("command", ["AT+CMGS=1\rAT", "AT\x1a", "AT\x1b", 'AT+CUSD=1,"ｘ"', "CMGS"])
async def test_what_is_not_one_command_is_never_written(command: str) -> None:
    modem = ScriptedModem()
    with pytest.raises(ValueError, match="not one AT command"):
        await modem.dialogue.command(command, LONG)
    assert modem.written == b""
    assert not modem.dialogue.waiting


async def test_attention_leaves_a_prompt_of_somebody_killed() -> None:
    modem = ScriptedModem({"AT": "\r\nOK\r\n"})
    await modem.dialogue.attention(LONG)
    assert modem.written == b"\x1bAT\r"

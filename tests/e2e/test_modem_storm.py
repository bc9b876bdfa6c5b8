"""Everything at once: whatever a modem does, the outcomes are true and no text is lost."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from gateway.channels.modem.quarantine import Quarantine
from gateway.domain.outcome import Accepted, Deferred, Outcome
from gateway.emulators.modem import EmulatedModem
from tests.peers.modem_line import CITIZEN, ModemLine, a_submission, modem_line, until

SENDS = TEXTS = 40


def trouble(modem: EmulatedModem, chance: random.Random) -> None:
    """Let one thing go wrong."""
    match chance.randrange(9):
        case 0:
            modem.restart()
        case 1:
            modem.phone.restart()
        case 2:
            modem.unplug_for(0.02)
        case 3:
            modem.switch(no_prompt_times=1)
        case 4:
            modem.switch(silent_after_pdu_times=1)
        case 5:
            modem.switch(cms_error=42, cms_error_times=1)
        case 6:
            modem.switch(prompt_delay=chance.choice([0.02, 0.3]))
        case 7:
            modem.switch(garbage=b"\xff\xfe\x00(")
        case 8:
            modem.switch(urc_before_pdu=b'+CMTI: "SM",1', urc_before_answer=b"RING")


async def send_all(line: ModemLine, chance: random.Random) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for number in range(SENDS):
        await until(lambda: line.channel.ready)
        if chance.random() < 0.5:
            trouble(line.modem, chance)
        text = f"答复 {number}"
        outcomes[text] = await line.channel.send(a_submission(text))
        line.modem.faults.clear()
        line.channel._quarantine = Quarantine()  # its time is no matter of this test
    return outcomes


async def ask_all(line: ModemLine, chance: random.Random) -> list[str]:
    texts = [f"question {number}" for number in range(TEXTS)]
    for text in texts:
        await line.network.text(CITIZEN, text)
        await asyncio.sleep(chance.uniform(0, 0.05))
    return texts


@pytest.mark.parametrize("seed", range(3))
async def test_outcomes_are_true_and_no_text_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with modem_line(
        tmp_path, prompt_timeout=0.1, submit_timeout=0.2, command_timeout=1, sweep_interval=0.5
    ) as line:
        outcomes, texts = await asyncio.gather(send_all(line, chance), ask_all(line, random.Random(seed)))
        await line.shelf.until(lambda shelf: set(shelf.texts) >= set(texts))
        got = Counter(segment.text for segment in line.network.handset(CITIZEN).segments)
        for text, outcome in outcomes.items():
            match outcome:
                case Accepted():
                    assert got[text] == 1
                case Deferred():
                    assert got[text] == 0
                case _:
                    assert got[text] <= 1
        assert set(got) <= set(outcomes)
        assert set(line.shelf.texts) == set(texts)
        assert not line.shelf.undecodable
        assert {type(outcome).__name__ for outcome in outcomes.values()} >= {"Accepted", "Deferred"}

"""What a citizen hears of every type and verdict, word for word: the table in `verdicts.md`."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.calendar import local, today
from gateway.domain.code import record_type
from gateway.domain.verdict import Verdict
from tests.builders.city import VERDICTS
from tests.builders.verdicts import KEYS, LINES, UNKEYED, WHO, Aloud, Moments, filled
from tests.peers.site import Site, a_site

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of asking the whole table, by SMS and by telephone, within one day."""

    day: date
    silent_since: datetime
    texts: list[dict[str, Any]]
    calls: list[dict[str, Any]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    for _ in range(2):
        day = today(datetime.now(UTC))
        told = ask_everything(tmp_path_factory.mktemp("city"), day)
        if today(datetime.now(UTC)) == day:
            return told
    raise AssertionError("two midnights in a row")


def ask_everything(folder: Path, day: date) -> Answers:
    """Load the city; ask the table of it by SMS, and of a copy of it by telephone."""
    by_text = a_site(folder, f"sqlite:///{folder}/text.db")
    by_text.keys.make_missing()
    for name, key in KEYS.items():
        (folder / "keys" / name).write_text(key)
    for command in (("db", "upgrade"), ("sample", "load")):
        done = by_text.run(*command)
        assert done.returncode == 0, done.stderr
    shutil.copy(folder / "text.db", folder / "call.db")
    with closing(sqlite3.connect(folder / "text.db")) as database:
        [[beat]] = database.execute("SELECT heartbeat_at FROM sources WHERE name = 'station-hainan'")
    texts = asked(by_text, folder, "sms")
    by_call = a_site(folder, f"sqlite:///{folder}/call.db")
    return Answers(day, datetime.fromisoformat(beat).replace(tzinfo=UTC), texts, asked(by_call, folder, "voice"))


def asked(site: Site, folder: Path, channel: str) -> list[dict[str, Any]]:
    questions = folder / "questions.jsonl"
    questions.write_text(
        "\n".join(json.dumps({"text": line.sent, "from": WHO[line.who], "channel": channel}) for line in LINES)
    )
    done = site.run("ask", "--jsonl", questions)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("place", range(len(LINES)), ids=lambda place: f"{LINES[place].type}: {LINES[place].situation}")
def test_a_line_of_the_table(answers: Answers, place: int) -> None:
    line = LINES[place]
    text, call = answers.texts[place], answers.calls[place]
    [answer] = text["answers"]
    assert answer["verdict"] == line.verdict
    [reply] = text["replies"]
    assert reply["text"] == filled(line.text, moments(answers, answer))
    assert reply["segments"] == 1
    if line.heard != UNKEYED:
        [answer] = call["answers"]
        assert answer["verdict"] == line.verdict
        assert call["spoken"] == filled(line.heard, Aloud(moments(answers, answer)))


def moments(answers: Answers, answer: dict[str, Any]) -> Moments:
    named = {"断报": f"{local(answers.silent_since):%m-%d %H:%M}"}
    if answer["first_queried_at"]:
        first = local(datetime.fromisoformat(answer["first_queried_at"]))
        named |= {"首次": f"{first:%Y-%m-%d %H:%M}", "首次短": f"{first:%m-%d %H:%M}"}
    return Moments(answers.day, named)


def test_the_table_has_every_verdict_that_each_type_can_have() -> None:
    shown: dict[str, set[Verdict]] = {kind: set() for kind in VERDICTS}
    for line in LINES:
        key = re.sub(r"^(CX|电梯)", "", line.sent)
        kind = "lift" if line.sent.startswith("电梯") else record_type(key) or ("vehicle" if "蒙" in key else None)
        if kind is not None:
            shown[kind].add(Verdict(line.verdict))
    assert shown == VERDICTS
    spoken_of = {Verdict(line.verdict) for line in LINES} | {Verdict.RATE_LIMITED, Verdict.UNAVAILABLE}
    assert spoken_of == set(Verdict)

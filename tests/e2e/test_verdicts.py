"""What a citizen hears of every type and verdict, word for word: the table in `verdicts.md`."""

import json
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.domain.calendar import local, today
from gateway.domain.code import record_type
from gateway.domain.verdict import Verdict
from gateway.text import spoken
from tests.builders.city import VERDICTS
from tests.peers.site import Site, a_site

pytestmark = pytest.mark.timeout(240)

TABLE: Final = Path(__file__).with_name("verdicts.md")
# The codes in the table are what these keys make of the city's labels.
KEYS: Final = {
    "codes-v1.key": bytes(range(16)).hex(),
    "label.key": bytes(range(16, 32)).hex() * 2,
}
WHO: Final = {"甲": "13800000001", "乙": "13800000002"}
UNKEYED: Final = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the table, and what is to come of it."""

    type: str
    situation: str
    who: str
    sent: str
    verdict: str
    text: str
    heard: str


def lines() -> list[Line]:
    found: list[Line] = []
    heading = ""
    for row in TABLE.read_text("utf-8").splitlines():
        if row.startswith("## "):
            heading = row.removeprefix("## ")
        elif row.startswith("| ") and not row.startswith(("| 情形 |", "| --- |")):
            found.append(Line(heading, *(cell.strip() for cell in row.strip("|").split("|"))))
    return found


LINES: Final = lines()


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


@dataclass(frozen=True, slots=True)
class Moments:
    """What the table's placeholders stand for."""

    day: date
    named: Mapping[str, str]

    def __call__(self, placeholder: str) -> str:
        if placeholder in self.named:
            return self.named[placeholder]
        offset, unit = re.fullmatch(r"([+-]\d+)(天短|天|月)", placeholder).groups()  # type: ignore[union-attr]
        if unit == "月":
            year, month = divmod(self.day.year * 12 + self.day.month - 1 + int(offset), 12)
            return f"{year:04}-{month + 1:02}"
        day = self.day + timedelta(days=int(offset))
        return f"{day:%m-%d}" if unit == "天短" else day.isoformat()


@dataclass(frozen=True, slots=True)
class Aloud:
    """The same, as it is said."""

    moments: Moments

    def __call__(self, placeholder: str) -> str:
        written = self.moments(placeholder)
        return spoken.moment(written) if " " in written else spoken.date(written)


def moments(answers: Answers, answer: dict[str, Any]) -> Moments:
    named = {"断报": f"{local(answers.silent_since):%m-%d %H:%M}"}
    if answer["first_queried_at"]:
        first = local(datetime.fromisoformat(answer["first_queried_at"]))
        named |= {"首次": f"{first:%Y-%m-%d %H:%M}", "首次短": f"{first:%m-%d %H:%M}"}
    return Moments(answers.day, named)


def filled(cell: str, meaning: Moments | Aloud) -> str:
    return re.sub(r"\{(.+?)\}", lambda found: meaning(found[1]), cell)


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

"""Every verdict of bottles, cylinders and lifts, asked over a real line and heard word for word; nothing like it is."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from gateway.domain.calendar import local, today
from gateway.emulators.caller import phone, transcript
from gateway.wire.g711 import RATE, Samples
from tests.builders.verdicts import LINES, Aloud, Line, Moments, filled
from tests.peers import correlation
from tests.peers.town import LIBRARY, PATIENCE, Town, a_town, calling, clip

pytestmark = pytest.mark.timeout(400)

ASKED: Final = [line for line in LINES if line.type in ("白酒", "液化气瓶", "电梯")]
AT_ONCE: Final = 10
SOON: Final = 10  # seconds from the first key of a code in which the verdict is heard
OUR_TURN: Final = 3.0  # seconds without a word: half of what the menu waits, and more than a busy machine pauses
_MENU: Final = "重听请按一。"
_PHONE_FIRST: Final = "应急电话零四七三，零零零，零零零零。"  # of a lift out of order, before the verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What one caller heard, from the last key on, and when he asked."""

    samples: Samples
    began: datetime
    day: date


def key_of(line: Line) -> str:
    return re.sub(r"\D", "", line.sent)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[Line, Answer]:
    return asyncio.run(ask_all(tmp_path_factory.mktemp("town")))


async def ask_all(folder: Path) -> dict[Line, Answer]:
    """Ask all lines, those of one code one after the other and the codes side by side."""
    by_code: dict[str, list[Line]] = defaultdict(list)
    for line in ASKED:
        by_code[key_of(line)].append(line)
    heard: dict[Line, Answer] = {}
    places = asyncio.Semaphore(AT_ONCE)
    async with a_town(folder) as (town, modems), town.serving(modems):

        async def ask(number: int, lines: list[Line]) -> None:
            async with places:
                for line in lines:
                    who = f"13{'甲乙'.index(line.who) + 6}{number:08}"
                    heard[line] = await asked(town, line, who)

        async with asyncio.TaskGroup() as tasks:
            for number, lines in enumerate(by_code.values()):
                tasks.create_task(ask(number, lines))
    return heard


async def asked(town: Town, line: Line, number: str) -> Answer:
    """Ring, key all at once as who knows the menu, and listen until it is one's turn."""
    async with phone() as mine, calling(mine, town, number) as caller:
        began = datetime.now(UTC)
        await caller.presses(("2" if line.type == "电梯" else "1") + key_of(line))
        silenced = caller.call.sound.pressed[1][1]  # by its first key the prompt ends
        await caller.call.heard.more(0.1, within=20)
        assert await caller.call.quiet(OUR_TURN, within=PATIENCE)
        return Answer(caller.call.heard.between(silenced), began, today(began))


def expected(line: Line, answer: Answer, first: datetime) -> list[str]:
    shown = local(first)
    named = {"首次": f"{shown:%Y-%m-%d %H:%M}", "首次短": f"{shown:%m-%d %H:%M}"}
    said = filled(line.heard, Aloud(Moments(answer.day, named)))
    return re.findall(r"[^。]+。", said)


@pytest.mark.parametrize("line", ASKED, ids=lambda line: f"{line.type}: {line.situation}")
def test_it_is_heard(answers: dict[Line, Answer], line: Line) -> None:
    answer = answers[line]
    first = next(answers[one].began for one in ASKED if key_of(one) == key_of(line))
    since = -1.0
    for words in (*expected(line, answer, first), _MENU):
        found = place(answer.samples, words)
        assert found is not None, words
        assert found > since, f"{words} comes too early"
        since = found


def place(samples: Samples, words: str) -> float | None:
    """Return the second at which a sentence is heard, in one breath or cut as its template has it."""
    if (found := second(samples, words)) is not None:
        return found
    for comma in (at for at, one in enumerate(words[:-1], 1) if one == "，"):
        first = second(samples, words[:comma])
        if first is not None and (rest := place(samples, words[comma:])) is not None and rest > first:
            return first
    return None


def second(samples: Samples, words: str) -> float | None:
    """Return where a clip is heard; where a busy machine paused within it, octet by octet."""
    if not LIBRARY.says(words):
        return None
    sound = clip(words)
    if (whole := correlation.best(samples, sound)).score >= correlation.HEARD:
        return whole.second
    return next((one.second for one in transcript.said(samples, {words: sound}) if one.whole), None)


@pytest.mark.parametrize("line", ASKED, ids=lambda line: f"{line.type}: {line.situation}")
def test_no_other_verdict_is_heard(answers: dict[Line, Answer], line: Line) -> None:
    firsts = {one.heard.removeprefix(_PHONE_FIRST).partition("。")[0] + "。" for one in ASKED}
    verdicts = firsts - {f"{words}。" for words in line.heard.split("。")}
    first = answers[line].samples[: SOON * RATE]
    for words in verdicts:
        assert not correlation.times(first, clip(words)), words


@pytest.mark.parametrize("line", ASKED, ids=lambda line: f"{line.type}: {line.situation}")
def test_no_neighbouring_digit_is_heard(answers: dict[Line, Answer], line: Line) -> None:
    [words] = re.findall(r"(?:尾号|电梯|编号)[零幺二三四五六七八九][零幺二三四五六七八九，]+", line.heard)[:1]
    samples = answers[line].samples
    for other in neighbours(words):
        right, wrong = differing(clip(words), clip(other))
        began = correlation.best(samples, clip(words)).second + (len(clip(words)) - len(right)) / RATE
        here = samples[max(0, int(RATE * began) - 400) : int(RATE * began) + max(len(right), len(wrong)) + 4000]
        near = correlation.best(here, wrong).score
        assert near < correlation.HEARD, other
        assert near < correlation.best(here, right).score


def neighbours(words: str) -> Iterator[str]:
    """Return the words with their last digit one more and one less."""
    digits = "零幺二三四五六七八九"
    rest, last = words.rstrip("，")[:-1], words.rstrip("，")[-1]
    for step in (1, -1):
        yield rest + digits[(digits.index(last) + step) % 10]


def differing(one: Samples, other: Samples) -> tuple[Samples, Samples]:
    """Return both from where they differ on."""
    at = next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[at:], other[at:]

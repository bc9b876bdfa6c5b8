"""The hotline on a real Asterisk, beside a dialplan that holds the same dialogue on the same Asterisk without us.

Each caller rings, cuts the welcome short, keys 1, sixteen digits and `#`, hears the verdict and hangs up; a dialogue is
right when the verdict was heard, whole and in time, by each caller's own recording.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gateway.voice.engines import NoEngine
from gateway.voice.engines.opening import wanted
from gateway.voice.settings import VoiceSettings
from tests.bench.callers import Rung
from tests.bench.exchange import Exchange, Round, exchange
from tests.bench.figures import Figure, percentile
from tests.peers.processes import cpu_seconds, resident_bytes
from tests.peers.speech import speech_service
from tests.peers.voice import MODEL

ROW: Final = "hotline"
SHARE: Final = 0.6  # of the dialplan's calls/s
AUDIO_GOAL, SYNTHESIS_GOAL = 50.0, 400.0  # ms

# The rate of calls rises until dialogues go wrong; somewhat below, it is then held, and none may.
RISING: Final = 18.0  # seconds
LOWEST, HIGHEST = 10.0, 220.0  # calls/s
ANSWERING: Final = 3.2  # seconds from a ring to its verdict, which goes wrong at the rate that is rung at by then
WRONG_SHARE: Final = 0.02  # of a second's calls: there it ends
ENOUGH: Final = 20  # wrong dialogues, for each process of callers: then no more begin
HOLDS: Final = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)  # of where it ended, the first that goes well
HELD: Final = 6.0  # seconds

CONCURRENT: Final = 50
DIALOGUE: Final = 5.5  # seconds that one lasts
WARM: Final = 8.0  # seconds of so many at once
LISTENING: Final = 500
LISTENING_RATE: Final = 60.0  # of them begin in a second
LISTENED: Final = 6.0  # seconds of all at once


async def measure() -> list[Figure]:
    """Return what the gateway carries of what the dialplan does, how soon it speaks, and what held calls take."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, speech_service() as service:
        voice: dict[str, Any] = {"engine": "http", "http": {"url": service.url, "body": {"input": "{text}"}}}
        async with exchange(Path(name), voice) as place:
            # Both ways are warm, and the clauses of the answer made, before anything is measured.
            await place.round([*place.rings([0.0, 1.0]), *place.rings([0.0], "plain")])
            audio = await _concurrent(place)
            plain, by_plain = await _most(place, "plain")
            most, by_us = await _most(place, "hotline")
            listening = await _listening(place)
    made = await _made_behind()
    return [*_carried(plain, by_plain, most, by_us), *audio, *made, *listening]


# -- how many ----------------------------------------------------------------------------------


async def _most(place: Exchange, line: str) -> tuple[float | None, Round]:
    """Return the calls/s that went on with none wrong, and that round; None: all that were held had wrong ones."""
    rising = await place.round(place.rings(_rising(), line), ENOUGH)
    end = _where_it_ends(rising.rungs)
    for share in HOLDS:
        held = await place.round(place.rings(_steady(end * share, HELD), line), ENOUGH)
        if not held.wrong:
            return end * share, held
    return None, held


def _rising() -> list[float]:
    """Return when calls begin whose rate rises evenly from the lowest to the highest."""
    times, at = [], 0.0
    while at < RISING:
        times.append(at)
        at += 1 / _rate(at)
    return times


def _rate(at: float) -> float:
    return LOWEST + (HIGHEST - LOWEST) * at / RISING


def _steady(rate: float, seconds: float) -> list[float]:
    return [number / rate for number in range(int(rate * seconds))]


def _where_it_ends(rungs: Sequence[Rung]) -> float:
    """Return the rate from which on too many of a second's calls went wrong, for two seconds: one is the machine's."""
    before = False
    for second, begun in itertools.groupby(rungs, key=lambda rung: int(rung.at)):
        some = list(begun)
        bad = sum(bool(rung.wrong) for rung in some) > WRONG_SHARE * len(some)
        if bad and before:
            return _rate(second - 1 + ANSWERING)
        before = bad
    return _rate(rungs[-1].at)


def _carried(plain: float | None, by_plain: Round, most: float | None, by_us: Round) -> list[Figure]:
    ours, theirs = (1000 / len(one.rungs) for one in (by_us, by_plain))
    both = by_us.gateway + by_us.switch
    return [
        Figure(
            ROW,
            "dialogues with none wrong",
            most,
            "calls/s",
            SHARE * plain if plain else None,
            baseline=plain,
            against="dialplan",
        ),
        Figure(
            ROW, "CPU of gateway and Asterisk", both * ours, "ms", baseline=by_plain.switch * theirs, against="dialplan"
        ),
        Figure(ROW, "of it the gateway's", by_us.gateway * ours, "ms"),
        Figure(
            ROW, "CPU of a caller", by_us.callers * ours, "ms", baseline=by_plain.callers * theirs, against="dialplan"
        ),
    ]


# -- how soon ----------------------------------------------------------------------------------


async def _concurrent(place: Exchange) -> list[Figure]:
    """Have fifty dialogues at once, warm: how soon the verdict is heard, and how soon the dialplan's is."""
    times = _steady(CONCURRENT / DIALOGUE, WARM)
    ours, plain = await place.round(place.rings(times)), await place.round(place.rings(times, "plain"))
    row = f"{ROW}, {CONCURRENT} calls at once, warm"
    own_silence = [1000 * rung.onset for rung in ours.rungs if rung.onset is not None]
    return [
        *_delays(row, ours, AUDIO_GOAL, plain),
        Figure(row, "then silence in the clip itself, p50", _share(own_silence, 0.5), "ms"),
        _wrong(row, ours.rungs),
    ]


async def _made_behind() -> list[Figure]:
    """Have fifty dialogues at once in each of which an engine makes a clause; none without the `[speech]` extra."""
    settings = VoiceSettings(engine="kokoro", dir=MODEL, workers=1)
    try:
        wanted(settings)
    except NoEngine:
        return []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with exchange(Path(name), settings.model_dump(mode="json", exclude_none=True), engines=1) as place:
            times = _steady(CONCURRENT / DIALOGUE, WARM)
            done = await place.round(place.rings(times, new=True))
    row = f"{ROW}, {CONCURRENT} calls at once, a clause of each made behind the verdict"
    return [*_delays(row, done, SYNTHESIS_GOAL), _wrong(row, done.rungs)]


def _delays(row: str, ours: Round, goal: float, plain: Round | None = None) -> list[Figure]:
    mine, others = (
        [1000 * rung.delay for rung in one.rungs if rung.delay is not None] if one else [] for one in (ours, plain)
    )
    what = "last key → verdict's first audio"
    against = "dialplan" if plain else ""
    return [
        Figure(row, f"{what}, p50", _share(mine, 0.5), "ms", baseline=_share(others, 0.5), against=against),
        Figure(
            row,
            f"{what}, p95",
            _share(mine, 0.95),
            "ms",
            goal,
            lower=True,
            baseline=_share(others, 0.95),
            against=against,
        ),
    ]


def _share(values: Sequence[float], share: float) -> float | None:
    return percentile(values, share) if values else None


def _wrong(row: str, rungs: Sequence[Rung]) -> Figure:
    return Figure(row, "wrong dialogues", sum(bool(rung.wrong) for rung in rungs), "", 0, lower=True)


# -- how many at a time ------------------------------------------------------------------------


async def _listening(place: Exchange) -> list[Figure]:
    """Hold five hundred calls, then ring once more, and again."""
    begin = LISTENING / LISTENING_RATE
    rings = place.listeners([number / LISTENING_RATE for number in range(LISTENING)], begin + LISTENED)
    late = place.rings([begin + 0.5, begin + 1.5])
    before = place.service.resident
    async with asyncio.TaskGroup() as tasks:
        ringing = tasks.create_task(place.round([*rings, *late]))
        watching = tasks.create_task(_watched(place, begin))
    (gateway, memory), (switch, switch_memory) = watching.result()
    rungs = ringing.result().rungs
    new = [rung for rung in rungs if rung.at >= late[0].at]
    row = f"{ROW}, {LISTENING} calls held"
    return [
        Figure(row, "memory of the gateway", memory / 1e6, "MB", baseline=before / 1e6, against="before"),
        Figure(row, "memory of Asterisk", switch_memory / 1e6, "MB"),
        Figure(row, "CPU of the gateway", 100 * gateway, "%"),
        Figure(row, "CPU of Asterisk", 100 * switch, "%"),
        Figure(row, "a new call is answered after", _slowest([rung.answered for rung in new]), "ms"),
        Figure(row, "and hears its verdict after its last key", _slowest([rung.delay for rung in new]), "ms"),
        _wrong(row, rungs),
    ]


async def _watched(place: Exchange, begin: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return of gateway and switch, while all are held, the share of a processor and the memory."""
    await asyncio.sleep(place.ahead + begin)
    gateway, switch = place.service.cpu, cpu_seconds(place.switch.pid)
    await asyncio.sleep(LISTENED / 2)
    used = place.service.cpu - gateway, cpu_seconds(place.switch.pid) - switch
    memory = place.service.resident, resident_bytes(place.switch.pid)
    return (used[0] / (LISTENED / 2), memory[0]), (used[1] / (LISTENED / 2), memory[1])


def _slowest(seconds: Sequence[float | None]) -> float | None:
    """Return the longest, in milliseconds; None where one never came."""
    known = [one for one in seconds if one is not None]
    return 1000 * max(known) if known and len(known) == len(seconds) else None

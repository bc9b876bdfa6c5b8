"""Each step of both flows over FastAGI: a caller who hangs up there, at any command, and who presses any key there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from gateway.channels.asterisk.server import AgiServer
from gateway.channels.asterisk.sounds import RECORDINGS, Sounds
from gateway.ivr import steps
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.voice.settings import VoiceSettings
from gateway.voice.speech import ClipSpeech, speech
from tests.builders.calls import (
    CODE,
    FIRST,
    LICENCE,
    PIN,
    STATION_PHONE,
    Exchange,
    an_exchange,
    owed,
    texts,
    with_staff,
)
from tests.builders.flows import SHIPPED, shipped
from tests.builders.messages import CODES, VAULT, liquor_code
from tests.builders.store import DoubtfulLedger, sqlite_url, states, stocked
from tests.builders.town import LIFT, seal
from tests.peers.agi import AgiCaller
from tests.peers.hotline import until

STRANGER, LANDLINE = "13900000000", "04732345678"
ANSWERS: Final = ("code_answer", "lift_answer", "answer")
KEYS: Final = "0123456789*#"


@dataclass(frozen=True)
class Route:
    """A way through a flow: what is keyed, prompt by prompt, and at which steps the caller can hang up on it."""

    steps: str
    keys: tuple[str, ...]
    line: str = "hotline"
    number: str = ""  # empty: another mobile in each call
    away: int = 0  # so many questions find no database
    limits: dict[str, int] = field(default_factory=dict)
    mute: bool = False  # a verdict has no sound

    def __str__(self) -> str:
        return f"{self.line} {self.steps}"


MISTYPED: Final = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)
PHONE: Final = STATION_PHONE.number
ROUTES: Final = (
    Route("main unheard", ("~", "~", "~")),
    Route("main code operator", ("1", "0~")),
    Route("code unheard", ("1", "~", "~", "~")),
    Route("code code_answer after_code goodbye", ("1", CODE, "~", "~", "~")),
    Route("code_answer after_code operator", ("1", CODE, "1", "2", "0")),
    Route("code unheard", ("1", f"{MISTYPED}#", "~", "~")),
    Route("lift lift_answer after_lift goodbye", ("2", f"{LIFT}#", "~", "~", "~")),
    Route("lift_answer after_lift rescue", ("2", f"{LIFT}#", "1", "2", "9")),
    Route("complaint after_complaint goodbye", ("3", "#", "1", "~", "~", "~")),
    Route("trapped rescue", ("9", f"{LIFT}#")),
    Route("trapped rescue_operator", ("9", "~")),
    Route("unavailable goodbye", ("1", CODE, "~", "~"), away=1),
    Route("unavailable_lift goodbye", ("2", f"{LIFT}#", "~", "~"), away=1),
    Route("main operator", ("3",), away=1),
    Route("limited operator", ("1", CODE, "3", liquor_code(2), "0"), limits={"codes_per_hour": 1, "codes_per_day": 1}),
    Route("unspoken", ("1", CODE), number=LANDLINE, mute=True),
    Route("station pin code answer operator", (LICENCE, PIN, seal(0), "0~"), "station", PHONE),
    Route("code goodbye", (LICENCE, PIN, "~", "~", "~"), "station", PHONE),
    Route("station operator", ("~", "~", "~"), "station"),
    Route("pin operator", (LICENCE, "000000", "~", "~"), "station"),
    Route("unavailable goodbye", (LICENCE, PIN, seal(0), "~", "~"), "station", PHONE, away=1),
)
# Steps at which nothing is said or waited for: who hangs up there is missed at the next one.
SILENT: Final = (steps.Say, steps.Goto, steps.Sms)


@dataclass
class Line:
    """The hotline of a town behind its FastAGI server."""

    exchange: Exchange
    server: AgiServer
    ledger: SqlLedger
    doubtful: DoubtfulLedger
    log: pytest.LogCaptureFixture

    async def take(self, caller: AgiCaller, route: Route) -> dict[str, str]:
        """Let him call, and wait until nothing of the call is left; return its end as it was logged."""
        self.doubtful.lose_before = route.away
        (end,) = await self.take_all([caller], route.line)
        self.doubtful.lose_before = 0
        return end

    async def take_all(self, callers: Sequence[AgiCaller], name: str) -> list[dict[str, str]]:
        """The same for some at once."""
        self.log.clear()
        await asyncio.gather(*(caller.rings(self.server.port, name) for caller in callers))
        async with asyncio.timeout(20):
            await until(lambda: self.server.calls == 0 and self.exchange.dialogue.hotline.asking == 0)
        assert self.exchange.dialogue.hotline.running == ()
        assert [one.getMessage() for one in self.log.records if one.exc_info or one.levelno >= logging.ERROR] == []
        ends = [vars(one) for one in self.log.records if one.getMessage() in ("call ended", "call led")]
        assert len(ends) == len(callers)
        return ends

    async def owes_nobody(self) -> None:
        """Nothing that was counted has reached nobody: it was heard, or is on its way as a text."""
        assert await owed(self.ledger) == 0
        assert "expired" not in await states(self.ledger)

    async def answers_texted(self) -> int:
        """Return how many answers have been posted; the number of a complaint is none."""
        return sum("受理" not in text for text in await texts(self.ledger))

    async def answers(self) -> None:
        """The next caller is answered as if nothing had been."""
        caller = AgiCaller(f"2{LIFT}~~~", STRANGER)
        end = await self.take(caller, ROUTES[0])
        assert (end["how"], caller.variables) == ("left", {"GATEWAY_WAY": "hangup"})
        assert (ROUTES[0].line, "lift_answer", "then") in self.exchange.dialogue.hotline.tally


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    (folder / RECORDINGS).mkdir()
    return folder


@asynccontextmanager
async def a_line(folder: Path, sounds: Path, log: pytest.LogCaptureFixture, route: Route) -> AsyncIterator[Line]:
    log.set_level(logging.INFO)
    url = sqlite_url(folder)
    async with stocked(url) as ledger, speech(VoiceSettings(engine="none"), sounds) as speaking:
        archive, doubtful = SqlArchive(ledger.database, VAULT, CODES), DoubtfulLedger(ledger)
        await archive.act(with_staff)
        async with an_exchange(url, doubtful, archive, route.limits, speaking) as exchange:
            server = AgiServer(("127.0.0.1", 0), Sounds(sounds), exchange.dialogue.answer)
            task = asyncio.create_task(server.run())
            await server.ready.wait()
            try:
                yield Line(exchange, server, ledger, doubtful, log)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("after", [False, True], ids=["at a command", "between commands"])
@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_who_hangs_up_anywhere_leaves_nothing_behind(
    tmp_path: Path,
    sounds: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    route: Route,
    *,
    after: bool,
) -> None:
    if route.mute:
        mute(monkeypatch)
    seen: set[str] = set()
    async with a_line(tmp_path, sounds, caplog, route) as line:
        for command in range(1, 100):
            before = await line.answers_texted()
            caller = AgiCaller("".join(route.keys), route.number or f"138{command:08}", leaves=command, after=after)
            end = await line.take(caller, route)
            step = end["step"]
            seen.add(step)
            assert any(place[:2] == (route.line, step) for place in line.exchange.dialogue.hotline.tally)
            if route.number != LANDLINE:
                await line.owes_nobody()
            if "GATEWAY_WAY" in caller.variables:
                break
            assert (end["how"], end["flow"]) == ("caller", route.line)
            new = await line.answers_texted() - before
            if step in ANSWERS and route.number != LANDLINE:
                assert new == 1, f"{step}: who had not heard his answer gets it as a text"
            elif "2" not in route.keys[2:]:  # which asks for one
                assert new == 0, f"{step}: nothing was owed"
        assert "GATEWAY_WAY" in caller.variables
        await line.answers()
    # Who goes between two commands is missed at the next one, which may be another step's.
    assert after or seen >= set(route.steps.split())


def test_the_routes_lead_to_every_step_of_both_flows() -> None:
    for name in SHIPPED:
        there = {step for route in ROUTES if route.line == name for step in route.steps.split()}
        speaking = {step for step, kind in shipped(name).steps.items() if not isinstance(kind, SILENT)}
        # A PIN is checked without a word between its last key and the next prompt.
        assert there == speaking - {"badge"}


@pytest.mark.parametrize("name", SHIPPED)
async def test_every_key_everywhere_leads_to_an_end(
    tmp_path: Path, sounds: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    routes = [route for route in ROUTES if route.line == name and not (route.away or route.limits or route.mute)]
    typed = {("".join(route.keys[:at]), route.number) for route in routes for at in range(len(route.keys) + 1)}
    typed |= {("".join(route.keys[:at]) + route.keys[at][:3], route.number) for route in routes for at in range(2)}
    async with a_line(tmp_path, sounds, caplog, routes[0]) as line:
        # A second silence asks the same again.
        for at, (keys, number) in enumerate(sorted(one for one in typed if "~~" not in one[0])):
            callers = [AgiCaller(keys + key, number or f"138{at:04}{ord(key):04}") for key in KEYS]
            ends = await line.take_all(callers, name)
            assert [end["how"] for end in ends] == ["left"] * len(KEYS), keys
            assert all("GATEWAY_WAY" in caller.variables for caller in callers), keys
            line.exchange.clock.forward(7200)  # no limit is reached, no PIN stays locked
        await line.owes_nobody()


def mute(patch: pytest.MonkeyPatch) -> None:
    """Let the verdict have no sound."""
    sounds = ClipSpeech.sounds

    def without(speaking: ClipSpeech, clauses: Sequence[str]) -> list[str | None]:
        found = sounds(speaking, clauses)
        return [None if clause == FIRST else sound for clause, sound in zip(clauses, found, strict=True)]

    patch.setattr(ClipSpeech, "sounds", without)

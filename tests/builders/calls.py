"""A call whose caller does what a test wrote down, a voice that says clauses as they are, and the hotline behind it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from gateway.bus.local import LocalBus
from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.filing.books import Books, Phone
from gateway.filing.fills import fill
from gateway.hotline import Dialogue
from gateway.ivr.ports import CallEnded, HangUp, Keyed, KeysEnd, SoundMissing, Speech, Taken, Way
from gateway.jobs.post import Letters
from gateway.ports import Ledger, Limiter
from gateway.settings import DatabaseSettings, Settings
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.phones import SqlBadges, SqlPhones
from gateway.store.tables import labels, messages, undelivered
from tests.builders.city import shipped_renderer, shipped_voice
from tests.builders.messages import CITIZEN, CODES, NOW, VAULT, ManualClock, liquor_code
from tests.builders.pipeline import OpenLimiter
from tests.builders.store import rows
from tests.builders.town import PINGAN, a_fill_event, build

HOTLINE = Address("4006422365")
LANDLINE = Address("04732345678")
WITHHELD = Address("")
CODE, FIRST = liquor_code(1), "首次查询，是正品。"
STATION_PHONE, PIN, LICENCE = Address("8613800000007"), "482913", "0012"


class ScriptedCall:
    """`ports.VoiceCall` of a caller who types `0-9*#`, pauses at `~` longer than anybody waits, hangs up at `!`.

    At the end of his script he says and does nothing more. What was played to him, from its beginning, is `heard`.
    `meanwhile`: what he types, and hangs up at `!`, while he is only listened to beside other work.
    """

    def __init__(
        self,
        script: str,
        caller: Address = CITIZEN,
        *,
        missing: Sequence[str] = (),
        how: HangUp = HangUp.CALLER,
        meanwhile: str = "",
    ) -> None:
        self._left = list(script)
        self._meanwhile = list(meanwhile)
        self._how = how
        self._missing = set(missing)
        self.caller, self.called = caller, HOTLINE
        self.id = f"call-{id(self)}"
        self.heard: list[str] = []
        self.waits: list[tuple[int, float, float]] = []
        self.recorded: list[str] = []
        self.went: tuple[Way, str] | None = None
        self.over = False

    @property
    def said(self) -> str:
        return "".join(self.heard)

    def since(self, words: str) -> str:
        """Return what was heard from these words on."""
        return self.said[self.said.index(words) :]

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        self._begin(sounds)
        if self._next("!"):
            self._hang_up()
        self.heard += sounds
        await asyncio.sleep(0)
        if self._left and self._left[0] in keys:
            return self._left.pop(0)
        return ""

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        self._begin(sounds)
        assert most > 0
        self.waits.append((most, first, between))
        self.heard += sounds
        await asyncio.sleep(0)
        keys = ""
        while len(keys) < most:
            if self._next("!"):
                self._hang_up()
            if not self._left or self._next("~"):
                return Keyed(keys, KeysEnd.SILENCE)
            if self._next("#"):
                return Keyed(keys, KeysEnd.HASH)
            keys += self._left.pop(0)
        return Keyed(keys, KeysEnd.FULL)

    async def listen(self, seconds: float) -> str:
        self._begin(())
        if not self._meanwhile:
            await asyncio.sleep(seconds)
            return ""
        key = self._meanwhile.pop(0)
        if key == "!":
            self._hang_up()
        return key

    async def record(self, name: str, *, longest: float, silence: float, keys: str = "") -> Taken:
        self._begin(())
        self.recorded.append(name)
        if self._next("!"):
            self._hang_up()
        if self._left and self._left[0] in keys:
            return Taken(3.0, self._left.pop(0))
        self._next("#")
        return Taken(3.0)

    async def leave(self, way: Way, number: str = "") -> None:
        self._begin(())
        self.went, self.over = (way, number), True

    def _next(self, sign: str) -> bool:
        if self._left[:1] != [sign]:
            return False
        self._left.pop(0)
        return True

    def _begin(self, sounds: Sequence[str]) -> None:
        assert self.went is None, "the dialogue went on after its last act"
        if self.over:
            raise CallEnded(self._how)
        missing = next((sound for sound in sounds if sound in self._missing), None)
        if missing:
            raise SoundMissing(missing)

    def _hang_up(self) -> None:
        self.over = True
        raise CallEnded(self._how)


@dataclass
class SpokenSounds:
    """`ports.Speech` whose sounds are the clauses: `silent` ones never have one, `slow` ones once they are made."""

    silent: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        return [None if clause in self.silent | self.slow else clause for clause in clauses]

    async def make(self, clauses: Sequence[str], *, within: float, urgent: bool = True) -> None:
        self.slow -= set(clauses)


class StepMeter:
    """`ports.Meter` that keeps the labels."""

    def __init__(self) -> None:
        self.events: Counter[tuple[str, ...]] = Counter()

    def count(self, event: str, by: int = 1, **labels: str) -> None:
        self.events[(event, *labels.values())] += by


@dataclass
class Exchange:
    """The hotline, and who rings it."""

    dialogue: Dialogue
    speech: SpokenSounds
    clock: ManualClock
    meter: StepMeter
    texts: OpenLimiter
    posts: list[None]

    @property
    def letters(self) -> Letters:
        return self.dialogue.desk.letters

    async def ring(self, call: ScriptedCall, script: str = "hotline") -> ScriptedCall:
        async with asyncio.timeout(20):
            await self.dialogue.answer(call, script)
        return call

    async def caller(self, script: str, caller: Address = CITIZEN, flow: str = "hotline") -> ScriptedCall:
        return await self.ring(ScriptedCall(script, caller), flow)


@asynccontextmanager
async def an_exchange(
    url: str,
    ledger: Ledger,
    archive: SqlArchive,
    limits: dict[str, int] | None = None,
    speech: Speech | None = None,
) -> AsyncIterator[Exchange]:
    """Give a hotline on this database; its desk and its flows are looked after meanwhile.

    `speech`: what it speaks with, where that is not `Exchange.speech`.
    """
    settings = Settings(database=DatabaseSettings(url=url), limits=limits or {})
    clock, meter, spoken, texts, posts = ManualClock(), StepMeter(), SpokenSounds(), OpenLimiter(), list[None]()
    sms: Limiter = texts
    dialogue = Dialogue(
        settings,
        ledger=ledger,
        archive=archive,
        badges=SqlBadges(archive.database),
        vault=VAULT,
        codes=CODES,
        renderer=shipped_renderer(),
        voice=shipped_voice(),
        speech=speech or spoken,
        texts=sms,
        clock=clock,
        meter=meter,
        bus=LocalBus(),
        posted=lambda: posts.append(None),
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(dialogue.run())
        yield Exchange(dialogue, spoken, clock, meter, texts, posts)
        running.cancel()


def with_staff(books: Books) -> None:
    """Make a town, fill a cylinder, and register a station's phone and the maintenance unit's."""
    build(books)
    fill(books, PINGAN, a_fill_event(), NOW - timedelta(minutes=50))
    assert isinstance(books.phones, SqlPhones)
    books.phones.add(Phone(STATION_PHONE, "station-pingan", Role.STATION), PIN, NOW, alerts=False)
    worker = Phone(Address("8613800000009"), "maintenance-antai", Role.MAINTENANCE)
    books.phones.add(worker, None, NOW, alerts=True)


async def texts(ledger: SqlLedger) -> list[str]:
    """Return what was posted as SMS."""
    return [row["text"] for row in await rows(ledger, select(messages.c.text).order_by(messages.c.created_at))]


async def count_of(ledger: SqlLedger, code: str) -> int:
    return sum(row["query_count"] for row in await rows(ledger, select(labels).where(labels.c.code == code)))


async def owed(ledger: SqlLedger) -> int:
    """Count the answers that did not reach their askers."""
    return len(await rows(ledger, select(undelivered)))

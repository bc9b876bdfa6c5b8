"""Builds every concrete object, wires them, and owns the one top-level TaskGroup."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from gateway.bus.local import LocalBus
from gateway.bus.opening import open_bus
from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.errors import StoreDown
from gateway.domain.proof import Published
from gateway.jobs.wordings import Follower
from gateway.limiter import shared_limiter
from gateway.ops.health import Health
from gateway.ops.metrics import Metrics
from gateway.pipeline.answer import Desk
from gateway.pipeline.cycle import Cycle
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.intake import Intake
from gateway.pipeline.questions import Questions
from gateway.pipeline.reading import read
from gateway.pipeline.writer import Writer
from gateway.ports import Channel, Clock, Limiter, News
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.settings import Settings
from gateway.store import housekeeping, keyring, schema
from gateway.store.board import SqlBoard
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger, open_database
from gateway.store.phones import SqlBadges
from gateway.store.vault import Keys, Vault

if TYPE_CHECKING:
    from gateway.hotline import Dialogue, Telephone
    from gateway.ivr.ports import Speech

log = logging.getLogger(__name__)

HOUSEKEEPING = 3600.0  # seconds
HOUR = timedelta(hours=1)
# A clock may be so far ahead of the time that was lived through before it is said: a gateway may be off for a weekend.
AHEAD = timedelta(days=3)
PAUSES = 1.0
_SHOWN = ("state", "signal_dbm", "registration", "operator", "balance", "last_error", "received", "sent", "failed")


class SystemClock:
    """`ports.Clock` of the machine."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service and a single command have in common: a database, and a desk that answers."""

    settings: Settings
    vault: Vault
    codes: CodeBook
    ledger: SqlLedger
    renderer: SmsRenderer
    desk: Desk
    intake: Intake
    voice: VoiceRenderer


def parts(settings: Settings) -> Parts:
    """Build them. Raises `BadSettings` for a missing key, `TemplateFault` for a bad template."""
    keys = Keys(settings.key_folder)
    vault, codes = keys.vault(), keys.code_book()
    service = settings.service
    folders = settings.templates.folders
    renderer = SmsRenderer(folders, f"【{service.signature}】", service.values)
    desk = Desk(renderer, codes)
    intake = Intake(vault, uuid7, lambda text: read(text, service.lift_digits))
    ledger = SqlLedger(open_database(settings.database.url), vault)
    return Parts(settings, vault, codes, ledger, renderer, desk, intake, VoiceRenderer(folders, service.values))


def follower(parts: Parts, clock: Clock, *, named: bool = True) -> Follower:
    """Build what has the renderers speak in the words that are live; `named`: it says so to the others."""
    archive = SqlArchive(parts.ledger.database, parts.vault, parts.codes)

    def adopt(sms: Published, voice: Published) -> list[str]:
        return parts.renderer.adopt(sms) + parts.voice.adopt(voice)

    return Follower(archive, adopt, parts.ledger.holder if named else None, clock)


def channels(settings: Settings, clock: Clock) -> list[Channel]:
    """Build one channel a line of the configuration."""
    from gateway.channels.registry import KINDS, Surroundings  # drivers: what only answers a question has no lines

    around = Surroundings(clock, settings.key_folder)
    return [channel for name, kind in KINDS.items() for channel in kind.build(getattr(settings, name), around)]


class Gateway:
    """The service: from `run` until it is cancelled."""

    def __init__(
        self,
        settings: Settings,
        *,
        lines: Sequence[Channel] | None = None,
        clock: Clock | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self.parts = parts(settings)
        self.clock = clock or SystemClock()
        self.lines = channels(settings, self.clock) if lines is None else list(lines)
        self.metrics = Metrics()
        self.bus = self._bus()
        reference = _references(random.Random())  # noqa: S311 - a UDH reference is no secret
        self.dispatch = Dispatch(self.lines, reference)
        intake = self.parts.intake
        self.limiter = limiter or shared_limiter("texts", settings.limits, self.bus, self.parts.vault.mark)
        questions = Questions(intake.read, self.limiter, SqlBadges(self.parts.ledger.database))
        self.writer = Writer(
            self.parts.ledger,
            Cycle(intake, questions.weigh_new, self.parts.desk, reference),
            questions,
            self.dispatch,
            self.clock,
            self.metrics,
            partial(self.bus.ring, News.ANSWERS),
        )
        self.metrics.gauge("open_replies", "Replies that have not come to an end.", lambda: self.dispatch.depth)
        self._forget_before: datetime | None = None  # recordings from before it; None: nobody has looked yet
        self.telephone = self._telephone()

    async def run(self, *, serve_http: bool = True) -> None:
        """Serve until cancelled. Raises `Unmigrated`, `BadSettings` or `StoreDown` before anything is served."""
        database = self.parts.ledger.database
        try:
            await schema.check(database)
            await keyring.check(database, Keys(self.parts.settings.key_folder))
            words = follower(self.parts, self.clock)
            await words.look()  # nobody is answered in old words meanwhile
            await self._look_for_pauses()  # before anything is sent
            # The lines end after the writer: it waits for what they have under way.
            async with asyncio.TaskGroup() as lines:
                for line in self.lines:
                    lines.create_task(line.run(self.writer.deliver), name=f"line {line.account}")
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self.writer.run(), name="writer")
                    tasks.create_task(self._keep_house(), name="housekeeping")
                    tasks.create_task(self._heed_pauses(), name="pauses")
                    tasks.create_task(self._do_jobs(), name="jobs")
                    if self.telephone:
                        tasks.create_task(self.telephone.run(), name="hotline")
                    tasks.create_task(words.run(self.bus.bell(News.WORDS)), name="words")
                    tasks.create_task(self.bus.run(), name="bus")
                    if serve_http:
                        tasks.create_task(self._serve_http(), name="http")
        finally:
            await database.close()

    async def _heed_pauses(self) -> None:
        """Look which lines somebody has paused, here or on another process's console: at once, or within a second."""
        bell = self.bus.bell(News.PAUSES)
        while True:
            with suppress(StoreDown):
                await self._look_for_pauses()
            await bell.rung(PAUSES)

    async def _look_for_pauses(self) -> None:
        paused = await self.parts.ledger.database.read(lambda connection: SqlBoard(connection).pauses())
        self.dispatch.pause(paused)

    def _bus(self) -> LocalBus:
        bus = open_bus(self.parts.settings.redis.url)
        if not bus.alone:
            self.metrics.gauge("redis_up", "Whether Redis answers.", lambda: (bus.shown or {})["up"])
            self.metrics.gauge("redis_ms", "Milliseconds of its last answer.", lambda: (bus.shown or {})["ms"])
        return bus

    def _telephone(self) -> "Telephone | None":
        settings = self.parts.settings
        if settings.asterisk is None:
            return None
        from gateway.hotline import Telephone  # the switch's drivers: only who has a hotline needs them

        telephone = Telephone(settings.asterisk, settings.voice, self.dialogue, self.clock, lambda: self._forget_before)
        self.metrics.gauge("calls", "Calls in a dialogue.", lambda: telephone.calls)
        self.metrics.gauge("switch_up", "Whether the switch's manager answers.", lambda: telephone.switch.up)
        self.metrics.gauge("switch_channels", "Calls that the switch has up.", lambda: telephone.switch.channels)
        self.metrics.gauge(
            "trunks_unregistered",
            "Registrations at carriers that are not in force.",
            lambda: sum(state != "Registered" for state in telephone.switch.registrations.values()),
        )
        self.metrics.gauge(
            "callers_waiting",
            "Callers in the operators' queues.",
            lambda: sum(queue.waiting for queue in telephone.switch.queues.values()),
        )
        return telephone

    def dialogue(self, speech: "Speech", has_clip: Callable[[str], bool] | None = None) -> "Dialogue":
        """Return the hotline's dialogue over this service's desk; `run` it, and `answer` each call with it.

        Raises `FlowFault` naming every fault of every flow.
        """
        from gateway.hotline import Dialogue

        parts = self.parts
        return Dialogue(
            parts.settings,
            ledger=parts.ledger,
            archive=SqlArchive(parts.ledger.database, parts.vault, parts.codes),
            badges=SqlBadges(parts.ledger.database),
            vault=parts.vault,
            codes=parts.codes,
            renderer=parts.renderer,
            voice=parts.voice,
            speech=speech,
            texts=self.limiter,
            bus=self.bus,
            clock=self.clock,
            meter=self.metrics,
            posted=self.writer.posted,
            has_clip=has_clip,
        )

    def health(self) -> Health:
        """Return what can be said of the service now."""
        lines: dict[str, Mapping[str, Any]] = {
            line.account: {**_shown(line), **self._load(line)} for line in self.lines
        }
        if self.telephone:
            lines[self.telephone.account] = self.telephone.shown
        return Health(self.writer.ready.is_set(), lines, self.dispatch.depth, self.bus.shown)

    def _load(self, channel: Channel) -> dict[str, Any]:
        line = self.dispatch.lines[channel.account]
        line.left_today(self.clock.now())  # a new day begins at zero
        return {"paused": line.paused, "sent_today": line.sent, "daily_limit": channel.daily_limit}

    async def _serve_http(self) -> None:
        from gateway.web import Web  # aiohttp: a tenth of a second that only a service needs

        parts = self.parts
        web = Web(
            parts.settings,
            parts.ledger,
            parts.vault,
            parts.codes,
            parts.renderer,
            self.clock,
            self.metrics,
            parts.voice,
            self.telephone,
            self.bus,
        )
        await web.run(self.health)

    async def _do_jobs(self) -> None:
        import aiohttp

        from gateway.jobs import runner, schedule
        from gateway.jobs.post import Letters

        parts, settings = self.parts, self.parts.settings
        archive = SqlArchive(parts.ledger.database, parts.vault, parts.codes)
        source = Address.parse(settings.service.short_code)
        await self.writer.ready.wait()
        async with aiohttp.ClientSession() as http:
            letters = Letters(parts.renderer, source, uuid7)
            jobs = schedule.standing(archive, letters, settings.alerts, settings.reminders, self.writer.posted)
            jobs += schedule.hooks(archive, settings.webhook, http, self.clock.now())
            await runner.run(jobs, self.clock)

    async def _keep_house(self) -> None:
        retention = self.parts.settings.retention
        messages, recordings = timedelta(days=retention.messages), timedelta(days=retention.recordings)
        keep = partial(housekeeping.keep_house, keep_messages=messages, keep_recordings=recordings)
        lived = timedelta()
        while True:
            now = self.clock.now()
            try:
                time = await self.parts.ledger.database.transact(partial(keep, now=now, lived=lived))
            except StoreDown as err:
                log.debug("no housekeeping", extra={"reason": str(err)})
            else:
                self._forget_before = time - recordings
                if now - time > AHEAD:
                    log.warning("the clock went ahead, things are kept longer", extra={"hours": (now - time) // HOUR})
            await asyncio.sleep(HOUSEKEEPING)
            lived = timedelta(seconds=HOUSEKEEPING)


def _references(chance: random.Random) -> Callable[[], int]:
    """Number long replies; every text to one handset within its memory gets another reference."""
    numbers = count(chance.randrange(256))
    return lambda: next(numbers) % 256


def _shown(line: Channel) -> Mapping[str, Any]:
    state = getattr(line, "state", None)
    fields: dict[str, Any] = {"kind": line.kind, "ready": line.ready}
    if state is not None:
        fields |= {name: getattr(state, name) for name in _SHOWN}
        fields["since"] = state.since.isoformat()
        fields["storage"] = {use.name: [use.used, use.total] for use in state.storages}
    return fields

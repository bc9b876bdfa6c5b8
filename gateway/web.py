"""Builds what is served over HTTP: the interface, the pages, health and metrics, on one address."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from aiohttp import web
from uuid_utils.compat import uuid7

from gateway.api import app, cases, deny_list, epcis, events, fill_permits, pages, query, records, reports, tickets
from gateway.api.asking import Asking
from gateway.api.auth import Doorkeeper
from gateway.api.frame import Frame
from gateway.api.resource import AnyResource
from gateway.api.visitor import Visitors
from gateway.bus.local import LocalBus
from gateway.channels.asterisk.sounds import Sounds
from gateway.console import app as console
from gateway.console.backstage import Backstage
from gateway.domain.access import Actor
from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.inputs import decode
from gateway.interchange import exports
from gateway.interchange.epcis.document import read as read_epcis
from gateway.interchange.epcis.identifiers import canonical
from gateway.interchange.form import form
from gateway.jobs.post import Letters
from gateway.limiter import shared_limiter
from gateway.listening import Listening, Telephone
from gateway.loading import Loader
from gateway.ops import http
from gateway.ops.health import Health
from gateway.ops.metrics import Metrics
from gateway.pipeline.answer import Desk
from gateway.pipeline.live import LiveDesk
from gateway.pipeline.reading import keyed, read
from gateway.pipeline.rehearsal import Rehearsal
from gateway.ports import Bus, Clock, News
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.render.workshop import RenderWorkshop
from gateway.settings import Settings, shipped
from gateway.store.access import SqlAccess
from gateway.store.books import SqlArchive
from gateway.store.engine import Database, SqlLedger
from gateway.store.vault import Vault
from gateway.text.place import place

_RECORDING: Final = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,63}")


class Keyring:
    """`api.auth.Keyring` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def actor(self, digest: bytes) -> Actor | None:
        """Return whose key has this SHA-256."""
        return await self._database.read(lambda connection: SqlAccess(connection).key(digest))


class Web:
    """All that is served over HTTP, from `run` until it is cancelled."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        vault: Vault,
        codes: CodeBook,
        renderer: SmsRenderer,
        clock: Clock,
        metrics: Metrics,
        voice: VoiceRenderer | None = None,
        telephone: Telephone | None = None,
        bus: Bus | None = None,
    ) -> None:
        """Build it; `voice` is the one that speaks to callers, `telephone` where they call, if they do here.

        Without a `bus` there is no other process.
        """
        bus = self._bus = bus or LocalBus()
        self._hotline = Listening(settings, telephone)
        spoken = voice or VoiceRenderer(settings.templates.folders, settings.service.values)
        self._workshop = RenderWorkshop(renderer, spoken)
        self._backstage = Backstage()
        self._address = settings.http.address
        self._metrics = metrics
        service = settings.service
        desk = Desk(renderer.unsigned(), codes)
        limits = settings.limits
        screen = shared_limiter("screen", limits.on_screen(), bus, vault.mark)
        self.live = LiveDesk(ledger, desk, screen, clock, metrics, partial(bus.ring, News.ANSWERS))
        visitors = Visitors(vault, settings.http.trusted_proxies, secure=settings.http.url.startswith("https:"))
        asking = Asking(
            self.live,
            shared_limiter("addresses", limits.of_address(), bus, vault.mark),
            shared_limiter("keys", limits.of_key(), bus, vault.mark),
            lambda text: read(text, service.lift_digits),
            uuid7,
            clock,
        )
        self._rehearsal = Rehearsal(
            ledger,
            Desk(renderer, codes),
            vault,
            lambda text: read(text, service.lift_digits),
            lambda keys: keyed(keys, service.lift_digits),
            spoken.spoken,
            uuid7,
            clock,
        )
        archive = self._archive = SqlArchive(ledger.database, vault, codes, bus.ring)
        self._settings, self._clock, self._visitors, self._mark = settings, clock, visitors, vault.mark
        self._closing = asyncio.Event()
        self._frame = Frame(archive, Doorkeeper(Keyring(ledger.database), clock), clock, metrics)
        self._public_url = settings.http.url
        self._pages = pages.build(asking, visitors, service.values)
        letters = self._letters = Letters(renderer, Address.parse(service.short_code), uuid7)
        shipped_inputs = decode((shipped("config") / "inputs.toml").read_bytes())
        self._loader = Loader(settings.database.url, vault, shipped_inputs, clock)
        self._resources: tuple[AnyResource, ...] = (
            *query.resources(asking, visitors),
            *fill_permits.resources(archive),
            *deny_list.resources(archive),
            *events.RESOURCES,
            *records.resources(archive, shipped_inputs),
            *epcis.resources(epcis.Epcis(archive, read_epcis, canonical, shipped_inputs, uuid7)),
            *reports.resources(archive, exports.as_csv),
            *tickets.resources(archive, letters, exports.as_csv),
            *cases.resources(archive, exports.as_zip),
        )

    def application(self, health: Callable[[], Health]) -> web.Application:
        """Return the one application, the console in it unless it has an address of its own."""
        others: list[web.AbstractRouteDef] = [*self._pages.routes(), *http.routes(health, self._metrics)]
        if not self._apart:
            others += self._console(health)
        return self._closing_with(app.build(self._frame, self._resources, self._public_url, others, self._pages.sorry))

    def _closing_with(self, application: web.Application) -> web.Application:
        """Let go of whoever is told things when the application ends: else its end would wait for them."""

        async def close(_: web.Application) -> None:
            self._closing.set()
            self._bus.rouse()

        application.on_shutdown.append(close)
        return application

    @property
    def _apart(self) -> bool:
        return self._settings.console.listen not in (None, self._settings.http.listen)

    def _console(self, health: Callable[[], Health]) -> list[web.AbstractRouteDef]:
        settings = self._settings
        ports = console.Ports(
            archive=self._archive,
            clock=self._clock,
            health=health,
            bus=self._bus,
            mark=self._mark,
            service={"signature": settings.service.signature, **settings.service.values},
            address=self._visitors.address,
            workshop=self._workshop,
            hotline=self._hotline,
            backstage=self._backstage,
            secure=settings.http.url.startswith("https:"),
            idle=timedelta(minutes=settings.console.idle_minutes),
            longest=timedelta(hours=settings.console.session_hours),
            one_time=settings.console.one_time,
            closing=self._closing,
            rehearsal=self._rehearsal,
            letters=self._letters,
            csv=exports.as_csv,
            form=form,
            loading=self._loader,
            recording=self._recording,
        )
        return console.build(ports)

    def _recording(self, name: str) -> Path | None:
        """Return the file of a recording; None: there is none, or no more, or it is none of ours by its name."""
        switch = self._settings.asterisk
        if switch is None or not _RECORDING.fullmatch(name):
            return None
        file = Sounds(switch.sounds_dir).recording(name)
        return file if file.is_file() else None

    async def run(self, health: Callable[[], Health]) -> NoReturn:
        """Serve until cancelled. Raises `OSError` when a port is taken."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.run(), name="live desk")
            tasks.create_task(self._backstage.run(), name="backstage")
            if self._apart and self._settings.console.listen:
                alone = self._closing_with(web.Application())
                alone.add_routes(self._console(health))
                tasks.create_task(http.serve(place(self._settings.console.listen), alone), name="console")
            await http.serve(self._address, self.application(health))

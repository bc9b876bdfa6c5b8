"""The console as a set of routes; all of it stands below `/console`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.console.backstage import Backstage
from gateway.console.frame import Frame
from gateway.console.looks import Looks
from gateway.console.page import PREFIX, WORDS, Page
from gateway.console.passwords import Gatekeeper
from gateway.console.registry import PAGES
from gateway.console.session import Sessions
from gateway.console.site import Csv, Health, Hotline, Loading, Site
from gateway.console.sse import Streams
from gateway.console.studio import Studio
from gateway.console.throttle import Throttle
from gateway.console.trial import Trials
from gateway.console.usage import Usage
from gateway.console.visit import Visit
from gateway.console.voicing import Voicing
from gateway.domain.access import Role
from gateway.domain.proof import Workshop
from gateway.domain.reply import Plain
from gateway.filing.books import Archive
from gateway.filing.tickets import Letters
from gateway.pipeline.rehearsal import Rehearsal
from gateway.ports import Bus, Clock


@dataclass(frozen=True, slots=True)
class Ports:
    """What the console needs of the outside."""

    archive: Archive
    clock: Clock
    health: Callable[[], Health]
    bus: Bus
    mark: Callable[[str], str]
    service: Mapping[str, Plain]
    address: Callable[[web.Request], str]
    workshop: Workshop
    hotline: Hotline
    backstage: Backstage
    secure: bool
    idle: timedelta
    longest: timedelta
    one_time: timedelta
    closing: asyncio.Event
    rehearsal: Rehearsal
    letters: Letters
    csv: Csv
    form: Callable[[str], bytes]
    loading: Loading
    recording: Callable[[str], Path | None]


def build(ports: Ports) -> list[web.AbstractRouteDef]:
    """Return the routes of all pages."""
    looks, voicing = Looks(ports.service, _bar), Voicing(ports.hotline)
    site = Site(
        archive=ports.archive,
        clock=ports.clock,
        health=ports.health,
        service=ports.service,
        address=ports.address,
        looks=looks,
        sessions=Sessions(ports.archive, ports.idle, ports.longest, ports.secure),
        gate=Gatekeeper(),
        throttle=Throttle(ports.bus, ports.mark),
        bus=ports.bus,
        streams=Streams(),
        workshop=ports.workshop,
        hotline=ports.hotline,
        studio=Studio(ports.archive, ports.workshop, ports.backstage, voicing),
        voicing=voicing,
        usage=Usage(ports.archive),
        trials=Trials(ports.archive, ports.workshop, ports.clock, ports.backstage),
        closing=ports.closing,
        rehearsal=ports.rehearsal,
        letters=ports.letters,
        csv=ports.csv,
        form=ports.form,
        loading=ports.loading,
        recording=ports.recording,
        one_time=ports.one_time,
        backstage=ports.backstage,
    )
    frame = Frame(site)
    ports.backstage.start(lambda: _warm(site))

    home = frame.handler(Page("GET", "", _lead_home, open=True))
    return [
        web.get(PREFIX, home),  # type: ignore[arg-type] # aiohttp's own type of a handler
        web.get(f"{PREFIX}/", home),  # type: ignore[arg-type] # as above
        web.get(f"{looks.statics.folder}/{{name}}", looks.statics.serve),
        *(web.route(page.method, PREFIX + page.path, frame.handler(page)) for page in PAGES),  # type: ignore[arg-type] # aiohttp's own type of a handler
        web.route("*", f"{PREFIX}/{{rest:.*}}", frame.nothing),
    ]


async def _warm(site: Site) -> None:
    """Do beforehand what the first visitor would wait for."""
    await asyncio.to_thread(site.looks.warm)
    await site.studio.warm(site.clock.now())


def entries(role: Role, pages: Sequence[Page] = PAGES) -> list[Page]:
    """Return where the words of the bar lead this role, in their order."""
    seen = {page.word: page for page in reversed(pages) if page.word and page.entry and role in page.roles}
    return [seen[word] for word in WORDS if word in seen]


def _bar(visit: Visit) -> list[Mapping[str, Any]]:
    here = visit.page.word if visit.page else None
    return [
        {"word": page.word, "url": PREFIX + page.path, "here": page.word == here} for page in entries(visit.user.role)
    ]


async def _lead_home(visit: Visit) -> web.Response:
    return visit.go(_home(visit.user.role) if visit.session else "/login")


def _home(role: Role) -> str:
    found = entries(role)
    return found[0].path if found else "/me"

"""Every page of the console, on the sample city and with a million questions, beside a bare page of the same run."""

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote

import aiohttp
import asyncpg
from sqlalchemy import Connection, select
from yarl import URL

from gateway.console.page import PREFIX
from gateway.console.registry import PAGES
from gateway.domain.calendar import today
from gateway.interchange.sample import load
from gateway.settings import shipped
from gateway.store.books import SqlArchive
from gateway.store.engine import open_database
from gateway.store.tables import answers, inquiries, tickets
from tests.bench.figures import Figure, percentile, table
from tests.builders.traffic import NEVER, Traffic
from tests.peers.console import PASSWORD, let_in
from tests.peers.ports import free_port
from tests.peers.postgres import PostgresServer
from tests.peers.processes import program
from tests.peers.programs import require
from tests.peers.site import Site, a_site
from tests.peers.web import served

# Questions, and the milliseconds within which each page is to be there.
SIZES: Final[Mapping[int, float]] = {2_000: 100.0, 1_000_000: 300.0}
WARM_UP, MEASURED = 3, 20  # times
_PATIENCE: Final = aiohttp.ClientTimeout(total=60)
_ADMIN, _FIRM = "娜仁", "河套酒业"
# What is no page: a stream, sounds, files, a part of a page.
_NO_PAGES: Final = re.compile(r"/events$|\.wav$|\.xlsx$|\.\{kind|/parts$|/reviews/\{id|/imports/\{id")
_CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
_Asked: TypeAlias = Sequence[tuple[str, str]]  # a page's person and address


async def measure() -> list[Figure]:
    """Return how long each page takes, on both databases and with few and many questions."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, PostgresServer(require("postgresql").parent) as server:
        bare = await _bare(Path(folder))
        figures.append(Figure("console, bare page", "p50", percentile(bare, 0.5), "ms"))
        for count, goal in SIZES.items():
            for name, url in (("SQLite", f"sqlite:///{folder}/{count}.db"), ("PostgreSQL", server.fresh_database())):
                place = Path(folder) / f"{name}-{count}"
                place.mkdir()
                site = a_site(place, url)
                pages = await _stock(site, count)
                row = f"console, {name}, {count:,} questions"
                found = [_figure(row, page, times, bare, goal) for page, times in (await _pages(site, pages)).items()]
                figures += found
                print(table(found), flush=True)  # the next setting takes minutes
    return figures


def _figure(row: str, page: str, times: Sequence[float], bare: Sequence[float], goal: float) -> Figure:
    what, base = f"{page}: p50 {percentile(times, 0.5):.0f}, p95", percentile(bare, 0.95)
    return Figure(row, what, percentile(times, 0.95), "ms", goal, lower=True, baseline=base, against="bare page")


async def _bare(folder: Path) -> list[float]:
    port = free_port()
    arguments = [sys.executable, "-m", "tests.bench.bare_server", str(port)]
    async with program(arguments, folder / "bare.log") as process:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            await process.stdout.readline()
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            return await _times(session, f"http://127.0.0.1:{port}/")


async def _stock(site: Site, count: int) -> _Asked:
    """Put the sample city, its people and their questions into a new database; return what to ask for."""
    now = datetime.now(UTC)
    begun = time.monotonic()
    await asyncio.to_thread(_found, site)
    city = load(shipped("config") / "sample", now.date())
    vault, codes = site.keys.vault(), site.codes
    database = open_database(site.url)
    try:
        await Traffic(city, codes, vault, now, count).write(database)
        archive = SqlArchive(database, vault, codes)
        # As the service does while the months go by.
        while await archive.act(lambda books: books.reports.sum_up(now)):
            pass
        while await archive.act(lambda books: books.pictures.sum_up(now)):
            pass
        addresses = await database.read(lambda connection: _addresses(connection, now))
    finally:
        await database.close()
    if site.url.startswith("postgresql"):
        await _settle(site.url)
    print(f"{count:,} questions in {site.url.partition(':')[0]}: {time.monotonic() - begun:.0f} s", flush=True)
    return addresses


def _found(site: Site) -> None:
    site.keys.make_missing()
    made = site.run("db", "upgrade")
    assert made.returncode == 0, made.stderr
    site.fill()
    let_in(site)


async def _settle(url: str) -> None:
    """Do at once what PostgreSQL does by itself within minutes."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _addresses(connection: Connection, now: datetime) -> _Asked:
    id_ = connection.execute(select(inquiries.c.id).order_by(inquiries.c.id.desc()).offset(9).limit(1)).scalar_one()
    code = connection.execute(select(answers.c.code).where(answers.c.code.is_not(None)).limit(1)).scalar_one()
    number = connection.execute(select(tickets.c.number).limit(1)).scalar_one()
    shown = connection.execute(select(inquiries.c.sender_shown).limit(1)).scalar_one()
    day, before = today(now), today(now) - timedelta(days=80)
    of_admin = [
        "/login", "/password", "/me", "/wordings", "/wordings/liquor/genuine_first", "/wordings/reviews", "/live",
        "/inquiries", f"/inquiries?verdict={NEVER}", "/inquiries?verdict=SEAL_BROKEN", "/inquiries?class=grave",
        "/inquiries?channel=cli", "/inquiries?state=refused,expired", f"/inquiries?from={before}&to={day}",
        f"/inquiries?channel=cli&verdict=GENUINE_FIRST&from={before}&to={day}", f"/inquiries?q={code}",
        f"/inquiries?q={quote(shown)}", f"/inquiries/{id_}", f"/labels/{code}", "/records/liquor/A0312", "/charts",
        f"/charts?from={before}&to={day}", "/imports", "/tickets", "/tickets?overdue=1", "/tickets?state=closed",
        f"/tickets/{number}", "/try", "/flows", "/flows/hotline", "/admin/users", "/admin/audit",
    ]  # fmt: skip
    asked = [(_ADMIN, address) for address in of_admin] + [(_FIRM, "/charts"), (_FIRM, "/imports")]
    _complete([address for _, address in asked])
    return asked


def _complete(addresses: Sequence[str]) -> None:
    """Raise `LookupError` for a page of the registry that is not measured."""
    for page in PAGES:
        if page.method != "GET" or _NO_PAGES.search(page.path):
            continue
        pattern = re.sub(r"\{(?:[^{}]|\{[^{}]*\})+\}", "[^?]+", page.path)  # its names may have patterns of their own
        if not any(re.fullmatch(pattern, address.partition("?")[0]) for address in addresses):
            raise LookupError(f"nothing measures {page.path}")


async def _pages(site: Site, pages: _Asked) -> dict[str, list[float]]:
    """Return by page how long it took, in milliseconds."""
    with served(site) as address:
        sessions = {name: await _signed_in(address, name) for name in {name for name, _ in pages}}
        try:
            return {
                f"`{_named(path)}`{'' if name == _ADMIN else f' of {name}'}": await _times(
                    sessions[name], f"{address}{PREFIX}{path}"
                )
                for name, path in pages
            }
        finally:
            for session in sessions.values():
                await session.close()


def _named(path: str) -> str:
    """Return a page's address without what is another one each time."""
    return re.sub(r"[0-9a-f-]{36}|[0-9]{9,}|[0-9]{4}-[0-9]{2}-[0-9]{2}|1[0-9]{2}%2A+[0-9]{4}", "…", path)


async def _signed_in(address: str, name: str) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(timeout=_PATIENCE, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with session.get(f"{address}{PREFIX}/login") as response:
        found = _CSRF.search(await response.text())
    assert found is not None
    form = {"name": name, "password": PASSWORD, "csrf": found[1]}
    async with session.post(f"{address}{PREFIX}/login", data=form, allow_redirects=False) as response:
        assert response.status == 303, await response.text()
    return session


async def _times(session: aiohttp.ClientSession, url: str) -> list[float]:
    """Ask for a page, one time after the other; return the milliseconds to its last octet."""
    times = []
    for turn in range(WARM_UP + MEASURED):
        begun = time.perf_counter()
        async with session.get(URL(url, encoded=True), allow_redirects=False) as response:
            body = await response.read()
        if turn >= WARM_UP:
            times.append((time.perf_counter() - begun) * 1000)
        assert response.status == 200, f"{url}: {response.status} {body.decode()[:400]}"
    return times

"""Fill permits at the pace of a city's dispensers all at once, beside a handler that decides nothing.

Delays count from the moment at which a request was due, so that a stall is felt by all who come in it.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from sqlalchemy import Connection, text
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.trace import Filed, LabelState, SingleLabel, Source
from gateway.store.access import SqlAccess
from gateway.store.engine import open_database
from gateway.store.load import Loader
from tests.bench.figures import Figure, percentile
from tests.builders.traces import a_cylinder, a_label, a_station, a_vehicle, a_vehicle_cylinder
from tests.peers.postgres import PostgresServer
from tests.peers.processes import program
from tests.peers.programs import require
from tests.peers.service import Site, started

PACE: Final = 200  # requests a second
GOAL: Final = 20.0  # milliseconds, 99th percentile
WARM_UP, MEASURED = 3.0, 20.0  # seconds
CYLINDERS, VEHICLES, STATIONS = 10_000, 1_000, 10
PATIENCE: Final = aiohttp.ClientTimeout(total=10)


async def measure() -> list[Figure]:
    """Return delays and CPU on SQLite and on PostgreSQL, each beside the bare handler's of the same minute."""
    figures = await _on("SQLite", None)
    with PostgresServer(require("postgresql").parent) as server:
        figures += await _on("PostgreSQL", server.fresh_database())
    return figures


async def _on(name: str, url: str | None) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        site = Site(Path(folder), url)
        await site.prepare()
        bodies = await _stock(site)
        site.written()
        bare = await _bare(site, bodies)
        async with started(site) as service:
            await service.answering()
            url_of = f"http://127.0.0.1:{site.port}/api/v1/fill-permits"
            await _paced(url_of, bodies, WARM_UP)
            cpu = service.cpu
            delays = await _paced(url_of, bodies, MEASURED)
            cpu = service.cpu - cpu
    row, against = f"fill permits at {PACE}/s, {name}", "bare aiohttp handler"
    return [
        Figure(row, "p50", percentile(delays, 0.50), "ms", baseline=percentile(bare, 0.50), against=against),
        Figure(
            row,
            "p99",
            percentile(delays, 0.99),
            "ms",
            GOAL,
            lower=True,
            baseline=percentile(bare, 0.99),
            against=against,
        ),
        Figure(row, "CPU for 1000", cpu * 1000 / len(delays), "s"),
    ]


async def _bare(site: Site, bodies: Sequence[Mapping[str, str]]) -> list[float]:
    arguments = [sys.executable, "-m", "tests.bench.bare_server", str(site.port)]
    async with program(arguments, site.folder / "bare.log") as process:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            await process.stdout.readline()
        url = f"http://127.0.0.1:{site.port}/"
        await _paced(url, bodies, WARM_UP)
        return await _paced(url, bodies, MEASURED)


async def _paced(url: str, bodies: Sequence[Mapping[str, str]], seconds: float) -> list[float]:
    """Ask by the clock, whatever the answers do; return the delays in milliseconds."""
    delays: list[float] = []

    async def ask(session: aiohttp.ClientSession, number: int, due: float) -> None:
        headers = {"Authorization": f"Bearer {_key(number % STATIONS)}"}
        async with session.post(url, json=bodies[number % len(bodies)], headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            assert answer["decision"] in ("allow", "deny"), answer
        delays.append((time.perf_counter() - due) * 1000)

    async with aiohttp.ClientSession(timeout=PATIENCE) as session, asyncio.TaskGroup() as asking:
        begun = time.perf_counter()
        for number in range(int(PACE * seconds)):
            due = begun + number / PACE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asking.create_task(ask(session, number, due))
    return delays


def _key(station: int) -> str:
    return f"bench-key-{station}"


async def _stock(site: Site) -> list[dict[str, str]]:
    """Put stations, cylinders with their seals and vehicles into the books; return what to ask."""
    seals = [site.codes.issue(6, 1, number) for number in range(CYLINDERS)]

    def work(connection: Connection) -> None:
        now = datetime.now(UTC)
        loader = Loader(connection, site.keys.vault(), site.codes, now)
        loader.sources([Source("bench")])
        loader.records([_station(number, now) for number in range(STATIONS)])
        loader.records([_cylinder(number, now) for number in range(CYLINDERS)])
        loader.records([_vehicle(number, now) for number in range(VEHICLES)])
        label = a_label(LabelState.ACTIVE)
        loader.singles([SingleLabel(6, 1, number, label, "lpg", _stamp(number)) for number in range(CYLINDERS)])
        for number in range(STATIONS):
            owner = Actor("bench", Role.STATION, f"station-{number}")
            SqlAccess(connection).add(uuid7(), _key(number), owner, "bench", now)
        connection.execute(text("ANALYZE"))

    database = open_database(site.url)
    try:
        await database.transact(work)
    finally:
        await database.close()
    numbers = range(0, CYLINDERS, 7)
    return [
        body
        for number in numbers
        for body in (
            {"cylinder_no": _stamp(number)},
            {"code": seals[number]},
            {"plate": _plate(number % VEHICLES)},
        )
    ]


def _stamp(number: int) -> str:
    return f"WH{number:08}"


def _plate(number: int) -> str:
    return f"蒙C{number:05}"


def _cylinder(number: int, now: datetime) -> Filed:
    station = f"station-{number % STATIONS}"
    made = a_cylinder(
        cylinder_no=_stamp(number),
        owner_station=station,
        inspection={"next_on": f"{now.year + 1}-06"},
        scrap_on=f"{now.year + 4}-06",
    )
    return Filed("lpg", _stamp(number), made, "bench", station)


def _vehicle(number: int, now: datetime) -> Filed:
    stamp = f"CN{number:08}"
    mounted = a_vehicle_cylinder(
        cylinder_no=stamp, inspection={"next_on": f"{now.year + 1}-06"}, scrap_on=f"{now.year + 9}-06"
    )
    certificate = {"number": f"Z{number}", "issued_by": "市场监管局", "issued_on": "2023-06-01", "cylinders": [stamp]}
    made = a_vehicle(plate=_plate(number), cylinders=[mounted], certificate=certificate)
    return Filed("vehicle", _plate(number), made, "bench")


def _station(number: int, now: datetime) -> Filed:
    name = f"station-{number}"
    made = a_station(station_id=name, gases=["CNG", "LPG"], licence_valid_to=now.date() + timedelta(days=365))
    return Filed("station", name, made)

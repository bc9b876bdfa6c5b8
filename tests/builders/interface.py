"""The interface on a database, wired as the service wires it, with a key for every role; asked over loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, insert
from uuid_utils.compat import uuid7

from gateway.domain.access import Role
from gateway.ops.health import Health
from gateway.ops.metrics import Metrics
from gateway.render.sms import SmsRenderer
from gateway.settings import Settings
from gateway.store.engine import SqlLedger
from gateway.store.tables import api_keys
from gateway.web import Web
from tests.builders.messages import CODES, NOW, VAULT, ManualClock

# Whose key it is, by role; `other_station` has a key of the same role and another party.
PARTIES: Mapping[str, tuple[Role, str | None]] = {
    "station": (Role.STATION, "station-pingan"),
    "other_station": (Role.STATION, "station-limin"),
    "firm": (Role.FIRM, "factory-hetao"),
    "cooperative": (Role.COOPERATIVE, "coop-dengkou"),
    "maintenance": (Role.MAINTENANCE, "maintenance-antai"),
    "use_unit": (Role.USE_UNIT, "use-unit-binhe"),
    "inspector": (Role.INSPECTOR, "inspector-wuhai"),
    "office": (Role.OFFICE, "office-wuhai"),
    "regulator": (Role.REGULATOR, "regulator-wuhai"),
    "admin": (Role.ADMIN, None),
}


@dataclass(frozen=True, slots=True)
class Interface:
    """A client of the interface, and what stands behind it."""

    client: TestClient[Any, Any]
    clock: ManualClock
    ledger: SqlLedger

    async def get(self, path: str, key: str | None = None, **options: Any) -> ClientResponse:  # noqa: ANN401 - aiohttp's own
        return await self.ask("GET", path, key, **options)

    async def post(self, path: str, key: str | None = None, **options: Any) -> ClientResponse:  # noqa: ANN401 - aiohttp's own
        return await self.ask("POST", path, key, **options)

    async def ask(
        self,
        method: str,
        path: str,
        key: str | None,
        *,
        once: str | None = None,
        **options: Any,  # noqa: ANN401 - aiohttp's own
    ) -> ClientResponse:
        """Ask as the holder of a key of `PARTIES`; `once` is an `Idempotency-Key`."""
        headers = dict(options.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {key_of(key)}"
        if once:
            headers["Idempotency-Key"] = once
        return await self.client.request(method, path, headers=headers, allow_redirects=False, **options)


def key_of(name: str) -> str:
    """Return the key itself."""
    return f"key-of-{name}"


def give_keys(connection: Connection) -> None:
    """Write the keys of `PARTIES`."""
    connection.execute(
        insert(api_keys),
        [
            {
                "id": uuid7(),
                "hash": sha256(key_of(name).encode()).digest(),
                "role": role,
                "party": party,
                "created_at": NOW,
                "created_by": "test",
            }
            for name, (role, party) in PARTIES.items()
        ],
    )


@asynccontextmanager
async def an_interface(
    ledger: SqlLedger,
    **settings: Any,  # noqa: ANN401 - whatever a table of the file holds
) -> AsyncIterator[Interface]:
    """Serve the interface on a database that has its tables; `settings` as in the file, beside `[database]`."""
    await ledger.database.transact(give_keys)
    clock = ManualClock()
    made = Settings(database={"url": "sqlite:////nowhere/else.db"}, **settings)
    words = SmsRenderer(made.templates.folders, f"【{made.service.signature}】", made.service.values)
    web = Web(made, ledger, VAULT, CODES, words, clock, Metrics())
    app = web.application(lambda: Health(answering=True, lines={}, open_replies=0))
    async with asyncio.TaskGroup() as tasks:
        live = tasks.create_task(web.live.run())
        async with TestClient(TestServer(app)) as client:
            yield Interface(client, clock, ledger)
        live.cancel()

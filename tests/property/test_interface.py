"""No address, no header and no body that anybody sends makes a fault of ours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_from_bytes

import msgspec
import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ops.health import Health
from gateway.ops.metrics import Metrics
from gateway.settings import Settings
from gateway.store import schema
from gateway.store.engine import SqlLedger, open_database
from gateway.web import Web
from tests.builders.city import shipped_renderer
from tests.builders.interface import give_keys, key_of
from tests.builders.messages import CODES, VAULT, ManualClock, liquor_code, melon_code
from tests.builders.store import sqlite_url, stock
from tests.peers.web import NO_LIMITS

DIGITS = "0123456789０１２〇一二OoIl -.,#*+"
CODES_AND_NOISE = st.one_of(
    st.text(max_size=80),
    st.text(DIGITS, max_size=40),
    st.sampled_from([liquor_code(1), melon_code(1), "012345", "蒙C12312", "69012345678" + "92", "TD", "举报 假酒"]),
    st.builds(str.__add__, st.sampled_from(["CX", "DT", "CQ", "{{", "../", "https://x/q/"]), st.text(max_size=30)),
)
TARGETS = st.one_of(
    CODES_AND_NOISE.map(lambda text: quote(text, safe="", errors="replace")),
    st.binary(max_size=40).map(lambda octets: quote_from_bytes(octets, safe="")),
)
# What an HTTP parser lets through in a header's value (RFC 9110 §5.5).
HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    ).map(msgspec.json.encode),
)


class Served:
    """The application without a socket, on one event loop."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.ledger = SqlLedger(open_database(sqlite_url(folder)), VAULT)
        self._runner.run(self._prepare())
        made = Settings(database={"url": "sqlite:////nowhere/else.db"}, limits=NO_LIMITS)
        web_ = Web(made, self.ledger, VAULT, CODES, shipped_renderer(), ManualClock(), Metrics())
        self.app = web_.application(lambda: Health(answering=True, lines={}, open_replies=0))
        self._live = self._runner.get_loop().create_task(web_.live.run())

    async def _prepare(self) -> None:
        await schema.upgrade(self.ledger.database)
        await self.ledger.database.transact(stock)
        await self.ledger.database.transact(give_keys)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
        return self._runner.run(self._ask(method, path, headers, body))

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> int:
        payload = StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**16)
        payload.feed_data(body)
        payload.feed_eof()
        headers = {"Content-Length": str(len(body)), **headers}
        request = make_mocked_request(method, path, headers=headers, app=self.app, payload=payload)
        try:
            response = await self.app._handle(request)
        except web.HTTPException as err:
            return err.status
        return response.status

    def close(self) -> None:
        self._live.cancel()
        self._runner.run(self.ledger.database.close())
        self._runner.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.close()


SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(method=st.sampled_from(["GET", "POST"]), place=st.sampled_from(["/q/", "/api/v1/query/"]), target=TARGETS)
def test_no_code_makes_a_fault(served: Served, method: str, place: str, target: str) -> None:
    assert served.ask(method, place + target, {}) in (200, 303, 404, 405, 422)


@SLOW
@given(name=st.sampled_from(["Cookie", "X-Forwarded-For", "Authorization", "Idempotency-Key", "Accept"]), value=HEADER)
def test_no_header_makes_a_fault(served: Served, name: str, value: str) -> None:
    status = served.ask("POST", f"/api/v1/query/{melon_code(1)}", {name: value})
    assert status in (200, 400, 401)
    assert served.ask("GET", f"/q/{melon_code(1)}", {name: value}) == 200


@SLOW
@given(data=st.data(), body=BODIES)
def test_no_body_makes_a_fault(served: Served, data: st.DataObject, body: bytes) -> None:
    posts = sorted(
        {
            resource.canonical
            for resource in served.app.router.resources()
            for route in resource
            if route.method == "POST" and resource.canonical.startswith("/api/")
        }
    )
    path = data.draw(st.sampled_from(posts))
    for name in ("type", "number", "code", "key"):
        path = path.replace(f"{{{name}}}", "lpg")
    headers = {"Authorization": f"Bearer {key_of('admin')}", "Content-Type": "application/json"}
    assert served.ask("POST", path, headers, body) < 500

"""What every resource goes through, over loopback: the key before the body, limits, types, first answers again."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, TypeVar, cast

import msgspec
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from gateway.api.app import build
from gateway.api.auth import Doorkeeper
from gateway.api.frame import Frame
from gateway.api.resource import Call, Nothing, Resource
from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, StoreDown, Why
from gateway.filing.books import Books
from gateway.ops.metrics import Metrics
from gateway.ports import First
from tests.builders.messages import ManualClock

T = TypeVar("T")
JSON = {"Content-Type": "application/json"}
KEY = {"Authorization": "Bearer good"}
PATH = "/api/v1/scales/7/weights"


class Scale(msgspec.Struct, frozen=True):
    number: str
    unit: str = "kg"


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kg: Annotated[float, msgspec.Meta(gt=0)]
    remark: str = ""


class Weighed(msgspec.Struct, frozen=True):
    number: str
    kg: float


@dataclass
class Replays:
    """`ports.Replays` in memory."""

    kept: dict[str, tuple[str, First | None]] = field(default_factory=dict)

    def first(self, key: str, request: str, now: datetime) -> First | None:
        if key not in self.kept:
            self.kept[key] = request, None
            return None
        if self.kept[key][0] != request:
            raise Refusal(Why.CONFLICT, "此 Idempotency-Key 已用于另一请求")
        return self.kept[key][1]

    def keep(self, key: str, first: First) -> None:
        self.kept[key] = self.kept[key][0], first


@dataclass
class Office:
    """The books, the keys, and what was weighed."""

    replays: Replays = field(default_factory=Replays)
    weighed: list[float] = field(default_factory=list)
    fault: Exception | None = None

    async def act(self, work: Callable[[Books], T]) -> T:
        return work(cast("Books", self))

    async def look(self, work: Callable[[Books], T]) -> T:
        return work(cast("Books", self))

    async def actor(self, digest: bytes) -> Actor | None:
        return Actor("key:1", Role.STATION, "s") if digest == sha256(b"good").digest() else None

    def weigh(self, books: Books, call: Call[Scale, Weight]) -> Weighed:
        if self.fault:
            raise self.fault
        self.weighed.append(call.body.kg)
        return Weighed(call.parameters.number, call.body.kg)

    async def show(self, call: Call[Nothing, Nothing]) -> Weighed | web.StreamResponse:
        return web.Response(text="7;1", content_type="text/csv")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def client(office: Office) -> AsyncIterator[TestClient[Any, Any]]:
    weigh = Resource(
        method="POST",
        path="/api/v1/scales/{number}/weights",
        summary="A weight",
        answer=Weighed,
        parameters=Scale,
        body=Weight,
        roles=frozenset({Role.STATION}),
        act=office.weigh,
        status=201,
        location=lambda weighed: f"/api/v1/weights/{weighed.kg:g}",
        most_bytes=100,
    )
    show = Resource(
        method="GET", path="/api/v1/weights", summary="All", answer=Weighed, view=office.show, media=("text/csv",)
    )
    clock = ManualClock()
    frame = Frame(office, Doorkeeper(office, clock), clock, Metrics())
    async with TestClient(TestServer(build(frame, [weigh, show], "http://localhost"))) as made:
        yield made


async def problem(response: ClientResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    found = await response.json()
    assert found["status"] == response.status
    return dict(found)


async def test_a_good_request_is_answered(client: TestClient[Any, Any], office: Office) -> None:
    response = await client.post(PATH, json={"kg": 14.5}, headers=KEY)
    assert (response.status, await response.json()) == (201, {"number": "7", "kg": 14.5})
    assert response.headers["Location"] == "/api/v1/weights/14.5"
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_key_is_asked_for_before_the_body(client: TestClient[Any, Any]) -> None:
    sent = asyncio.Event()

    async def never_ending() -> AsyncIterator[bytes]:
        yield b"{"
        await sent.wait()
        yield b"}"

    async with asyncio.timeout(10):
        response = await client.post(PATH, data=never_ending(), headers=JSON)
        assert response.status == 401
    sent.set()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"kg": 1}', {"Content-Type": "text/plain"}, 415),
        (b'{"kg": 1}', {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"kg": 1}', {"Content-Type": "application/json; charset=utf-8"}, 201),
        (b"{", JSON, 400),
        (b"", JSON, 400),
        (b'"\xff\xfe"', JSON, 422),
        (b'{"kg": "\xff"}', JSON, 422),
        (b'{"kg": 0}', JSON, 422),
        (b'{"kg": 1, "more": 1}', JSON, 422),
        (b'{"kg": 1, "remark": "\\u0000"}', JSON, 422),
        (b'{"kg": 1, "remark": "\\ud800"}', JSON, 400),
        (b'{"kg": 1, "remark": "' + b"x" * 100 + b'"}', JSON, 413),
        (b"[" * 90, JSON, 422),
    ],
)
async def test_a_body_that_does_not_fit_is_refused(
    client: TestClient[Any, Any], office: Office, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = await client.post(PATH, data=body, headers=headers | KEY)
    assert response.status == status, await response.text()
    if status != 201:
        await problem(response)
        assert office.weighed == []


async def test_a_body_without_a_length_is_limited_too(client: TestClient[Any, Any]) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 10

    response = await client.post(PATH, data=chunks(), headers=JSON | KEY)
    assert (await problem(response))["status"] == 413


async def test_a_packed_body_is_limited_by_what_it_unpacks_to(client: TestClient[Any, Any]) -> None:
    bomb = zlib.compress(b" " * 1_000_000)
    response = await client.post(PATH, data=bomb, headers=JSON | KEY | {"Content-Encoding": "deflate"})
    assert response.status == 413


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Encoding: gzip\r\nContent-Length: 9", b"not a zip"),
        ("Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n"),
        ("Content-Length: 99", b"{"),  # and the line goes
    ],
)
async def test_a_body_that_breaks_off_is_no_fault_of_ours(
    client: TestClient[Any, Any], office: Office, caplog: pytest.LogCaptureFixture, headers: str, body: bytes
) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n{headers}"
    )
    writer.write(head.encode() + b"\r\n\r\n" + body)
    writer.write_eof()
    told = await reader.read()
    writer.close()
    assert told == b"" or told.startswith(b"HTTP/1.1 400 ")
    assert office.weighed == []
    assert [one for one in caplog.records if one.name.startswith("gateway")] == []


@pytest.mark.parametrize("query", ["?unit=%00", "?units=t", "?unit=kg&since=1", "?unit=kg&unit=t", "?number=8"])
async def test_a_parameter_that_is_not_known_or_not_text_is_refused(client: TestClient[Any, Any], query: str) -> None:
    response = await client.post(PATH + query, json={"kg": 1}, headers=KEY)
    assert (await problem(response))["status"] == 422


async def test_an_idempotency_key_makes_one_act_of_two(client: TestClient[Any, Any], office: Office) -> None:
    headers = KEY | {"Idempotency-Key": "fill-1"}
    first = await client.post(PATH, json={"kg": 1}, headers=headers)
    again = await client.post(PATH, json={"kg": 1}, headers=headers)
    assert (first.status, await first.read()) == (again.status, await again.read())
    assert again.headers["Location"] == first.headers["Location"]
    other = await client.post(PATH, json={"kg": 2}, headers=headers)
    assert (await problem(other))["status"] == 409
    elsewhere = await client.post(PATH.replace("7", "8"), json={"kg": 1}, headers=headers)
    assert elsewhere.status == 201
    assert office.weighed == [1, 1]


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "钥匙"])
async def test_an_idempotency_key_is_visible_characters(client: TestClient[Any, Any], key: str) -> None:
    response = await client.post(PATH, json={"kg": 1}, headers=KEY | {"Idempotency-Key": key})
    assert (await problem(response))["status"] == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Refusal(Why.FORBIDDEN, "该气瓶不属于本单位，无权操作"), 403),
        (Refusal(Why.CONFLICT, "标签已绑定", "code"), 409),
        (StoreDown("gone"), 503),
        (ZeroDivisionError("14.5 / 0"), 500),
    ],
)
async def test_what_an_act_raises_is_told(
    client: TestClient[Any, Any], office: Office, fault: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    office.fault = fault
    found = await problem(await client.post(PATH, json={"kg": 1}, headers=KEY))
    assert found["status"] == status
    assert "14.5" not in found["detail"]
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == (status == 500)


async def test_unknown_addresses_and_methods_are_problems(client: TestClient[Any, Any]) -> None:
    assert (await problem(await client.get("/api/v1/nothing")))["status"] == 404
    wrong = await client.put(PATH)
    assert (await problem(wrong))["status"] == 405
    assert wrong.headers["Allow"] == "POST"


async def test_another_type_than_json_is_passed_on(client: TestClient[Any, Any]) -> None:
    response = await client.get("/api/v1/weights")
    assert (response.content_type, await response.text()) == ("text/csv", "7;1")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_document_is_there_without_a_key(client: TestClient[Any, Any]) -> None:
    document = json.loads(await (await client.get("/api/openapi.json")).read())
    assert set(document["paths"]) == {"/api/v1/scales/{number}/weights", "/api/v1/weights"}

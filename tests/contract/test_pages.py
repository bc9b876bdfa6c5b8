"""The pages over HTTP: whatever is sent, a citizen reads a page in his own language, or is led to one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from gateway.store.engine import SqlLedger
from tests.builders.interface import Interface, an_interface
from tests.builders.messages import liquor_code

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def web(ledger: SqlLedger) -> AsyncIterator[Interface]:
    async with an_interface(ledger) as made:
        yield made


async def reads(response: ClientResponse, words: str) -> None:
    assert response.content_type == "text/html"
    assert words in await response.text()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "headers", "place"),
    [
        (b"code=4112230221064415", {}, "/q/4112230221064415"),
        (b"code=+%E8%92%99C12345+", {"Content-Type": f"{FORM}; charset=nonsense"}, "/q/%E8%92%99C12345"),
        (b"code=\xe8\x92\x99C12345", {}, "/q/%E8%92%99C12345"),
        (b"code=%ff\xfe", {}, "/q/%EF%BF%BD%EF%BF%BD"),
        (b"code=a%2Fb%3Fc%23d", {}, "/q/a%2Fb%3Fc%23d"),
    ],
)
async def test_the_field_leads_to_the_codes_own_page(
    web: Interface, body: bytes, headers: dict[str, str], place: str
) -> None:
    response = await web.post("/q", data=body, headers={"Content-Type": FORM} | headers)
    assert (response.status, response.headers["Location"]) == (307, place)


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"", FORM),
        (b"code=", FORM),
        (b"code=+..+", FORM),  # a browser takes /q/.. for /
        (b'{"code": "1"}', "application/json"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"no parts", "multipart/form-data"),
    ],
)
async def test_without_a_code_the_field_leads_to_itself(web: Interface, body: bytes, type_: str) -> None:
    for place in ("/q", "/q/"):
        response = await web.post(place, data=body, headers={"Content-Type": type_})
        assert (response.status, response.headers["Location"]) == (303, "/")  # a POST has no business there


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [("GET", "/nothing", 404), ("GET", "/q/a/b", 404), ("PUT", f"/q/{liquor_code(1)}", 405), ("POST", "/", 405)],
)
async def test_where_no_page_is_a_field_is(web: Interface, method: str, place: str, status: int) -> None:
    response = await web.ask(method, place, None)
    assert response.status == status
    await reads(response, "打不开这个页面")
    assert 'action="/q"' in await response.text()
    assert ("Allow" in response.headers) is (status == 405)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(b"code=1", {"Content-Encoding": "gzip"}, 400), (b"code=" + b"1" * 5000, {}, 413)],
)
async def test_what_cannot_be_read_is_told_on_a_page(
    web: Interface, body: bytes, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    response = await web.post("/q", data=body, headers={"Content-Type": FORM} | headers)
    assert response.status == status
    await reads(response, "打不开这个页面")
    assert [one for one in caplog.records if one.name.startswith("gateway") and one.levelname == "ERROR"] == []


async def test_a_page_says_what_a_text_says_in_the_operators_own_words(ledger: SqlLedger, tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "malformed.j2").write_text("看不懂 <这个> 编码。", encoding="utf-8")
    async with an_interface(ledger, templates={"dir": tmp_path}) as web:
        shown = await web.get("/q/hello")
        await reads(shown, "<p>看不懂 &lt;这个&gt; 编码。</p>")
        told = await web.get("/api/v1/query/hello")
        assert (await told.json())["text"] == "看不懂 <这个> 编码。"


async def test_a_limit_is_told_without_a_word_on_the_code(ledger: SqlLedger) -> None:
    async with an_interface(ledger, limits={"address_codes_per_hour": 1}) as web:
        await web.post(f"/q/{liquor_code(1)}")
        response = await web.post(f"/q/{liquor_code(2)}")
        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 0
        await reads(response, "这不说明编码的真伪")

"""The public query on both databases: what a look tells, what a question counts, and who is asking."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gateway.api.auth import FRESH
from gateway.domain.errors import StoreDown
from gateway.store.engine import SqlLedger
from gateway.store.replays import ANSWER_LIFE
from gateway.store.tables import api_keys, idempotency, inquiries, labels
from tests.builders.interface import Interface, an_interface, key_of
from tests.builders.messages import liquor_code, melon_code
from tests.builders.store import rows

HOME = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
async def web(ledger: SqlLedger) -> AsyncIterator[Interface]:
    async with an_interface(ledger, http={"trusted_proxies": ["127.0.0.1"]}) as made:
        yield made


async def asked(web: Interface, method: str, code: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - aiohttp
    response = await web.ask(method, f"/api/v1/query/{code}", options.pop("key", None), **options)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def count_of(web: Interface, code: str) -> int:
    found = await rows(web.ledger, select(labels.c.query_count).where(labels.c.code == code))
    return sum(row["query_count"] for row in found)


async def test_a_look_at_a_covert_code_tells_and_counts_nothing(web: Interface) -> None:
    code = liquor_code(1)
    looked = [await asked(web, "GET", code) for _ in range(3)]
    assert looked[0] == looked[2]
    assert looked[0] | {"text": ""} == {
        "code": f"{code[:4]}****{code[-4:]}",
        "record_type": "liquor",
        "verdict": None,
        "reasons": [],
        "query_count": 0,
        "first_queried_at": None,
        "text": "",
        "trace": [],
        "data_as_of": None,
        "confirm": "POST",
    }
    assert await count_of(web, code) == 0
    assert (await asked(web, "POST", code))["verdict"] == "GENUINE_FIRST"


async def test_a_look_does_not_tell_a_covert_code_from_one_never_issued(web: Interface) -> None:
    real, never = await asked(web, "GET", liquor_code(1)), await asked(web, "GET", liquor_code(10**9))
    assert {**real, "code": ""} == {**never, "code": ""}


async def test_an_open_code_is_told_by_a_look_and_counted_by_a_question(web: Interface) -> None:
    code = melon_code(1)
    looked = await asked(web, "GET", code)
    assert (looked["verdict"], looked["query_count"]) == ("TRACE_OK", 0)
    assert "次查询" not in looked["text"]
    assert "【" not in looked["text"]
    assert (await asked(web, "POST", code))["query_count"] == 1
    assert (await asked(web, "GET", code))["query_count"] == 1


async def test_without_a_key_or_a_cookie_everybody_is_another(web: Interface) -> None:
    code = liquor_code(2)
    verdicts = [(await asked(web, "POST", code))["verdict"] for _ in range(3)]
    assert verdicts == ["GENUINE_FIRST", "REPEAT_WARN", "REPEAT_WARN"]


async def test_a_browser_is_known_by_its_cookie(web: Interface) -> None:
    code = liquor_code(3)
    await web.get("/")
    first, again = await asked(web, "POST", code), await asked(web, "POST", code)
    assert (first["verdict"], again["verdict"]) == ("GENUINE_FIRST", "SELF_REPEAT")
    web.client.session.cookie_jar.clear()
    assert (await asked(web, "POST", code))["verdict"] == "REPEAT_WARN"


async def test_a_forged_cookie_is_nobody(web: Interface) -> None:
    code = liquor_code(4)
    for _ in range(2):
        answer = await asked(web, "POST", code, headers={"Cookie": "fx=chosen.00112233445566778899aabbccddeeff"})
    assert answer["verdict"] == "REPEAT_WARN"


async def test_the_same_idempotency_key_gets_the_first_answer_again(web: Interface) -> None:
    code = liquor_code(5)
    first = await asked(web, "POST", code, key="firm", once="scan-1")
    again = await asked(web, "POST", code, key="firm", once="scan-1")
    assert first == again
    assert first["verdict"] == "GENUINE_FIRST"
    assert await count_of(web, code) == 1
    other = await asked(web, "POST", code, key="firm", once="scan-2")
    assert other["verdict"] == "REPEAT_WARN"
    stranger = await asked(web, "POST", code, key="station", once="scan-1")
    assert (stranger["verdict"], stranger["query_count"]) == ("REPEAT_WARN", 3)


async def test_an_answer_is_given_again_for_minutes_and_then_made_anew(web: Interface) -> None:
    code = liquor_code(5)
    first = await asked(web, "POST", code, key="firm", once="scan-1")
    web.clock.forward(ANSWER_LIFE.total_seconds() - 1)
    assert await asked(web, "POST", code, key="firm", once="scan-1") == first
    web.clock.forward(1)
    now = await asked(web, "POST", code, key="firm", once="scan-1")
    assert (now["verdict"], now["query_count"]) == ("SELF_REPEAT", 2)
    assert await asked(web, "POST", code, key="firm", once="scan-1") == now


async def test_two_browsers_behind_one_address_are_not_taken_for_each_other(web: Interface) -> None:
    code = liquor_code(5)
    await web.get("/")
    first = await asked(web, "POST", code, once=code)
    assert await asked(web, "POST", code, once=code) == first
    web.client.session.cookie_jar.clear()
    await web.get("/")
    other = await asked(web, "POST", code, once=code)
    assert (first["verdict"], other["verdict"]) == ("GENUINE_FIRST", "REPEAT_WARN")


async def test_many_at_once_with_one_idempotency_key_count_once(web: Interface) -> None:
    code = liquor_code(6)
    asking = [asked(web, "POST", code, key="firm", once="scan-1") for _ in range(8)]
    answers = await asyncio.gather(*asking)
    assert {answer["verdict"] for answer in answers} == {"GENUINE_FIRST"}
    assert await count_of(web, code) == 1


async def test_many_at_once_have_one_first(web: Interface) -> None:
    code = liquor_code(7)
    answers = await asyncio.gather(*(asked(web, "POST", code) for _ in range(40)))
    assert sorted(answer["query_count"] for answer in answers) == list(range(1, 41))
    assert [answer["verdict"] for answer in answers].count("GENUINE_FIRST") == 1


async def test_a_regulators_trial_counts_nothing_and_stands_apart(web: Interface) -> None:
    code = liquor_code(8)
    tried = [await asked(web, "POST", code, key="regulator") for _ in range(2)]
    assert [answer["verdict"] for answer in tried] == ["GENUINE_FIRST", "GENUINE_FIRST"]
    assert await count_of(web, code) == 0
    kept = await rows(web.ledger, select(inquiries.c.test, inquiries.c.state))
    assert [tuple(row.values()) for row in kept] == [(True, "answered")] * 2
    assert (await asked(web, "POST", code))["verdict"] == "GENUINE_FIRST"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("CX" + "1" * 16, "MALFORMED"),
        ("12345", "MALFORMED"),
        ("6901234567892", "WRONG_KIND"),
        ("TD", "MALFORMED"),
        ("举报" + "假酒", "MALFORMED"),
        ("x" * 3000, "MALFORMED"),
        ("012399", "UNKNOWN"),
        ("蒙C99999", "UNKNOWN"),
        ("https:%2F%2Ffx100.example%2Fq%2F123", "MALFORMED"),
    ],
)
async def test_a_path_is_understood_as_a_text_is(web: Interface, text: str, verdict: str) -> None:
    for method in ("GET", "POST"):
        assert (await asked(web, method, text))["verdict"] == verdict
    assert {row["state"] for row in await rows(web.ledger, select(inquiries.c.state))} == {"answered"}


async def test_what_was_asked_is_kept_without_an_address_in_clear(web: Interface) -> None:
    await asked(web, "POST", melon_code(2), headers=HOME)
    [kept] = await rows(web.ledger, select(inquiries))
    assert (kept["channel"], kept["state"], kept["intent"]) == ("api", "answered", "query")
    assert "203.0.113.7" not in str(kept)


async def test_one_address_is_limited_and_another_is_not(ledger: SqlLedger) -> None:
    limits = {"address_codes_per_hour": 3}
    async with an_interface(ledger, limits=limits, http={"trusted_proxies": ["127.0.0.0/8"]}) as web:
        statuses = [(await web.post(f"/api/v1/query/{melon_code(n)}", headers=HOME)).status for n in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = await web.get(f"/api/v1/query/{melon_code(1)}", headers=HOME)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "3600")
        assert refused.content_type == "application/problem+json"
        assert (await web.post(f"/api/v1/query/{melon_code(1)}")).status == 200
        assert (await web.post(f"/api/v1/query/{melon_code(1)}", key="firm", headers=HOME)).status == 200
    assert len(await rows(ledger, select(inquiries))) == 5


async def test_a_browser_has_the_limits_of_a_phone(ledger: SqlLedger) -> None:
    async with an_interface(ledger, limits={"codes_per_hour": 2}) as web:
        await web.get("/")
        statuses = [(await web.post(f"/api/v1/query/{melon_code(n)}")).status for n in range(3)]
    assert statuses == [200, 200, 429]


async def test_a_key_has_a_limit_of_its_own_and_a_regulator_none(ledger: SqlLedger) -> None:
    async with an_interface(ledger, limits={"key_codes_per_hour": 3}) as web:
        for number in (1, 2, 3):
            await asked(web, ("GET", "POST")[number % 2], liquor_code(number), key="firm", once=f"scan-{number}")
        refused = await web.post(f"/api/v1/query/{liquor_code(4)}", "firm", once="scan-4")
        assert (refused.status, refused.headers["Retry-After"]) == (429, "3600")
        await asked(web, "POST", liquor_code(4), key="station")
        for _ in range(4):
            await asked(web, "POST", liquor_code(4), key="regulator")


async def test_a_key_that_guesses_is_not_answered_for_a_while(ledger: SqlLedger) -> None:
    async with an_interface(ledger, limits={"key_misses_in_a_row": 2}) as web:
        for unknown in ("1234", "12345"):
            await asked(web, "POST", unknown, key="firm", once=unknown)
        refused = await web.post(f"/api/v1/query/{liquor_code(1)}", "firm", once="scan-1")
        assert refused.status == 429


async def test_an_unbelieved_header_makes_no_other_address(ledger: SqlLedger) -> None:
    async with an_interface(ledger, limits={"address_codes_per_hour": 2}) as web:
        headers = [{"X-Forwarded-For": f"203.0.113.{n}"} for n in range(3)]
        statuses = [(await web.get(f"/api/v1/query/{melon_code(1)}", headers=one)).status for one in headers]
    assert statuses == [200, 200, 429]


async def test_a_key_that_is_revoked_works_for_seconds_only(web: Interface) -> None:
    path = f"/api/v1/query/{melon_code(1)}"
    assert (await web.get(path, key="firm")).status == 200
    revoke = update(api_keys).values(revoked_at=web.clock.now())
    await web.ledger.database.transact(lambda connection: connection.execute(revoke))
    web.clock.forward(FRESH.total_seconds())
    refused = await web.get(path, key="firm")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "", f"Basic {key_of('firm')}", "Bearer \udcff"])
async def test_a_wrong_key_opens_nothing_even_where_none_is_needed(web: Interface, header: str) -> None:
    response = await web.get(f"/api/v1/query/{melon_code(1)}", headers={"Authorization": header})
    assert response.status == 401


async def test_a_store_that_is_away_is_told_as_such_and_nothing_is_counted(
    web: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreDown("gone")

    code = liquor_code(9)
    with monkeypatch.context() as patched:
        patched.setattr(web.ledger, "run", away)
        api, page = await web.post(f"/api/v1/query/{code}"), await web.post(f"/q/{code}")
    assert (api.status, page.status) == (503, 503)
    assert api.headers["Retry-After"] == page.headers["Retry-After"]
    assert "暂时无法查询" in await page.text()
    assert (await asked(web, "POST", code))["verdict"] == "GENUINE_FIRST"


async def test_replays_are_bound_to_one_address_of_the_interface(web: Interface) -> None:
    await asked(web, "POST", melon_code(1), key="firm", once="k")
    other = await web.post(f"/api/v1/query/{melon_code(2)}", key="firm", once="k")
    assert other.status == 200
    assert (await rows(web.ledger, select(func.count().label("n")).select_from(idempotency))) == [{"n": 2}]

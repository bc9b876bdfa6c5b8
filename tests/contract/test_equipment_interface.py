"""Stations, inspectors and lifts over the interface: what goes in, what comes out, and who is let in."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import to_builtins
from sqlalchemy import func, select

from gateway.domain.errors import StoreDown
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import events, record_versions, records
from tests.builders.interface import PARTIES, Interface, an_interface, key_of
from tests.builders.messages import NOW
from tests.builders.store import rows
from tests.builders.town import CYLINDER, LIFT, PLATE, seal
from tests.builders.traces import a_liquor

AT = (NOW - timedelta(hours=1)).isoformat()
FILL = {
    "at": AT,
    "cylinder_no": CYLINDER,
    "gas": "LPG",
    "weight_kg": 14.5,
    "operator": "张三丰",
    "operator_certificate": "CZ15030001",
    "seal": seal(0),
}
DELIVERY = {"at": AT, "cylinder_no": CYLINDER, "courier": "张三丰", "staff_no": "023"}
INSPECTION = {"at": AT, "cylinder_no": CYLINDER, "result": "pass", "next_on": "2029-05"}
REGISTRATION = {"at": AT, "lift": LIFT, "action": "install", "installer": "安装公司", "installed_on": "2026-05-01"}
TRAPPED = {"at": AT, "lift": LIFT, "kind": "trapped"}
ALL = frozenset(PARTIES)
EVENTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "fill-events": (FILL, {"station", "other_station", "regulator", "admin"}),
    "delivery-events": (DELIVERY, {"station", "other_station", "firm", "regulator", "admin"}),
    "inspection-events": (INSPECTION, {"inspector", "regulator", "admin"}),
    "registration-events": (
        REGISTRATION,
        {"station", "other_station", "maintenance", "use_unit", "inspector", "regulator", "admin"},
    ),
    "elevator-events": (TRAPPED, {"maintenance", "use_unit", "regulator", "admin"}),
}
# Whose role may report, but not on this thing, or not in this name.
NOT_THEIRS = {
    "fill-events": ("other_station", {"party": "station-pingan"}),
    "delivery-events": ("other_station", {}),
    "registration-events": ("other_station", {}),
    "elevator-events": ("maintenance", {"party": "use-unit-binhe"}),
    "inspection-events": ("inspector", {"party": "regulator-wuhai"}),
}


@pytest.fixture
async def web(ledger: SqlLedger, town: SqlArchive) -> AsyncIterator[Interface]:
    async with an_interface(ledger) as made:
        yield made


async def told(web: Interface, path: str, key: str, status: int = 200, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - aiohttp
    method = "POST" if "json" in options else "GET"
    response = await web.ask(method, f"/api/v1/{path}", key, **options)
    assert response.status == status, await response.text()
    return dict(await response.json())


async def written(web: Interface) -> list[dict[str, Any]]:
    """Count what an act can leave behind."""
    return [
        row
        for table in (events, records, record_versions)
        for row in await rows(web.ledger, select(func.count()).select_from(table))
    ]


# -- permits --------------------------------------------------------------------------------------------


async def test_a_permit_is_signed_for_the_key_that_asked(web: Interface) -> None:
    answer = await told(web, "fill-permits", "station", json={"plate": PLATE})
    assert list(answer) == ["decision", "reasons", "valid_until", "signature"]
    assert (answer["decision"], answer["reasons"]) == ("allow", [])
    assert answer["valid_until"] == "2026-05-11T12:00:00+08:00"
    issued, _, signed = answer["signature"].removeprefix("t=").partition(",v1=")
    lines = ["fill-permit", issued, "plate", PLATE, "allow", "", answer["valid_until"]]
    expected = hmac.new(key_of("station").encode(), "\n".join(lines).encode(), "sha256").hexdigest()
    assert (int(issued), signed) == (int(NOW.timestamp()), expected)


async def test_a_denial_names_all_reasons_and_is_signed_too(web: Interface) -> None:
    answer = await told(web, "fill-permits", "other_station", json={"cylinder_no": CYLINDER})
    assert (answer["decision"], answer["reasons"], answer["valid_until"]) == ("deny", ["CERT_MISMATCH"], None)
    issued, _, signed = answer["signature"].removeprefix("t=").partition(",v1=")
    lines = ["fill-permit", issued, "cylinder_no", CYLINDER, "deny", "CERT_MISMATCH", ""]
    assert signed == hmac.new(key_of("other_station").encode(), "\n".join(lines).encode(), "sha256").hexdigest()


@pytest.mark.parametrize("body", [{"code": "6" * 16}, {"plate": "蒙C00000"}, {"cylinder_no": "x"}])
async def test_what_is_unknown_is_denied_and_no_error(web: Interface, body: dict[str, str]) -> None:
    answer = await told(web, "fill-permits", "station", json=body)
    assert (answer["decision"], answer["reasons"]) == ("deny", ["UNKNOWN"])


@pytest.mark.parametrize(
    "body", [{}, {"plate": PLATE, "cylinder_no": CYLINDER}, {"plate": f"{PLATE}\nallow"}, {"plate": f"{PLATE}\n"}]
)
async def test_a_request_names_one_thing_in_one_line(web: Interface, body: dict[str, str]) -> None:
    problem = await told(web, "fill-permits", "station", 422, json=body)
    assert problem["errors"][0]["field"] in ("code", "plate")


@pytest.mark.parametrize(
    ("path", "key", "body", "field"),
    [
        ("fill-permits", "station", f'{{"cylinder_no": "x", "cylinder_no": "{CYLINDER}"}}', "cylinder_no"),
        ("records/liquor", "firm", '{"record": {"product": "a", "pro\\u0064uct": "b"}}', "product"),
    ],
)
async def test_what_stands_twice_is_refused(web: Interface, path: str, key: str, body: str, field: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await web.ask("POST", f"/api/v1/{path}", key, data=body, headers=headers)
    assert (response.status, (await response.json())["errors"]) == (422, [{"field": field, "reason": "写了两次"}])


async def test_a_quiet_feed_denies_until_it_is_heard(web: Interface) -> None:
    web.clock.forward(25 * 3600)
    stale = await told(web, "fill-permits", "station", json={"cylinder_no": CYLINDER})
    assert stale["reasons"] == ["STALE_DATA"]
    heard = await told(web, "heartbeats", "station", json={})
    assert heard["source"] == "station-pingan"
    fresh = await told(web, "fill-permits", "station", json={"cylinder_no": CYLINDER})
    assert fresh["decision"] == "allow"


async def test_without_a_database_there_is_no_permit(web: Interface, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(web, "fill-permits", "station", json={"plate": PLATE})  # the key is known now

    async def away(_archive: SqlArchive, _work: object) -> None:
        raise StoreDown("the database is away")

    monkeypatch.setattr(SqlArchive, "look", away)
    problem = await told(web, "fill-permits", "station", 503, json={"plate": PLATE})
    assert "decision" not in problem


async def test_the_deny_list_goes_on_where_it_ended(web: Interface) -> None:
    assert (await told(web, "deny-list", "station"))["entries"] == []
    failed = {**INSPECTION, "result": "fail", "next_on": None}
    await told(web, "inspection-events", "inspector", 201, json=failed)
    first = await told(web, "deny-list?since=0", "station")
    (entry,) = first["entries"]
    assert (entry["cylinder_no"], entry["denied"], entry["reasons"]) == ([CYLINDER], True, ["FAILED"])
    assert entry["thing"] == f"lpg/{CYLINDER}"
    assert (first["next"], first["as_of"]) == (entry["seq"], "2026-05-10T04:00:00Z")
    assert (await told(web, f"deny-list?since={first['next']}", "station"))["entries"] == []


async def test_a_number_of_another_list_begins_anew_and_misses_nothing(web: Interface) -> None:
    await told(web, "deny-list?since=7", "station", 409)


# -- events ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVENTS)
async def test_a_role_that_may_not_report_is_refused_and_leaves_nothing(web: Interface, path: str) -> None:
    body, may = EVENTS[path]
    before = await written(web)
    for key in sorted(ALL - may):
        await told(web, path, key, 403, json=body)
    assert await written(web) == before


@pytest.mark.parametrize("path", NOT_THEIRS)
async def test_what_is_another_partys_is_refused_and_leaves_nothing(web: Interface, path: str) -> None:
    key, changes = NOT_THEIRS[path]
    before = await written(web)
    await told(web, path, key, 403, json={**EVENTS[path][0], **changes})
    assert await written(web) == before


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("fill-events", "station"),
        ("delivery-events", "station"),
        ("inspection-events", "inspector"),
        ("registration-events", "maintenance"),
        ("elevator-events", "use_unit"),
    ],
)
async def test_an_event_is_taken_once_under_its_idempotency_key(web: Interface, path: str, key: str) -> None:
    first = await told(web, path, key, 201, json=EVENTS[path][0], once="A-1")
    assert first["applied"]
    assert await told(web, path, key, 201, json=EVENTS[path][0], once="A-1") == first
    (count,) = await rows(web.ledger, select(func.count()).select_from(events))
    assert count == {"count_1": 1}
    await told(web, path, key, 409, json={**EVENTS[path][0], "at": NOW.isoformat()}, once="A-1")


@pytest.mark.parametrize(
    ("path", "key", "changes", "status", "field"),
    [
        ("fill-events", "station", {"weight_kg": 15.0}, 422, "weight_kg"),
        ("fill-events", "station", {"at": "2026-05-10T04:06:00Z"}, 422, "at"),
        ("fill-events", "station", {"at": "2026-05-10T04:00:00"}, 422, "at"),
        ("fill-events", "station", {"cylinder_no": "WH00000000"}, 404, "cylinder_no"),
        ("fill-events", "station", {"seal": seal(0, "station-limin")}, 403, "seal"),
        ("inspection-events", "inspector", {"next_on": "2028-06-31"}, 422, "next_on"),
        ("inspection-events", "inspector", {"next_on": "2026-12"}, 409, "next_on"),
        ("inspection-events", "inspector", {"next_on": None}, 422, "next_on"),
        ("elevator-events", "maintenance", {"lift": "999999"}, 404, "lift"),
        ("elevator-events", "maintenance", {"kind": "burning"}, 422, "kind"),
        ("delivery-events", "station", {"courier_id_card": "110105194912310021"}, 422, "courier_id_card"),
    ],
)
async def test_what_is_wrong_is_told_by_its_field(
    web: Interface, path: str, key: str, changes: dict[str, Any], status: int, field: str
) -> None:
    before = await written(web)
    problem = await told(web, path, key, status, json={**EVENTS[path][0], **changes})
    assert [error["field"] for error in problem["errors"]] == [field]
    assert await written(web) == before


async def test_a_photograph_of_200_kb_is_taken_and_a_larger_one_is_not(web: Interface) -> None:
    photo = b64encode(b"\xff\xd8\xff" + bytes(199_997)).decode()
    await told(web, "delivery-events", "station", 201, json={**DELIVERY, "courier_photo": photo})
    larger = b64encode(b"\xff\xd8\xff" + bytes(199_998)).decode()
    await told(web, "delivery-events", "station", 422, json={**DELIVERY, "courier_photo": larger})
    largest = b64encode(bytes(400_000)).decode()
    await told(web, "delivery-events", "station", 413, json={**DELIVERY, "courier_photo": largest})


async def test_somebody_trapped_is_an_alert_and_the_lift_says_so(web: Interface) -> None:
    taken = await told(web, "elevator-events", "maintenance", 201, json=TRAPPED)
    assert taken["alert"] is not None
    shown = await told(web, f"elevators/{LIFT}", "use_unit")
    assert (shown["state"], shown["verdict"]) == ("trapped", "ELEV_FAULT")
    assert shown["events"] == [{"kind": "trapped", "at": "2026-05-10T03:00:00Z", "party": "maintenance-antai"}]


# -- records --------------------------------------------------------------------------------------------


async def test_a_firm_files_its_batch_and_the_regulator_reads_it(web: Interface) -> None:
    body = {"record": to_builtins(a_liquor(batch_no="B1"))}
    filed = await told(web, "records/liquor", "firm", json=body)
    assert filed == {"record": "liquor/B1", "version": 1, "warnings": []}
    read = await told(web, "records/liquor/B1", "regulator")
    assert (read["owner"], read["record"]["batch_no"], read["private"]) == ("factory-hetao", "B1", None)
    await told(web, "records/liquor/B1", "firm", 403)
    await told(web, "records/liquor/B2", "regulator", 404)
    await told(web, "records/unknown/B1", "regulator", 422)


async def test_the_vehicle_office_asks_by_plate(web: Interface) -> None:
    told_of = await told(web, f"vehicles/{PLATE}/certificate", "office")
    assert told_of == {"plate": PLATE, "certificate": "valid", "tag": "intact"}
    await told(web, f"vehicles/{PLATE}/certificate", "station", 403)
    await told(web, "vehicles/蒙C99999/certificate", "office", 404)


async def test_all_of_it_stands_in_the_document(web: Interface) -> None:
    document = await (await web.get("/api/openapi.json")).json()
    wanted = {f"/api/v1/{path}" for path in EVENTS} | {
        "/api/v1/fill-permits",
        "/api/v1/deny-list",
        "/api/v1/heartbeats",
        "/api/v1/records/{type}",
        "/api/v1/records/{type}/{key}",
        "/api/v1/elevators/{code}",
        "/api/v1/vehicles/{plate}/certificate",
    }
    assert wanted <= set(document["paths"])

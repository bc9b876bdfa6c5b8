"""Reports, complaints and cases over HTTP: who may see what, and in which form."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from gateway.domain.ticket import DUE
from gateway.ports import TicketDraft
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, idempotency, messages, parties
from tests.builders.figures import a_city, asked
from tests.builders.interface import Interface, an_interface
from tests.builders.messages import CITIZEN, NOW, an_inquiry, liquor_code
from tests.builders.store import rows

REPORTS = ("census", "evaluation", "progress", "problems")


@pytest.fixture
async def web(ledger: SqlLedger) -> AsyncIterator[Interface]:
    def fill(connection: Connection) -> None:
        a_city(connection)
        asked(connection, "GENUINE_FIRST", liquor_code(1), record="liquor/A0312")

    await ledger.database.transact(fill)
    async with an_interface(ledger) as made:
        yield made


async def a_ticket(web: Interface) -> str:
    draft = TicketDraft(an_inquiry().id, CITIZEN, (liquor_code(1),), "假酒", None, NOW, NOW + DUE)
    return await web.ledger.run(lambda unit: unit.tickets.open(draft))


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_needs_a_key_and_comes_as_json_or_csv(web: Interface, name: str) -> None:
    assert (await web.get(f"/api/v1/reports/{name}")).status == 401
    assert (await web.get(f"/api/v1/reports/{name}", "office")).status == 403
    told = await web.get(f"/api/v1/reports/{name}?from=2026-05-01&to=2026-05-10", "regulator")
    assert told.status == 200
    body = await told.json()
    assert (body["from"], body["to"], body["as_of"]) == ("2026-05-01", "2026-05-10", "2026-05-10T04:00:00Z")
    assert body["problems" if name == "problems" else "figures"]
    file = await web.get(f"/api/v1/reports/{name}?format=csv", "regulator")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    assert (await file.read()).decode("utf-8-sig").startswith("问题," if name == "problems" else "指标,")


async def test_a_firm_sees_nothing_of_another(web: Interface) -> None:
    mine = update(parties).where(parties.c.id == "s-1").values(id="station-pingan")
    await web.ledger.database.transact(lambda connection: connection.execute(mine))
    for name in REPORTS:
        told = await web.get(f"/api/v1/reports/{name}", "other_station")
        body = await told.json()
        assert body.get("figures", body.get("problems")) == []
    told = await (await web.get("/api/v1/reports/evaluation", "station")).json()
    assert {figure["party"] for figure in told["figures"] if "party" in figure} == {"station-pingan"}


async def test_days_that_are_none_are_refused_by_name(web: Interface) -> None:
    backwards = await web.get("/api/v1/reports/census?from=2026-05-02&to=2026-05-01", "regulator")
    assert (backwards.status, (await backwards.json())["errors"][0]["field"]) == (422, "from")
    for query in ("from=2026-06-31", "to=yesterday", "format=xml"):
        assert (await web.get(f"/api/v1/reports/census?{query}", "regulator")).status == 422


async def test_anybody_sees_the_public_report_counted_every_ten_minutes(web: Interface) -> None:
    first = await (await web.get("/api/v1/reports/public")).json()
    assert [f["verdict"] for f in first["figures"] if f["measure"] == "queries"] == ["GENUINE_FIRST"]
    await web.ledger.database.transact(lambda connection: asked(connection, "UNKNOWN", "1"))
    web.clock.forward(599)
    assert await (await web.get("/api/v1/reports/public")).json() == first
    web.clock.forward(1)
    later = await (await web.get("/api/v1/reports/public")).json()
    assert [f["verdict"] for f in later["figures"] if f["measure"] == "queries"] == ["UNKNOWN", "GENUINE_FIRST"]
    assert (await web.get("/api/v1/reports/public?format=csv")).headers["Content-Type"].startswith("text/csv")


async def test_the_call_back_of_another_office_closes_a_ticket_once(web: Interface) -> None:
    number = await a_ticket(web)
    path = f"/api/v1/tickets/{number}/state"
    assert (await web.post(path, "firm", json={"state": "in_progress"})).status == 403
    handed = await web.post(path, "regulator", json={"state": "handed_over", "handed_to": "12315"})
    assert (handed.status, (await handed.json())["state"]) == (200, "handed_over")
    closing = {"state": "closed", "answer": "已查处", "outside_ref": "315-77"}
    answers = [await web.post(path, "regulator", json=closing, once="call-back-1") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert await answers[0].json() == await answers[1].json()
    assert len(await rows(web.ledger, select(messages))) == 1
    again = await web.post(path, "regulator", json=closing)
    assert (again.status, (await again.json())["errors"][0]["field"]) == (409, "state")
    wrong = await web.post(path, "regulator", json={"state": "closed"})
    assert wrong.status == 422
    assert "答复" in (await wrong.json())["detail"]


async def test_complaints_are_listed_masked_and_opened_by_the_regulator(web: Interface) -> None:
    numbers = [await a_ticket(web) for _ in range(3)]
    page = await (await web.get("/api/v1/tickets?state=open&limit=2", "regulator")).json()
    assert ([one["number"] for one in page["tickets"]], page["next"]) == (numbers[:2], numbers[1])
    rest = await (await web.get(f"/api/v1/tickets?after={page['next']}", "regulator")).json()
    assert ([one["reporter"] for one in rest["tickets"]], rest["next"]) == (["139****0001"], None)
    assert (await web.get(f"/api/v1/tickets/{numbers[0]}", "firm")).status == 403
    assert (await web.get("/api/v1/tickets/000000000", "regulator")).status == 404
    full = await (await web.get(f"/api/v1/tickets/{numbers[0]}/reporter", "regulator")).json()
    assert full == {"number": numbers[0], "phone": "13900000001"}
    assert [row["action"] for row in await rows(web.ledger, select(audit.c.action))] == ["ticket reporter read"]


async def test_an_office_takes_up_its_complaints_as_json_or_csv(web: Interface) -> None:
    number = await a_ticket(web)
    change = {"state": "handed_over", "handed_to": "xinfang"}
    await web.post(f"/api/v1/tickets/{number}/state", "regulator", json=change, once="x")
    taken = await (await web.get("/api/v1/ticket-exports/xinfang", "regulator")).json()
    assert [(one["number"], one["reporter"]) for one in taken["tickets"]] == [(number, "13900000001")]
    file = await web.get("/api/v1/ticket-exports/xinfang?format=csv&since=2026-05-10", "regulator")
    assert "13900000001" in (await file.read()).decode("utf-8-sig")
    assert (await (await web.get("/api/v1/ticket-exports/12345", "regulator")).json())["tickets"] == []
    assert (await web.get("/api/v1/ticket-exports/110", "regulator")).status == 422
    assert (await web.get("/api/v1/ticket-exports/12315", "firm")).status == 403
    kept = await rows(web.ledger, select(idempotency.c.body))
    assert all(b"13900000001" not in row["body"] for row in kept)


async def test_a_case_comes_as_json_or_as_a_file_with_its_hashes(web: Interface) -> None:
    path = f"/api/v1/cases?subject={liquor_code(1)}"
    assert (await web.get(path, "firm")).status == 403
    case = await (await web.get(path, "regulator")).json()
    assert [row["verdict"] for row in case["tables"]["queries"]] == ["GENUINE_FIRST"]
    file = await web.get(f"{path}&format=zip", "regulator")
    assert file.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(await file.read())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["audit"]["entry"] == case["chain_entry"] + 1  # each export is noted
    assert (await web.get("/api/v1/cases?subject=1688012345678904", "regulator")).status == 404
    assert (await web.get("/api/v1/cases", "regulator")).status == 422


async def test_a_ticket_that_is_late_is_a_problem(web: Interface) -> None:
    number = await a_ticket(web)
    web.clock.forward((DUE + timedelta(days=1)).total_seconds())
    wrong = await (await web.get("/api/v1/reports/problems", "admin")).json()
    assert {"ticket_overdue": f"ticket/{number}"}.items() <= {
        p["kind"]: p["subject"] for p in wrong["problems"]
    }.items()

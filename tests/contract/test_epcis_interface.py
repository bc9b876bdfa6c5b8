"""EPCIS over HTTP on both databases: the job of a capture, what is asked for again, and who may see it."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.api.epcis import MOST_BYTES
from gateway.store.engine import SqlLedger
from tests.builders.epcis import Json, a_document, an_event, taken_back
from tests.builders.interface import Interface, an_interface

CRATE = "urn:epc:id:sgtin:6901234.056789.77"
CAPTURE, EVENTS = "/api/v1/epcis/capture", "/api/v1/epcis/events"


@pytest.fixture
async def web(ledger: SqlLedger) -> AsyncIterator[Interface]:
    async with an_interface(ledger) as made:
        yield made


def picked(number: int = 1, **fields: object) -> Json:
    """Return the picking of a crate of melons."""
    ilmd = {"fx:type": "melon", "fx:lot": "HLS-77", "fx:record": {"product": "华莱士瓜", "origin": "磴口县"}}
    event = an_event("ObjectEvent", f"2026-05-0{number}T08:00", f"pick-{number}", action="ADD", epcList=[CRATE])
    return event | {"bizStep": "commissioning", "ilmd": ilmd} | fields


def seen(**fields: object) -> Json:
    return an_event("ObjectEvent", "2026-05-03T08:00", "seen", action="OBSERVE", epcList=[CRATE]) | fields


async def captured(web: Interface, *events: Json, key: str = "cooperative") -> tuple[dict[str, Any], str]:
    response = await web.post(CAPTURE, key, data=a_document(*events), headers={"Content-Type": "application/ld+json"})
    assert response.status == 202, await response.text()
    return dict(await response.json()), response.headers["Location"]


async def asked(web: Interface, key: str = "cooperative", **terms: str) -> list[Json]:
    response = await web.get(f"{EVENTS}?{urlencode(terms)}", key)
    assert response.status == 200, await response.text()
    found = await response.json()
    assert found["type"] == "EPCISQueryDocument"
    return list(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


async def test_a_capture_is_a_job_that_says_what_became_of_each_event(web: Interface) -> None:
    job, location = await captured(web, picked(), seen(type="TransactionEvent"), picked())
    assert (job["accepted"], job["rejected"], job["duplicate"], job["party"]) == (1, 1, 1, "coop-dengkou")
    assert [(one["index"], one["outcome"], one["field"]) for one in job["results"]] == [
        (0, "accepted", ""),
        (1, "rejected", "type"),
        (2, "duplicate", ""),
    ]
    assert job["results"][0]["records"] == ["melon/HLS-77"]
    assert "不支持的事件类型 TransactionEvent" in job["results"][1]["reason"]
    again = await web.get(location, "cooperative")
    assert (again.status, await again.json()) == (200, job)
    assert (await web.get(location, "regulator")).status == 200
    assert (await web.get(location, "firm")).status == 403
    assert (await web.get(f"{CAPTURE}/0197c0de-0000-7000-8000-000000000042", "regulator")).status == 404


async def test_a_long_document_is_taken_page_by_page(web: Interface) -> None:
    crates = [f"urn:epc:id:sgtin:6901234.056789.{number}" for number in range(45)]
    events = [an_event("ObjectEvent", "2026-05-01T08:00", action="ADD", epcList=[crate]) for crate in crates]
    job, _ = await captured(web, *events)
    assert (job["accepted"], [one["index"] for one in job["results"]]) == (45, list(range(45)))


async def test_events_are_found_by_thing_step_and_time(web: Interface) -> None:
    step = {"bizStep": "inspecting"}
    await captured(web, picked(), seen(**step))
    link = "https://any.example/01/06901234567892/21/77"
    assert [event["eventID"] for event in await asked(web, MATCH_epc=link)] == ["urn:uuid:seen", "urn:uuid:pick-1"]
    assert [event["eventID"] for event in await asked(web, EQ_bizStep="inspecting")] == ["urn:uuid:seen"]
    assert [event["eventID"] for event in await asked(web, GE_eventTime="2026-05-03T00:00:00Z")] == ["urn:uuid:seen"]
    assert [event["eventID"] for event in await asked(web, perPage="1")] == ["urn:uuid:seen"]
    assert await asked(web, MATCH_epc=CRATE, GE_eventTime="2026-05-04T00:00:00Z") == []
    (event,) = await asked(web, EQ_bizStep="commissioning")
    assert event == picked() | {"@context": {"fx": "urn:fangxin100:epcis:"}}
    await captured(web, taken_back(seen(**step)))
    assert await asked(web, EQ_bizStep="inspecting") == []


async def test_a_party_sees_what_it_said_and_an_office_everything(web: Interface) -> None:
    await captured(web, picked())
    assert await asked(web, "firm") == []
    assert len(await asked(web, "regulator")) == 1
    for path in (CAPTURE, EVENTS):
        ask = web.post if path == CAPTURE else web.get
        assert (await ask(path)).status == 401
        assert (await ask(path, "station")).status == 403


async def test_what_is_asked_wrongly_is_told(web: Interface) -> None:
    for terms in ({"MATCH_epc": "no name"}, {"GE_eventTime": "yesterday"}, {"perPage": "0"}, {"EQ_bizStep": "A b"}):
        response = await web.get(f"{EVENTS}?{urlencode(terms)}", "cooperative")
        assert (response.status, next(iter(terms)) in await response.text()) == (422, True)


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        (a_document(context="https://evil.example/x.jsonld"), 422, "@context"),
        (a_document().replace(b'"2.0"', b'"1.2"'), 422, "schemaVersion"),
        (b"{", 400, "JSON"),
        (a_document() + b" " * MOST_BYTES, 413, "5120kB"),
        (b'{"@context": ' + b"[" * 200_000, 400, "嵌套过深"),
    ],
    ids=["remote context", "version 1.2", "no JSON", "too large", "too deep"],
)
async def test_what_is_no_document_of_the_subset_is_refused(
    web: Interface, document: bytes, status: int, said: str
) -> None:
    response = await web.post(
        CAPTURE, "cooperative", data=BytesIO(document), headers={"Content-Type": "application/json"}
    )
    assert response.status == status
    assert said in json.dumps(await response.json(), ensure_ascii=False)

"""What a case must hold on both databases: all that is known around its subject, nothing of others, no full number."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from stdnum.iso7064 import mod_11_10
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import Act
from gateway.domain.ticket import DUE
from gateway.domain.trace import Filed, RepeatPolicy
from gateway.filing import cases, labels
from gateway.filing.cases import Case
from gateway.filing.kept import Event
from gateway.ports import TicketDraft
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit
from tests.builders.figures import asked
from tests.builders.messages import CITIZEN, NOW, VAULT, an_inquiry, liquor_code, melon_code
from tests.builders.store import rows
from tests.builders.traces import a_cylinder, a_liquor

OFFICER = Actor("key:officer", Role.REGULATOR, "bureau")
CODE, OTHER = liquor_code(7), liquor_code(8)
BATCH = "liquor/A0312"


@pytest.fixture
async def city(ledger: SqlLedger, archive: SqlArchive) -> SqlLedger:
    """A bottle that was asked for, corrected, voided and complained of."""

    def happen(books: SqlBooks) -> None:
        connection = books.connection
        asked(connection, "GENUINE_FIRST", CODE, record=BATCH)
        asked(connection, "REPEAT_WARN", CODE, record=BATCH, at=NOW + timedelta(days=1))
        asked(connection, "GENUINE_FIRST", OTHER, record=BATCH)
        asked(connection, "UNKNOWN", "1112345678904444")
        asked(connection, "TRACE_OK", melon_code(1), record="melon/HLS-01")
        books.records.put(Filed("liquor", "A0312", a_liquor(alcohol_vol=42.0), "firms"), "key:maker", NOW)
        labels.void(books, OFFICER, labels.Ending(Act.CANCEL, "仿冒"), [CODE], NOW)
        for codes in ((CODE,), (melon_code(1),)):
            draft = TicketDraft(an_inquiry().id, CITIZEN, codes, "=假酒，电话13900000001", "临河区", NOW, NOW + DUE)
            books.tickets.open(draft)

    await archive.act(happen)
    return ledger


async def gather(archive: SqlArchive, subject: str, actor: Actor = OFFICER) -> Case:
    return await archive.act(lambda books: cases.gather(books, actor, subject, NOW))


def told(case: Case, table: str, column: str) -> list[Any]:
    return [row[column] for row in case.tables[table]]


async def test_a_codes_case_holds_its_batch_too(city: SqlLedger, archive: SqlArchive) -> None:
    case = await gather(archive, CODE)
    assert told(case, "queries", "code") == [CODE, OTHER, CODE]  # the oldest first
    assert told(case, "queries", "verdict") == ["GENUINE_FIRST", "GENUINE_FIRST", "REPEAT_WARN"]
    assert told(case, "record", "version") == [2, 1]
    assert [row["body"]["alcohol_vol"] for row in case.tables["record"]] == [42.0, 52.0]
    assert (CODE, "cancelled", "仿冒") in [(r.get("code"), r["state"], r["reason"]) for r in case.tables["labels"]]
    assert told(case, "tickets", "codes") == [[CODE]]
    assert told(case, "audit", "action") == ["label cancel", "case exported"]


async def test_an_export_is_noted_and_the_chain_vouches_for_it(city: SqlLedger, archive: SqlArchive) -> None:
    case = await gather(archive, CODE)
    (last,) = await rows(city, select(audit).order_by(audit.c.seq.desc()).limit(1))
    assert (last["actor"], last["action"], last["subject"]) == ("key:officer", "case exported", BATCH)
    assert (case.chain_entry, case.chain_hash) == (last["seq"], last["hash"].hex())
    assert told(case, "audit", "hash")[-1] == case.chain_hash
    assert await archive.act(lambda books: books.audit.fault()) is None


async def test_no_number_of_a_person_leaves_in_full(city: SqlLedger, archive: SqlArchive) -> None:
    whole = json.dumps(msgspec.to_builtins(await gather(archive, CODE)), ensure_ascii=False)
    assert "139****0001" in whole
    assert CITIZEN.national not in whole


async def test_a_ticket_leads_to_its_codes(city: SqlLedger, archive: SqlArchive) -> None:
    (number,) = told(await gather(archive, CODE), "tickets", "number")
    case = await gather(archive, number)
    assert told(case, "tickets", "number") == [number]
    assert set(told(case, "queries", "code")) == {CODE}
    own, run = case.tables["labels"]
    assert (own["code"], own["state"]) == (CODE, "cancelled")
    assert run["first"] <= 7 <= run["last"]
    assert case.tables["record"] == []


async def test_a_record_is_named_by_its_id_or_by_what_stands_on_it(city: SqlLedger, archive: SqlArchive) -> None:
    event = Event(uuid7(), "fill", "lpg/WH0001", "s-1", NOW, NOW, {"weight_kg": 14.5}, {"operator": "张三"})

    def fill(books: SqlBooks) -> None:
        books.records.put(Filed("lpg", "WH0001", a_cylinder(cylinder_no="WH0001"), owner="s-1"), "s-1", NOW)
        books.events.add(event)
        books.audit.note(NOW, "s-1", "fill", "lpg/WH0001")

    await archive.act(fill)
    for subject in ("lpg/WH0001", "WH0001", " wh0001 "):
        case = await gather(archive, subject)
        assert told(case, "events", "body") == [{"weight_kg": 14.5}]  # the sealed part stays sealed
        assert told(case, "audit", "action")[0] == "fill"
        assert case.tables["queries"] == []


async def test_a_stamp_of_nine_digits_is_no_ticket_because_its_last_digit_fits(
    city: SqlLedger, archive: SqlArchive
) -> None:
    stamp = "123456788"
    assert mod_11_10.is_valid(stamp)
    cylinder = Filed("lpg", stamp, a_cylinder(cylinder_no=stamp), owner="s-1")
    await archive.act(lambda books: books.records.put(cylinder, "s-1", NOW))
    assert told(await gather(archive, stamp), "record", "id") == [f"lpg/{stamp}"]


async def test_a_foreign_code_kept_as_hash_is_found_by_itself(city: SqlLedger, archive: SqlArchive) -> None:
    def register(books: SqlBooks) -> None:
        books.labels.register(["690123456789012345"], BATCH, "hetao", RepeatPolicy.COVERT, NOW, hashed=True)

    await archive.act(register)
    case = await gather(archive, "690123456789012345")
    assert VAULT.hashed("690123456789012345") in [row.get("code") for row in case.tables["labels"]]
    assert told(case, "record", "version") == [2, 1]


@pytest.mark.parametrize("subject", ["1688012345678904", "000000000", "lift/999999", "蒙C99999", "%", "' OR 1=1"])
async def test_nothing_known_is_said_and_not_noted(city: SqlLedger, archive: SqlArchive, subject: str) -> None:
    with pytest.raises(Refusal, match="没有与") as refused:
        await gather(archive, subject)
    assert refused.value.why is Why.UNKNOWN
    assert "case exported" not in [row["action"] for row in await rows(city, select(audit.c.action))]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REGULATOR, Role.ADMIN)])
async def test_evidence_is_the_regulators_matter(city: SqlLedger, archive: SqlArchive, role: Role) -> None:
    with pytest.raises(Refusal) as refused:
        await gather(archive, CODE, Actor("key:firm", role, "hetao"))
    assert refused.value.why is Why.FORBIDDEN

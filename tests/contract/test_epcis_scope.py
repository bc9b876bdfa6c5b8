"""EPCIS events on both databases: whose things they speak of, what is refused, labels and cartons (R20, T21)."""

from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from sqlalchemy import select

from gateway.domain.access import Actor, Role
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.meat import Meat
from gateway.domain.records.melon import Melon
from gateway.domain.trace import LabelState, PartyKind
from gateway.domain.verdict import Verdict
from gateway.ports import Lookup
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, epcis_epcs, epcis_events
from tests.builders import epcis
from tests.builders.captures import NOW, STRANGER, introduce, kept, meat, tell, tell_as, verdict
from tests.builders.epcis import (
    ABATTOIR,
    BOX,
    FARM,
    LOT,
    PACKS,
    PARTIES,
    PLANT,
    SHEEP,
    Json,
    a_life,
    an_event,
    taken_back,
    to,
)
from tests.builders.labels import BATCH, HETAO, equip, issued
from tests.builders.store import rows


@pytest.fixture(autouse=True)
async def people(archive: SqlArchive) -> None:
    await archive.act(introduce)


# -- whose things they are (T21) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        an_event("ObjectEvent", "2026-05-03T08:00", action="OBSERVE", epcList=[SHEEP], fx_vet_drugs=[]),
        an_event("ObjectEvent", "2026-05-03T08:00", action="OBSERVE", epcList=[PACKS[0]], destinationList=to(STRANGER)),
        an_event("ObjectEvent", "2026-05-03T08:00", action="ADD", epcList=[PACKS[0]]),
        an_event("ObjectEvent", "2025-01-01T08:00", action="ADD", epcList=[SHEEP]),  # dated back
        epcis.boxing(childEPCs=["urn:epc:id:giai:6901234.X"], eventID="urn:uuid:box-2"),
        epcis.slaughter(outputEPCList=["urn:epc:id:giai:6901234.C2"], eventID="urn:uuid:kill-2"),
    ],
)
async def test_another_partys_things_are_refused(archive: SqlArchive, event: Json) -> None:
    await tell(archive, *a_life())
    before = await kept(archive)
    (result,) = await tell(archive, (STRANGER, event))
    assert result.outcome == "rejected"
    assert "无权" in result.reason
    assert await kept(archive) == before


async def test_who_was_handed_a_thing_does_not_begin_it_anew(archive: SqlArchive) -> None:
    await tell(archive, *a_life())
    (result,) = await tell(archive, (ABATTOIR, epcis.tagging(eventID="x", eventTime="2025-09-02T08:00:00+08:00")))
    assert (result.outcome, "不属于本单位" in result.reason) == ("rejected", True)
    assert (await meat(archive)).farm_id == FARM


async def test_another_partys_ear_tag_is_refused(archive: SqlArchive) -> None:
    await tell(archive, (FARM, epcis.tagging()))
    copy = epcis.tagging(epcList=["urn:epc:id:giai:6901234.COPY"], eventID="urn:uuid:copy")
    copy["ilmd"] = {"fx:animal": {"ear_tag": SHEEP.rpartition(":")[2]}}
    (result,) = await tell(archive, (STRANGER, copy))
    assert (result.outcome, "不属于本单位" in result.reason) == ("rejected", True)


async def test_another_partys_lot_is_refused(archive: SqlArchive) -> None:
    await tell(archive, *a_life())
    own = "urn:epc:id:giai:6901234.OWN"
    await tell(archive, (STRANGER, an_event("ObjectEvent", "2026-05-01T08:00", action="ADD", epcList=[own])))
    grown = epcis.cutting(inputEPCList=[own], outputEPCList=[own + "P"], outputQuantityList=[], eventID="urn:uuid:x")
    grown["ilmd"]["fx:lot"] = "BM-0501"
    (result,) = await tell(archive, (STRANGER, grown))
    assert (result.outcome, result.reason) == ("rejected", "批次 BM-0501 不属于本单位，无权操作")


async def test_what_a_stranger_said_first_never_counts(archive: SqlArchive) -> None:
    drug = {"name": "土霉素", "given_on": "2026-04-28", "withdrawal_days": 28}
    slander = an_event("ObjectEvent", "2026-04-28T09:00", action="OBSERVE", epcList=[SHEEP], fx_vet_drugs=[drug])
    (result,) = await tell(archive, (STRANGER, slander))
    assert (result.outcome, len(result.remarks)) == ("accepted", 1)
    assert "此前没有登记，登记后才计入" in result.remarks[0]
    await tell(archive, *a_life())
    assert verdict(await meat(archive)) == (Verdict.TRACE_OK, ())


async def test_what_a_stranger_said_of_a_lot_before_it_was_there_never_counts(archive: SqlArchive) -> None:
    early = an_event("ObjectEvent", "2026-04-01T08:00", action="OBSERVE", epcList=["urn:epc:id:giai:6901234.X"])
    early |= {"fx:type": "meat", "fx:lot": "BM-0501", "fx:record": {"hotline": "12315"}}
    (result,) = await tell(archive, (STRANGER, early))
    assert result.outcome == "accepted"
    await tell(archive, *a_life())
    assert (await meat(archive)).hotline is None
    await tell(archive, (PLANT, early | {"fx:record": {"hotline": "4006422365"}}))
    assert (await meat(archive)).hotline == "4006422365"


async def test_an_office_speaks_of_what_is_anybodys_and_for_somebody(archive: SqlArchive) -> None:
    regulator = Actor("key:r", Role.REGULATOR, "regulator-wuhai")
    events = [event | {"fx:party": party} for party, event in a_life()]
    results = await tell_as(archive, regulator, *events)
    assert {result.outcome for result in results} == {"accepted"}
    record = await meat(archive)
    assert record.farm_id == FARM
    (result,) = await tell_as(archive, Actor("cli", Role.ADMIN), epcis.receiving(eventID="urn:uuid:other"))
    assert (result.outcome, result.field) == ("rejected", "fx:party")
    (result,) = await tell_as(archive, regulator, epcis.receiving(**{"fx:party": "nobody"}, eventID="urn:uuid:n"))
    assert (result.outcome, result.reason) == ("rejected", "单位 nobody 尚未登记")


# -- rules --------------------------------------------------------------------------------------------


async def test_events_to_come_days_after_the_event_and_banned_drugs_are_refused(archive: SqlArchive) -> None:
    soon = epcis.tagging() | {"eventTime": "2026-05-10T12:05:01+08:00"}
    later = epcis.raising(**{"fx:vaccines": [{"disease": "口蹄疫", "vaccine": "O", "given_on": "2025-11-03"}]})
    drug = {"name": "克伦特罗", "given_on": "2025-11-01", "withdrawal_days": 1}
    banned = epcis.raising(**{"fx:vet_drugs": [drug]})
    results = await tell(archive, (FARM, soon), (FARM, later), (FARM, banned))
    assert [(result.outcome, result.field) for result in results] == [
        ("rejected", "eventTime"),
        ("rejected", "fx:vaccines[0].given_on"),
        ("rejected", "fx:vet_drugs[0].name"),
    ]
    (result,) = await tell(archive, (FARM, epcis.tagging() | {"eventTime": "2026-05-10T12:05:00+08:00"}))
    assert result.outcome == "accepted"


async def test_a_refused_event_leaves_nothing_and_its_neighbours_stay(archive: SqlArchive, ledger: SqlLedger) -> None:
    bad = an_event("ObjectEvent", "2026-05-02T08:00", "bad", action="ADD", epcList=["urn:epc:id:giai:6901234.M"])
    bad["ilmd"] = {"fx:type": "melon", "fx:lot": "HLS-77", "fx:record": {"product": "华莱士瓜"}}
    actor = Actor("key", Role.FIRM, FARM)
    results = await tell_as(archive, actor, epcis.tagging(), bad, epcis.raising())
    assert [result.outcome for result in results] == ["accepted", "rejected", "accepted"]
    assert (results[1].field, results[1].reason) == ("fx:record.origin", "必填")
    for table in (epcis_events, epcis_epcs):
        found = await rows(ledger, select(table.c.event_id))
        assert {row["event_id"] for row in found} == {"urn:uuid:tag", "urn:uuid:raise"}
    noted = await rows(ledger, select(audit.c.subject).where(audit.c.action == "epcis.event"))
    assert [row["subject"] for row in noted] == ["urn:uuid:tag", "urn:uuid:raise"]


async def test_picking_makes_a_melons_record_and_a_test_completes_it(archive: SqlArchive) -> None:
    crate = "urn:epc:id:sgtin:6901234.056789.77"
    base = {"product": "华莱士瓜", "origin": "磴口县巴彦高勒镇", "pesticides": []}
    picked = an_event("ObjectEvent", "2026-05-02T08:00", action="ADD", epcList=[crate], bizStep="commissioning")
    picked["ilmd"] = {"fx:type": "melon", "fx:lot": "HLS-77", "fx:record": base}
    report = {"report_no": "DK-1", "body": "检测站", "tested_on": "2026-05-01", "result": "pass"}
    tested = an_event("ObjectEvent", "2026-05-03T08:00", action="OBSERVE", epcList=[crate], bizStep="inspecting")
    tested |= {"fx:type": "melon", "fx:lot": "HLS-77", "fx:record": {"test_report": report}}
    for said in (tested, picked):
        (result,) = await tell(archive, (FARM, said))
        assert result.outcome == "accepted"
    record = cast(Melon, (await kept(archive, "melon", "HLS-77")).record)
    assert (record.cooperative, record.picked_on) == ("乌拉特中旗草原牧场", date(2026, 5, 2))
    assert record.test_report is not None
    (result,) = await tell(archive, (FARM, taken_back(picked)))
    assert (result.outcome, "更正的事件" in result.reason) == ("rejected", True)


async def test_events_do_not_write_over_a_record_that_was_filed(archive: SqlArchive) -> None:
    await archive.act(equip)
    found = an_event("ObjectEvent", "2026-05-02T08:00", action="ADD", epcList=["urn:epc:id:giai:6901234.B"])
    found["ilmd"] = {"fx:type": "liquor", "fx:lot": BATCH, "fx:record": {"product": "河套王"}}
    (result,) = await tell_as(archive, HETAO, found)
    assert (result.outcome, result.reason) == ("rejected", f"批次 {BATCH} 已有档案，更正请用档案接口")


# -- labels and cartons -------------------------------------------------------------------------------


def binding_of(codes: list[str], **fields: object) -> Json:
    labels = [f"https://fx.example.cn/q/{code}" for code in codes]
    said = {"epcList": labels, "bizStep": "commissioning", "fx:type": "liquor", "fx:lot": BATCH}
    return an_event("ObjectEvent", "2026-05-02T08:00", "bind", action="ADD") | said | fields


async def states(archive: SqlArchive, codes: list[str]) -> list[tuple[LabelState, str | None]]:
    found = await archive.act(lambda books: [books.labels.one(code) for code in codes])
    return [(label.state, label.record_id) for label in found if label]


async def test_commissioning_binds_labels_and_taking_it_back_cancels_them(archive: SqlArchive) -> None:
    await archive.act(equip)
    codes = await archive.act(lambda books: issued(books, 6, klass=1, party="hetao"))
    named = [*codes[:3], codes[4]]
    (result,) = await tell_as(archive, HETAO, binding_of(named))
    assert (result.outcome, result.remarks, result.records) == ("accepted", (), (f"liquor/{BATCH}",))
    bound = (LabelState.ACTIVE, f"liquor/{BATCH}")
    assert await states(archive, named) == [bound] * 4
    assert await states(archive, [codes[3], codes[5]]) == [(LabelState.ISSUED, None)] * 2
    assert (await tell_as(archive, HETAO, binding_of(named)))[0].outcome == "duplicate"
    (result,) = await tell_as(archive, HETAO, taken_back(binding_of(named)))
    assert result.outcome == "accepted"
    assert [state for state, _ in await states(archive, named)] == [LabelState.CANCELLED] * 4
    (again,) = await tell_as(archive, HETAO, binding_of(named, eventID="urn:uuid:bind-2"))
    assert again.outcome == "rejected"


async def test_labels_of_another_or_never_issued_are_refused(archive: SqlArchive) -> None:
    await archive.act(equip)
    theirs = await archive.act(lambda books: issued(books, 2, klass=1, party="rival"))
    (result,) = await tell_as(archive, HETAO, binding_of(theirs))
    assert (result.outcome, "不是发给该单位的" in result.reason) == ("rejected", True)
    assert [state for state, _ in await states(archive, theirs)] == [LabelState.ISSUED] * 2


async def test_labels_told_before_their_lot_are_bound_with_it(archive: SqlArchive) -> None:
    await archive.act(equip)
    plant = replace(PARTIES[2], kind=PartyKind.FACTORY)
    await archive.act(lambda books: books.parties.put(plant, NOW))
    codes = await archive.act(lambda books: issued(books, 3, klass=5, party=PLANT))
    early = binding_of(codes, **{"fx:type": "meat", "fx:lot": "BM-0501"})
    (result,) = await tell(archive, (PLANT, early))
    assert (result.outcome, result.remarks) == ("accepted", ("批次 BM-0501 尚未登记，登记后绑定标签",))
    await tell(archive, *a_life())
    assert await states(archive, codes) == [(LabelState.ACTIVE, "meat/BM-0501")] * 3
    lookup = Lookup(codes[0], "meat", 5, 1, await archive.act(lambda books: books.codes.index_of(codes[0])))
    trace = await archive.act(lambda books: books.traces.find([lookup])[codes[0]])
    assert isinstance(trace.record, Meat)


async def test_a_carton_is_told_by_the_bottles_in_it(archive: SqlArchive) -> None:
    await archive.act(equip)
    codes = await archive.act(lambda books: issued(books, 2, klass=1, party="hetao"))
    await tell_as(archive, HETAO, binding_of(codes))
    bottles = [f"urn:fangxin100:label:{code}" for code in codes]
    packed = an_event("AggregationEvent", "2026-05-03T08:00", "p", action="ADD", parentID=BOX, childEPCs=bottles)
    opened = packed | {"eventID": "urn:uuid:o", "action": "DELETE", "eventTime": "2026-05-04T08:00:00+08:00"}

    async def carton() -> str | None:
        return cast(Liquor, (await kept(archive, "liquor", BATCH)).record).carton_code

    (result,) = await tell_as(archive, HETAO, packed)
    assert (result.outcome, await carton()) == ("accepted", "069012340000000177")
    await tell_as(archive, HETAO, opened)
    assert await carton() is None
    await tell_as(archive, HETAO, taken_back(opened))
    assert await carton() == "069012340000000177"
    await tell_as(archive, HETAO, taken_back(packed))
    assert await carton() is None
    foreign = await tell(archive, (STRANGER, packed | {"eventID": "urn:uuid:s"}))
    assert foreign[0].outcome == "rejected"
    assert LOT not in foreign[0].reason

"""A sheep's life in EPCIS events, on both databases: what was told twice, and what was taken back (R20–R22)."""

from datetime import date

import msgspec
import pytest
from sqlalchemy import func, select

from gateway.domain.records.goods import Recall
from gateway.domain.records.meat import Meat
from gateway.domain.verdict import Verdict
from gateway.filing.events import refiled
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import epcis_events
from tests.builders import epcis
from tests.builders.captures import STRANGER, introduce, kept, meat, tell, verdict
from tests.builders.epcis import (
    ABATTOIR,
    FARM,
    PLANT,
    SHEEP,
    SHOP,
    a_life,
    an_event,
    taken_back,
)
from tests.builders.messages import NOW
from tests.builders.store import rows


@pytest.fixture(autouse=True)
async def people(archive: SqlArchive) -> None:
    await archive.act(introduce)


# -- a sheep's life -----------------------------------------------------------------------------------


async def test_a_whole_life_is_a_whole_trace(archive: SqlArchive) -> None:
    results = await tell(archive, *a_life())
    assert {result.outcome for result in results} == {"accepted"}
    assert not any(result.remarks for result in results)
    record = await meat(archive)
    assert verdict(record) == (Verdict.TRACE_OK, ())
    assert (await kept(archive)).owner == PLANT
    assert record.farm == "乌拉特中旗草原牧场"
    assert [animal.ear_tag for animal in record.animals] == ["315082400000001"]
    assert record.slaughter
    assert (record.slaughter.abattoir, record.slaughter.slaughtered_on) == ("临河清真屠宰场", date(2026, 5, 1))
    assert record.retail
    assert (record.retail.shop, record.retail.arrived_on) == ("新华超市", date(2026, 5, 4))
    assert [(leg.carrier, leg.destination) for leg in record.logistics] == [("冷链物流", "新华超市")]


_ORIGIN = ("NO_FARM", "NO_EAR_TAG", "NO_FEED_RECORD", "NO_VACCINE_RECORD", "NO_DRUG_RECORD", "NO_ANIMAL_QUARANTINE")
MISSING: dict[str, tuple[str, ...]] = {
    "tag": (*_ORIGIN, "NO_SLAUGHTER", "NO_QUARANTINE"),
    "raise": ("NO_FEED_RECORD", "NO_VACCINE_RECORD", "NO_DRUG_RECORD"),
    "sell": (*_ORIGIN, "NO_SLAUGHTER", "NO_QUARANTINE"),  # the abattoir had no right to the sheep
    "kill": (*_ORIGIN, "NO_SLAUGHTER", "NO_QUARANTINE"),
    "box": ("NO_LOGISTICS", "NO_RETAIL"),
    "ship": ("NO_LOGISTICS", "NO_RETAIL"),
    "shelf": ("NO_RETAIL",),
}


@pytest.mark.parametrize("link", MISSING)
async def test_with_a_link_missing_the_trace_is_incomplete(archive: SqlArchive, link: str) -> None:
    life = [said for said in a_life() if said[1]["eventID"] != f"urn:uuid:{link}"]
    await tell(archive, *life)
    said, reasons = verdict(await meat(archive))
    assert said is Verdict.TRACE_INCOMPLETE
    assert reasons == MISSING[link]


async def test_nobody_cuts_what_was_not_handed_to_him(archive: SqlArchive) -> None:
    life = [said for said in a_life() if said[1]["eventID"] != "urn:uuid:hand"]
    results = await tell(archive, *life)
    (refused,) = [result for result in results if result.outcome == "rejected"]
    assert (refused.event_id, "没有移交给本单位" in refused.reason) == ("urn:uuid:cut", True)
    await tell(archive, (ABATTOIR, epcis.handing_over()), (PLANT, epcis.cutting()))
    assert verdict(await meat(archive)) == (Verdict.TRACE_OK, ())


async def test_one_animal_of_two_without_a_link_leaves_the_lot_without_it(archive: SqlArchive) -> None:
    twin = SHEEP[:-1] + "2"
    both = {"inputEPCList": [SHEEP, twin]}
    life = {said["eventID"][9:]: (party, said) for party, said in a_life()}
    life["tag"] = (FARM, epcis.tagging(epcList=[SHEEP, twin]))
    life["sell"] = (FARM, epcis.selling(epcList=[SHEEP, twin]))
    life["kill"] = (ABATTOIR, epcis.slaughter(**both))
    await tell(archive, *life.values())
    assert verdict(await meat(archive))[1] == ("NO_FEED_RECORD", "NO_VACCINE_RECORD", "NO_DRUG_RECORD")
    await tell(archive, (FARM, epcis.raising(epcList=[twin], eventID="urn:uuid:raise-2")))
    record = await meat(archive)
    assert verdict(record) == (Verdict.TRACE_OK, ())
    assert len(record.animals) == 2


async def test_slaughter_within_a_withdrawal_is_told_and_never_called_whole(archive: SqlArchive) -> None:
    drug = {"name": "土霉素", "given_on": "2026-04-28", "withdrawal_days": 28}
    await tell(archive, *a_life())
    given = an_event("ObjectEvent", "2026-04-28T09:00", action="OBSERVE", epcList=[SHEEP], fx_vet_drugs=[drug])
    (result,) = await tell(archive, (FARM, given))
    assert any("休药期" in remark for remark in result.remarks)
    assert verdict(await meat(archive)) == (Verdict.TRACE_INCOMPLETE, ("INSIDE_WITHDRAWAL",))


async def test_events_that_contradict_each_other_leave_a_gap_and_are_told(archive: SqlArchive) -> None:
    late = epcis.tagging(ilmd={"fx:animal": {"born_on": "2025-09-01", "breed": "某种猪"}})
    life = [(party, late if event["eventID"] == late["eventID"] else event) for party, event in a_life()]
    results = await tell(archive, *life)
    assert any("耳标首位应为" in remark for result in results for remark in result.remarks)
    assert "NO_EAR_TAG" in verdict(await meat(archive))[1]


@pytest.mark.parametrize("said", [{"action": "DELETE"}, {"action": "OBSERVE", "disposition": "destroyed"}])
async def test_nothing_is_made_of_what_was_condemned(archive: SqlArchive, said: epcis.Json) -> None:
    (*before, (plant, cut)), after = a_life()[:6], a_life()[6:]
    condemned = an_event("ObjectEvent", "2026-05-01T07:00", "condemn", epcList=[epcis.CARCASS], **said)
    told = await tell(archive, *before, (ABATTOIR, condemned), (plant, cut), *after)
    assert {result.outcome for result in told} == {"accepted"}
    assert any("已注销或销毁" in remark for remark in told[6].remarks)
    assert verdict(await meat(archive))[0] is Verdict.TRACE_INCOMPLETE
    await tell(archive, (ABATTOIR, taken_back(condemned)))
    assert verdict(await meat(archive)) == (Verdict.TRACE_OK, ())


@pytest.mark.parametrize("turn", [0, 3, 9])
async def test_that_a_carcass_was_condemned_counts_whenever_it_is_told(archive: SqlArchive, turn: int) -> None:
    life = a_life()
    condemned = an_event("ObjectEvent", "2026-05-01T07:00", "condemn", action="DELETE", epcList=[epcis.CARCASS])
    life.insert(turn, (ABATTOIR, condemned))
    told = await tell(archive, *life)
    assert {result.outcome for result in told} == {"accepted"}
    assert verdict(await meat(archive))[0] is Verdict.TRACE_INCOMPLETE


async def test_what_is_condemned_at_last_leaves_what_was_made_before(archive: SqlArchive) -> None:
    eaten = an_event("ObjectEvent", "2026-05-09T07:00", "eaten", action="DELETE", epcList=epcis.PACKS)
    used_up = an_event("ObjectEvent", "2026-05-02T07:00", "used", action="DELETE", epcList=[epcis.CARCASS])
    await tell(archive, (PLANT, eaten), (PLANT, used_up), *a_life(), (PLANT, eaten), (PLANT, used_up))
    assert verdict(await meat(archive)) == (Verdict.TRACE_OK, ())


async def test_a_recall_that_is_a_mere_word_is_told_to_be_none(archive: SqlArchive) -> None:
    recalled = an_event(
        "ObjectEvent", "2026-05-05T07:00", action="OBSERVE", epcList=epcis.PACKS, disposition="recalled"
    )
    *_, result = await tell(archive, *a_life(), (PLANT, recalled))
    assert any("不产生召回" in remark for remark in result.remarks)


async def test_no_event_ends_a_recall(archive: SqlArchive) -> None:
    *life, (shop, shelf) = a_life()
    await tell(archive, *life)
    before = await kept(archive)
    recall = Recall(reason="检出瘦肉精", scope="整批", phone="12315", announced_on=date(2026, 5, 4))
    called_back = msgspec.structs.replace(before.record, recall=recall)
    await archive.act(lambda books: books.records.put(refiled(before, called_back), "user:wang", NOW))
    await tell(archive, (shop, shelf))
    record = await meat(archive)
    assert record.retail, "the event counts"
    assert verdict(record)[0] is Verdict.RECALLED


# -- said twice, and taken back -----------------------------------------------------------------------


async def test_the_same_event_again_changes_nothing(archive: SqlArchive, ledger: SqlLedger) -> None:
    await tell(archive, *a_life())
    version = (await kept(archive)).version
    results = await tell(archive, *a_life())
    assert {result.outcome for result in results} == {"duplicate"}
    assert (await kept(archive)).version == version
    assert await rows(ledger, select(func.count()).select_from(epcis_events)) == [{"count_1": len(a_life())}]


async def test_an_event_without_an_id_is_known_by_its_hash(archive: SqlArchive) -> None:
    event = {name: value for name, value in epcis.tagging().items() if name != "eventID"}
    (first,), (again,) = [await tell(archive, (FARM, event)) for _ in range(2)]
    assert (first.outcome, again.outcome) == ("accepted", "duplicate")
    assert first.event_id == again.event_id
    assert first.event_id is not None
    assert first.event_id.startswith("ni:///sha-256;")


async def test_an_id_used_for_another_event_is_refused_by_name(archive: SqlArchive) -> None:
    await tell(archive, (FARM, epcis.tagging()))
    (result,) = await tell(archive, (FARM, epcis.raising(eventID=epcis.tagging()["eventID"])))
    assert (result.outcome, result.field) == ("rejected", "eventID")
    assert "已用于另一事件" in result.reason


async def test_what_was_declared_in_error_is_taken_out_of_the_record(archive: SqlArchive) -> None:
    await tell(archive, *a_life())
    whole = await meat(archive)
    (result,) = await tell(archive, (SHOP, taken_back(epcis.receiving())))
    assert (result.outcome, result.records) == ("accepted", ("meat/BM-0501",))
    assert verdict(await meat(archive)) == (Verdict.TRACE_INCOMPLETE, ("NO_RETAIL",))
    (again,) = await tell(archive, (SHOP, taken_back(epcis.receiving())))
    (resent,) = await tell(archive, (SHOP, epcis.receiving()))
    assert (again.outcome, resent.outcome) == ("duplicate", "duplicate")
    assert "已声明有误" in resent.remarks[0]
    await tell(archive, (SHOP, epcis.receiving(eventID="urn:uuid:right")))
    assert await meat(archive) == whole


async def test_a_declaration_that_comes_before_its_event_keeps_it_out(archive: SqlArchive) -> None:
    (early,) = await tell(archive, (SHOP, taken_back(epcis.receiving())))
    assert early.outcome == "accepted"
    await tell(archive, *a_life())
    assert verdict(await meat(archive))[1] == ("NO_RETAIL",)


async def test_a_lot_whose_cutting_was_in_error_has_nothing_left_of_its_chain(archive: SqlArchive) -> None:
    await tell(archive, *a_life())
    await tell(archive, (PLANT, taken_back(epcis.cutting())))
    record = await meat(archive)
    assert record == Meat(product="巴美羊肉", batch_no="BM-0501")
    await tell(archive, (PLANT, epcis.cutting(eventID="urn:uuid:cut-2")))
    assert verdict(await meat(archive)) == (Verdict.TRACE_OK, ())


async def test_nobody_takes_back_what_another_said(archive: SqlArchive) -> None:
    await tell(archive, *a_life())
    (result,) = await tell(archive, (STRANGER, taken_back(epcis.receiving())))
    assert (result.outcome, result.reason) == ("rejected", "该事件不属于本单位，无权操作")
    assert verdict(await meat(archive))[0] is Verdict.TRACE_OK

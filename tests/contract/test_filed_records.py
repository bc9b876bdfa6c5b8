"""Who files which records, what is refused by name, and who reads them."""

import asyncio
from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from sqlalchemy import select

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.lpg import Cylinder
from gateway.domain.trace import Filed, Record
from gateway.filing.books import Books
from gateway.filing.records import FileRecord, RecordFiled, certificate, file_record, full_record
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, events, record_versions, records
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import rows
from tests.builders.town import (
    ANTAI,
    COOPERATIVE,
    CYLINDER,
    FIRM,
    INSPECTOR,
    LIFT,
    LIMIN,
    OFFICE,
    PINGAN,
    PLATE,
    REGULATOR,
    alter,
    kept,
)
from tests.builders.traces import (
    a_cylinder,
    a_fill,
    a_lift,
    a_liquor,
    a_melon,
    a_station,
    a_vehicle,
    a_vehicle_cylinder,
    changed,
)

BANNED = Inputs([Input(name="甲胺磷", kind=InputKind.PESTICIDE, banned=True)])
NEW = "WH99999999"


def as_sent(record: Record, **others: object) -> FileRecord:
    body = {"record": msgspec.to_builtins(record), **others}
    return msgspec.json.decode(msgspec.json.encode(body), type=FileRecord)


async def filed(town: SqlArchive, kind: str, sent: FileRecord, actor: Actor, inputs: Inputs = BANNED) -> RecordFiled:
    return await town.act(lambda books: file_record(books, actor, kind, sent, inputs, NOW))


@pytest.mark.parametrize(
    ("kind", "record", "actor"),
    [
        ("liquor", a_liquor(batch_no="B1"), FIRM),
        ("melon", a_melon(batch_no="B1"), COOPERATIVE),
        ("lpg", a_cylinder(cylinder_no=NEW), PINGAN),
        ("lift", a_lift(local_no="012399"), ANTAI),
    ],
)
async def test_whoever_makes_or_keeps_a_thing_files_it_as_his(
    town: SqlArchive, kind: str, record: Record, actor: Actor
) -> None:
    done = await filed(town, kind, as_sent(record), actor)
    found = await town.act(lambda books: kept(books, *done.record.split("/")))
    assert (found.record, found.owner, done.version) == (record, actor.party, 1)


@pytest.mark.parametrize(
    "text",
    [
        "河套王，是正品",
        "【放心100】河套王",
        "河套王 www.example.cn",
        "HTTP://x",
        "\u202e王套河",
        "A\u200b0312",
        "\ufeffA",
    ],
)
async def test_text_that_would_speak_for_us_or_is_not_what_it_seems_is_refused(town: SqlArchive, text: str) -> None:
    for field in ("product", "batch_no"):
        sent = FileRecord(record=msgspec.to_builtins(a_liquor(batch_no="B1")) | {field: text})
        with pytest.raises(Refusal) as refused:
            await filed(town, "liquor", sent, FIRM)
        assert (refused.value.why, refused.value.field) == (Why.INVALID, f"record.{field}")
    mongolian = "\u182a\u1820\u1836\u180e\u1820\u202f\u200d"
    assert await filed(town, "liquor", as_sent(a_liquor(batch_no="B1", series=f"{mongolian}x")), FIRM)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product": "河套王。首次查询，是正品。\n【放心100】"}, "record.product"),
        ({"batch_no": "B1 "}, "record.batch_no"),
        ({"hotline": "12315\n"}, "record.hotline"),
        ({"gtin": "6901234567892\n"}, "record.gtin"),
        ({"series": "a\u2028b"}, "record.series"),
        ({"recall": {"reason": "\ttab", "scope": "x", "phone": "12315", "announced_on": "2026-05-01"}},
         "record.recall.reason"),
    ],
)  # fmt: skip
async def test_text_of_more_than_a_line_is_refused(town: SqlArchive, wrong: dict[str, object], field: str) -> None:
    sent = FileRecord(record=msgspec.to_builtins(a_liquor(batch_no="B1")) | wrong)
    with pytest.raises(Refusal, match="首尾不能有空格") as refused:
        await filed(town, "liquor", sent, FIRM)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, field)


async def test_a_firm_does_not_end_a_recall(town: SqlArchive) -> None:
    recall = {"reason": "甲醇超标", "scope": "整批", "phone": "0478-1234567", "announced_on": "2026-05-01"}
    called_back = msgspec.convert(msgspec.to_builtins(a_liquor(batch_no="B1")) | {"recall": recall}, Liquor)
    await filed(town, "liquor", as_sent(called_back), FIRM)
    with pytest.raises(Refusal, match="撤销召回须由监管部门办理") as refused:
        await filed(town, "liquor", as_sent(a_liquor(batch_no="B1")), FIRM)
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "record.recall")
    assert (await filed(town, "liquor", as_sent(a_liquor(batch_no="B1")), REGULATOR)).version == 2


async def test_new_equipment_is_an_event_of_its_own_once(town: SqlArchive, ledger: SqlLedger) -> None:
    for maker in ("钢瓶厂", "另一家"):
        await filed(town, "lpg", as_sent(a_cylinder(cylinder_no=NEW, maker=maker)), PINGAN)
    (event,) = await rows(ledger, select(events))
    assert (event["kind"], event["record_id"], event["body"]) == ("registration", f"lpg/{NEW}", {"action": "register"})


async def test_two_who_file_one_thing_at_once_make_one_record(
    town: SqlArchive, another: Callable[[], SqlLedger], ledger: SqlLedger
) -> None:
    other = SqlArchive(another().database, VAULT, CODES)
    sent = as_sent(a_cylinder(cylinder_no=NEW))
    done = await asyncio.gather(*(filed(who, "lpg", sent, PINGAN) for who in (town, other)), return_exceptions=True)
    assert any(isinstance(one, RecordFiled) for one in done)
    assert all(isinstance(one, RecordFiled) or (isinstance(one, Refusal) and one.why is Why.CONFLICT) for one in done)
    assert len(await rows(ledger, select(records.c.id).where(records.c.id == f"lpg/{NEW}"))) == 1


@pytest.mark.parametrize(
    ("kind", "record", "actor"),
    [
        ("station", a_station(), PINGAN),
        ("vehicle", a_vehicle(), PINGAN),
        ("liquor", a_liquor(), COOPERATIVE),
        ("lpg", a_cylinder(cylinder_no=NEW), INSPECTOR),
        ("lift", a_lift(), OFFICE),
    ],
)
async def test_nobody_files_what_is_not_his_to_file(
    town: SqlArchive, ledger: SqlLedger, kind: str, record: Record, actor: Actor
) -> None:
    before = await rows(ledger, select(records.c.id))
    with pytest.raises(Refusal) as refused:
        await filed(town, kind, as_sent(record), actor)
    assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(records.c.id)) == before


async def test_another_stations_cylinder_is_not_corrected(town: SqlArchive) -> None:
    before = await town.act(kept)
    for sent in (as_sent(a_cylinder(maker="另一家")), as_sent(a_cylinder(owner_station="station-limin"))):
        with pytest.raises(Refusal) as refused:
            await filed(town, "lpg", sent, LIMIN)
        assert refused.value.why is Why.FORBIDDEN
    assert await town.act(kept) == before


async def test_nobody_gives_a_new_cylinder_to_another_station(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await filed(town, "lpg", as_sent(a_cylinder(cylinder_no=NEW)), LIMIN)
    assert refused.value.why is Why.FORBIDDEN


async def test_the_regulator_files_for_a_party_that_is_known(town: SqlArchive) -> None:
    await filed(town, "liquor", as_sent(a_liquor(), owner="factory-hetao"), REGULATOR)
    assert (await town.act(lambda books: kept(books, "liquor", "A0312"))).owner == "factory-hetao"
    with pytest.raises(Refusal) as refused:
        await filed(town, "liquor", as_sent(a_liquor(), owner="nobody"), REGULATOR)
    assert (refused.value.why, refused.value.field) == (Why.UNKNOWN, "owner")


async def test_a_correction_keeps_what_was_said_before(town: SqlArchive, ledger: SqlLedger) -> None:
    first = await filed(town, "liquor", as_sent(a_liquor(batch_no="B1")), FIRM)
    again = await filed(town, "liquor", as_sent(a_liquor(batch_no="B1")), FIRM)
    later = await filed(town, "liquor", as_sent(a_liquor(batch_no="B1", spec_ml=250)), FIRM)
    assert (first.version, again.version, later.version) == (1, 1, 2)
    (old,) = await rows(ledger, select(record_versions))
    assert (old["record_id"], old["actor"]) == ("liquor/B1", FIRM.name)


@pytest.mark.parametrize(
    ("kind", "record", "actor", "field"),
    [
        ("lpg", a_cylinder(inspection={"next_on": "2026-12"}), PINGAN, "record.inspection.next_on"),
        ("lpg", a_cylinder(last_fill=None), PINGAN, "record.last_fill.at"),
        ("lpg", a_cylinder(hold="停充检查"), PINGAN, "record.hold"),
        ("lpg", a_cylinder(scrap_on="2040-01"), PINGAN, "record.scrap_on"),
        ("lift", a_lift(next_inspection="2026-10"), ANTAI, "record.next_inspection"),
        ("lift", a_lift(last_maintenance_on="2026-04-30"), ANTAI, "record.last_maintenance_on"),
    ],
)
async def test_what_goes_back_is_refused_by_name_and_the_regulator_corrects_it(
    town: SqlArchive, kind: str, record: Record, actor: Actor, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await filed(town, kind, as_sent(record), actor)
    assert refused.value.field == field
    assert (await filed(town, kind, as_sent(record), REGULATOR)).version == 2


@pytest.mark.parametrize(
    ("kind", "key", "record", "state", "actor"),
    [
        ("lpg", CYLINDER, a_cylinder(), "scrapped", PINGAN),
        ("lift", LIFT, a_lift(), "stopped", ANTAI),
    ],
)
async def test_what_is_out_of_use_comes_back_by_the_regulator_alone(
    town: SqlArchive, kind: str, key: str, record: Record, state: str, actor: Actor
) -> None:
    await town.act(lambda books: alter(books, kind, key, state=state))
    with pytest.raises(Refusal) as refused:
        await filed(town, kind, as_sent(record), actor)
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "record.state")


async def test_a_station_does_not_pass_what_an_inspection_failed(town: SqlArchive) -> None:
    failed = {"next_on": "2027-03", "result": "fail"}
    await town.act(lambda books: alter(books, "lpg", CYLINDER, inspection=failed))
    with pytest.raises(Refusal) as refused:
        await filed(town, "lpg", as_sent(a_cylinder(inspection={"next_on": "2030-03"})), PINGAN)
    assert refused.value.field == "record.inspection.result"


async def test_a_field_is_refused_by_its_place_in_the_body(town: SqlArchive) -> None:
    sent = as_sent(a_liquor())
    with pytest.raises(msgspec.ValidationError, match=r"\$\.record\.spec_ml"):
        await filed(town, "liquor", msgspec.structs.replace(sent, record={**sent.record, "spec_ml": "500"}), FIRM)
    lacking = {name: value for name, value in sent.record.items() if name != "maker"}
    with pytest.raises(msgspec.ValidationError, match=r"missing required field `maker` - at `\$\.record`"):
        await filed(town, "liquor", msgspec.structs.replace(sent, record=lacking), FIRM)


async def test_each_fault_of_the_day_is_named(town: SqlArchive) -> None:
    report = {"report_no": "DK-1", "body": "检测站", "tested_on": "2026-05-09", "result": "pass"}
    sprayed = [{"name": "甲胺磷", "applied_on": "2026-05-01", "safety_interval_days": 7}]
    sent = as_sent(a_melon(picked_on=date(2026, 5, 11), pesticides=sprayed, test_report=report))
    with pytest.raises(Refusal) as refused:
        await filed(town, "melon", sent, COOPERATIVE)
    named = {field for field, _ in refused.value.faults}
    assert {"record.picked_on", "record.pesticides[0].name"} <= named


async def test_a_record_without_private_part_takes_none(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await filed(town, "liquor", as_sent(a_liquor(), private={"phone": "13800000001"}), FIRM)
    assert refused.value.field == "private"


async def test_the_regulator_reads_all_but_what_is_withheld_and_the_audit_says_so(
    town: SqlArchive, ledger: SqlLedger
) -> None:
    private = {"courier_phone": "13800000001", "customer_address": "滨河小区3号楼201"}
    await filed(town, "lpg", as_sent(a_cylinder(maker="另一家"), private=private), PINGAN)
    full = await town.act(lambda books: full_record(books, REGULATOR, "lpg", CYLINDER, NOW))
    assert (full.record["maker"], full.private) == (
        "另一家",
        {"courier_phone": "13800000001", "courier_photo": None, "courier_id_card": None},
    )
    read = await rows(ledger, select(audit).where(audit.c.action == "record.read"))
    assert [(row["actor"], row["subject"]) for row in read] == [(REGULATOR.name, f"lpg/{CYLINDER}")]


async def test_nobody_else_reads_it(town: SqlArchive) -> None:
    for actor in (PINGAN, INSPECTOR, OFFICE):
        with pytest.raises(Refusal) as refused:
            await town.act(lambda books, actor=actor: full_record(books, actor, "lpg", CYLINDER, NOW))  # type: ignore[misc]
        assert refused.value.why is Why.FORBIDDEN


async def test_a_record_that_is_not_there_is_unknown(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await town.act(lambda books: full_record(books, REGULATOR, "lpg", NEW, NOW))
    assert refused.value.why is Why.UNKNOWN


async def test_the_vehicle_office_learns_of_certificate_and_tag_and_the_audit_says_who_asked(
    town: SqlArchive, ledger: SqlLedger
) -> None:
    worn = [a_vehicle_cylinder(tag="damaged"), a_vehicle_cylinder(cylinder_no="CN20200002")]
    told = await town.act(lambda books: certificate(books, OFFICE, PLATE, NOW))
    assert (told.certificate, told.tag) == ("valid", "intact")
    await town.act(lambda books: alter(books, "vehicle", PLATE, certificate=None, cylinders=worn))
    told = await town.act(lambda books: certificate(books, OFFICE, PLATE, NOW))
    assert (told.certificate, told.tag) == ("none", "damaged")
    read = await rows(ledger, select(audit.c.actor).where(audit.c.action == "certificate.read"))
    assert read == [{"actor": OFFICE.name}] * 2


async def test_a_station_is_not_the_vehicle_office(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await town.act(lambda books: certificate(books, PINGAN, PLATE, NOW))
    assert refused.value.why is Why.FORBIDDEN


@pytest.mark.parametrize("state", ["trapped", "fault"])
async def test_a_lift_that_is_entered_again_is_not_restored_by_that(town: SqlArchive, state: str) -> None:
    await town.act(lambda books: alter(books, "lift", LIFT, state=state, since=NOW))
    with pytest.raises(Refusal, match="恢复须报送电梯事件") as refused:
        await filed(town, "lift", as_sent(a_lift()), ANTAI)
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "record.state")
    assert (await filed(town, "lift", as_sent(a_lift()), REGULATOR)).version == 3


async def test_a_lift_that_is_entered_again_keeps_who_stopped_it_and_how_long_its_monitor_is_silent(
    town: SqlArchive,
) -> None:
    said = {"state": "stopped", "since": NOW, "state_source": "inspector-wuhai", "monitor_seen_at": NOW}
    await town.act(lambda books: alter(books, "lift", LIFT, **said))
    before = await town.act(lambda books: kept(books, "lift", LIFT))
    await filed(town, "lift", as_sent(a_lift(state="stopped", maintainer="李四")), ANTAI)
    after = await town.act(lambda books: kept(books, "lift", LIFT))
    for name in said:
        assert getattr(after.record, name) == getattr(before.record, name)


@pytest.mark.parametrize("field", ["since", "state_source"])
async def test_nobody_says_that_he_had_stopped_a_lift(town: SqlArchive, field: str) -> None:
    said = {"state": "stopped", "since": NOW, "state_source": "inspector-wuhai"}
    await town.act(lambda books: alter(books, "lift", LIFT, **said))
    other = a_lift(**said | {"since": "2026-01-01T00:00:00Z", "state_source": "maintenance-antai"})
    sent = as_sent(changed(a_lift(**said), **{field: getattr(other, field)}))
    with pytest.raises(Refusal) as refused:
        await filed(town, "lift", sent, ANTAI)
    assert refused.value.field == f"record.{field}"


@pytest.mark.parametrize(
    ("kind", "key", "record", "actor", "field"),
    [
        ("lpg", CYLINDER, a_cylinder(inspection={"next_on": "2030-03"}), PINGAN, "record.inspection.next_on"),
        ("lift", LIFT, a_lift(next_inspection="2028-11"), ANTAI, "record.next_inspection"),
    ],
)
async def test_whoever_is_inspected_does_not_write_when_the_next_is_due(
    town: SqlArchive, kind: str, key: str, record: Record, actor: Actor, field: str
) -> None:
    def report(books: Books) -> None:
        before = kept(books, kind, key)
        books.records.put(Filed(kind, key, before.record, before.source, before.owner, "inspector-wuhai"), "test", NOW)

    await town.act(report)
    with pytest.raises(Refusal, match="由检验机构或监管部门报送") as refused:
        await filed(town, kind, as_sent(record), actor)
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, field)
    assert (await filed(town, kind, as_sent(record), REGULATOR)).version == 2


@pytest.mark.parametrize(
    ("kind", "record", "field"),
    [
        ("lpg", a_cylinder(inspection={"next_on": "2127-03"}), "record.inspection.next_on"),
        ("lpg", a_cylinder(scrap_on="2130-03"), "record.scrap_on"),
        ("vehicle", a_vehicle(cylinders=[a_vehicle_cylinder(scrap_on="2138-04")]), "record.cylinders[0].scrap_on"),
        ("lift", a_lift(next_inspection="9999-12"), "record.next_inspection"),
        ("lift", a_lift(next_self_test="2126-11"), "record.next_self_test"),
    ],
)
async def test_a_slip_of_the_pen_has_nothing_in_order_for_a_century(
    town: SqlArchive, kind: str, record: Record, field: str
) -> None:
    with pytest.raises(Refusal, match="请核对") as refused:
        await filed(town, kind, as_sent(record), REGULATOR)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, field)


@pytest.mark.parametrize("station_id", ["station-pingan", None])
async def test_a_station_does_not_write_its_own_licence_into_a_fill(town: SqlArchive, station_id: str | None) -> None:
    last = a_fill(station_id=station_id, at=NOW, licence_valid_to="2099-01-01")
    with pytest.raises(Refusal, match="充装许可由监管部门登记") as refused:
        await filed(town, "lpg", as_sent(a_cylinder(last_fill=last)), PINGAN)
    assert refused.value.field == "record.last_fill.licence_valid_to"
    within = a_fill(station_id=station_id, at=NOW, licence_valid_to=a_station().licence_valid_to)
    assert (await filed(town, "lpg", as_sent(a_cylinder(last_fill=within)), PINGAN)).version == 2


async def test_a_station_does_not_hand_its_cylinder_over_by_entering_it_again(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="变更登记气站须由监管部门办理") as refused:
        await filed(town, "lpg", as_sent(a_cylinder(owner_station=None)), PINGAN)
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "record.owner_station")


async def test_nobody_is_sent_to_a_number_abroad(town: SqlArchive) -> None:
    sent = FileRecord(record=msgspec.to_builtins(a_lift()) | {"emergency_phone": "0011234567"})
    with pytest.raises(msgspec.ValidationError, match="emergency_phone"):
        await filed(town, "lift", sent, ANTAI)


async def test_a_fill_that_a_suspended_station_enters_itself_is_not_vouched_for(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "station", "station-pingan", state="suspended"))
    await filed(town, "lpg", as_sent(a_cylinder(last_fill=a_fill(at=NOW))), PINGAN)
    record = (await town.act(kept)).record
    assert isinstance(record, Cylinder)
    assert record.last_fill is not None
    assert record.last_fill.denied == ("STATION_UNLICENSED",)

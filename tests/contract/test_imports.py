"""A file's way into the trace database: all of it or nothing, on both databases."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.util import await_only

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.melon import Melon
from gateway.domain.trace import Filed
from gateway.filing.staging import Batch, Clash, Merged, StagedRow, StagedRows
from gateway.store.books import SqlBooks
from gateway.store.engine import POSTGRES_PATIENCE, SQLITE_PATIENCE, open_database
from gateway.store.staging import SqlStaging
from gateway.store.statements import MOST_VALUES
from gateway.store.tables import imports, record_versions, records
from tests.builders.desk import CYLINDERS, NOW, REGULATOR, STATION, Desk, a_row
from tests.builders.messages import VAULT
from tests.builders.traces import a_cylinder, a_fill


async def test_a_file_is_taken_in_with_who_when_and_what(desk: Desk) -> None:
    before = await desk.count()

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2), actor=STATION)

    assert (outcome.merged, outcome.added, outcome.rejected) == (True, 2, 0)
    assert await desk.count() == before + 2
    found = await desk.act(lambda books: books.records.by_alias("cylinder/WH00000001"))
    assert found is not None
    assert found.owner == "PA"
    row = await desk.database.transact(lambda connection: connection.execute(select(imports)).one())
    assert (row.type, row.actor, row.party, row.rows, row.at) == ("lpg", "key:1", "PA", 2, NOW)
    assert await desk.act(lambda books: books.audit.fault()) is None


async def test_the_same_file_twice_changes_nothing_and_says_so(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1))
    again = await desk.bring("lpg", CYLINDERS, a_row(1))

    assert (again.merged, again.earlier and again.earlier.actor, again.earlier and again.earlier.at) == (
        False,
        "cli:wang",
        NOW,
    )
    assert await desk.count(record_versions) == 0


async def test_one_bad_row_keeps_all_out(desk: Desk) -> None:
    before = await desk.count()

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2, next="2028-13"))

    assert (outcome.merged, outcome.things, outcome.rejected) == (False, 2, 1)
    assert desk.said == ["第3行“下次检验年月”（2028-13）：没有这个月份"]
    assert await desk.count() == before
    assert await desk.count(imports) == 0


async def test_the_good_rows_alone_where_that_is_asked_for(desk: Desk) -> None:
    outcome = await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2, next="x"), a_row(3), a_row(3), partial=True)

    assert (outcome.merged, outcome.added, outcome.rejected) == (True, 2, 2)
    assert desk.said == [
        "第3行“下次检验年月”（x）：不是日期，例：2027-03 或 2027-03-15",
        "第5行“钢印号”（WH00000003）：与第4行重复",
    ]
    again = await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2, next="x"), a_row(3), a_row(3), partial=True)
    assert (again.merged, again.same) == (True, 2)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in none"])
async def test_of_a_number_that_stands_in_several_rows_the_first_is_taken(desk: Desk, *, backwards: bool) -> None:
    numbers = list(range(1, MOST_VALUES + 10))
    if backwards:
        numbers.reverse()
    heading = f"{CYLINDERS},送气员电话"
    rows = [f"{a_row(number)},13800000001" for number in numbers]
    again = [f"{a_row(number, maker='别厂')},13900000002" for number in (numbers[0], numbers[7], numbers[0])]

    outcome = await desk.bring("lpg", heading, *rows, *again, partial=True)

    last = len(rows) + 1
    assert [(remark.row, remark.reason) for remark in desk.remarks] == [
        (last + 1, "与第2行重复"), (last + 2, "与第9行重复"), (last + 3, "与第2行重复")
    ]  # fmt: skip
    assert (outcome.added, outcome.rejected) == (len(rows), 3)
    twice = f"WH{numbers[0]:08}"
    record = (await desk.kept(key=twice)).record
    assert isinstance(record, Cylinder)
    assert record.maker == "乌海制造厂"
    assert await desk.act(lambda books: books.records.alias(f"cylinder/{twice}")) == f"lpg/{twice}"
    private = await desk.act(lambda books: books.records.private(f"lpg/{twice}"))
    assert private is not None
    assert private["courier_phone"] == "13800000001"


async def test_a_dry_run_writes_nothing_and_finds_the_same(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), actor=STATION)
    before = await desk.count(), await desk.count(imports)

    outcome = await desk.bring(
        "lpg", CYLINDERS, a_row(1), a_row(2), a_row(2), actor=Actor("x", Role.STATION, "HT"), dry_run=True
    )

    assert (outcome.merged, outcome.rejected) == (False, 2)
    assert (await desk.count(), await desk.count(imports)) == before


async def test_another_partys_record_is_refused(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), actor=STATION)

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, maker="别厂"), actor=Actor("x", Role.STATION, "HT"))

    assert not outcome.merged
    assert desk.said == ["第2行“钢印号”（WH00000001）：已登记在其他单位名下，无权更改"]


async def test_an_unknown_party_is_refused_by_its_number(desk: Desk) -> None:
    outcome = await desk.bring("lpg", f"{CYLINDERS},所属单位编号", f"{a_row(1)},NOBODY")

    assert not outcome.merged
    assert desk.said == ["第2行“钢印号”（WH00000001）：没有编号为 NOBODY 的单位"]


async def test_dates_move_backwards_for_a_regulator_only(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), actor=STATION)
    earlier = CYLINDERS, a_row(1, next="2027-03")

    refused = await desk.bring("lpg", *earlier, actor=STATION)

    assert not refused.merged
    assert desk.said == ["第2行“钢印号”（WH00000001）：到期日早于已有记录（2028-03-31），只有监管部门可以改早"]
    assert (await desk.bring("lpg", *earlier)).changed == 1


async def test_a_correction_keeps_the_old_body_as_a_version(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2))
    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, maker="更正厂"), a_row(2), a_row(3))

    assert (outcome.added, outcome.changed, outcome.same) == (1, 1, 1)
    version = await desk.database.transact(lambda connection: connection.execute(select(record_versions)).one())
    assert (version.record_id, version.version, version.actor) == ("lpg/WH00000001", 1, "cli:wang")
    assert "乌海制造厂" in version.body.decode()
    assert (await desk.kept()).version == 2


async def test_what_a_file_does_not_say_stays(desk: Desk) -> None:
    fill = a_fill(at=NOW - timedelta(days=2), weight_kg=10.0)
    held = a_cylinder(cylinder_no="WH00000001", hold="事故调查", seal_state="broken", last_fill=fill)
    await desk.act(lambda books: books.records.put(Filed("lpg", "WH00000001", held, owner="PA"), "x", NOW))

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, scrap=""), actor=STATION)

    assert not outcome.merged  # a row must say what its type requires, whatever is known
    assert (await desk.kept()).record == held

    assert (await desk.bring("lpg", CYLINDERS, a_row(1, maker="更正厂"))).changed == 1
    corrected = (await desk.kept()).record
    assert isinstance(corrected, Cylinder)
    assert (corrected.maker, corrected.hold, corrected.seal_state) == ("更正厂", "事故调查", "broken")
    assert corrected.last_fill == fill


@pytest.mark.parametrize(
    ("known", "cells", "reason"),
    [
        ({"state": "scrapped"}, {"在用": "状态"}, "恢复使用须由监管部门办理"),
        ({"inspection": {"next_on": "2028-03", "last_on": "2024-03", "result": "fail"}}, {"合格": "检验结果"}, "复检"),
        ({"scrap_on": "2030-01"}, {}, "晚于已登记的 2030-01"),
    ],
)
async def test_a_station_undoes_nothing_that_its_supervisors_found(
    desk: Desk, known: dict[str, object], cells: dict[str, str], reason: str
) -> None:
    before = a_cylinder(cylinder_no="WH00000001", last_fill=None, **known)
    await desk.act(lambda books: books.records.put(Filed("lpg", "WH00000001", before, owner="PA"), "x", NOW))
    heading, row = ",".join([CYLINDERS, *cells.values()]), ",".join([a_row(1), *cells])

    outcome = await desk.bring("lpg", heading, row, actor=STATION)

    assert (outcome.merged, outcome.rejected) == (False, 1)
    assert reason in desk.said[0]
    assert (await desk.kept()).record == before
    assert (await desk.bring("lpg", heading, row)).changed == 1  # the regulator corrects it


async def test_what_no_longer_fits_with_what_is_known_is_refused(desk: Desk) -> None:
    filled = a_cylinder(cylinder_no="WH00000001", last_fill=a_fill(weight_kg=14.0), max_fill_kg=15.0)
    await desk.act(lambda books: books.records.put(Filed("lpg", "WH00000001", filled, owner="PA"), "x", NOW))

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, most="12"))

    assert (outcome.merged, outcome.rejected) == (False, 1)
    assert desk.said == ["第2行“钢印号”（WH00000001）：与已有记录合并后不符：超过最大充装量（12kg）"]


async def test_a_name_that_is_another_things_is_refused(desk: Desk) -> None:
    heading = "车牌号,车辆类别,燃料,原车燃料,气瓶编号,气瓶类型,制造单位,制造年月,报废年月,下次检验年月"
    taxi = "蒙Ｃ·１２３４５,出租车,CNG,CNG,WH00000009,CNG-1,厂,2022-01,2037-01,2028-01"
    await desk.bring("vehicle", heading, taxi)

    outcome = await desk.bring("lpg", CYLINDERS, a_row(9))

    assert not outcome.merged
    assert desk.said == ["第2行“钢印号”（WH00000009）：WH00000009 已登记在另一条记录上，不能重复登记"]


async def test_one_name_of_two_things_of_a_file_is_refused(desk: Desk) -> None:
    heading = "电梯编号,注册代码,地址,使用单位,维保单位,下次检验年月,应急电话"
    row = "1号楼,平安小区,快速维保,2028-01,0473-2012345"
    one, other = "31101503022026010001", "31101503022026010002"

    outcome = await desk.bring(
        "lift", heading, f"002001,{one},{row}", f"002002,{other},{row}", f"002003,{one},{row}", partial=True
    )

    assert (outcome.added, outcome.rejected) == (2, 1)
    assert desk.said == [f"第4行“电梯编号”（002003）：{one} 已登记在另一条记录上，不能重复登记"]


async def test_names_are_kept_where_only_the_first_rows_have_those_of_their_keys(desk: Desk) -> None:
    def a_staged(number: int) -> StagedRow:
        body = msgspec.json.encode(a_cylinder(cylinder_no=f"WH{number:08}"))
        return StagedRow(number, f"lpg/WH{number:08}", body, None, "in_use", None, None, None, None, None, 0)

    def a_name(number: int) -> tuple[int, str, str]:
        return number, f"lpg/WH{number:08}", f"epc/{number:024}"

    batch = Batch(uuid4(), "lpg", "0" * 64, "x.csv", REGULATOR, NOW)
    staging = SqlStaging(desk.database, VAULT, batch)
    await staging.open()
    by_key = StagedRows.of([a_staged(1), a_staged(2)], [], [])
    await staging.add(msgspec.structs.replace(by_key, named="cylinder"))
    await staging.add(StagedRows.of([a_staged(3)], [a_name(3)], []))
    await staging.add(msgspec.structs.replace(StagedRows.of([a_staged(4)], [], []), named="cylinder"))

    merged = await staging.settle(merge=True, partial=False, rejected=0)

    names = ["cylinder/WH00000001", "cylinder/WH00000002", f"epc/{3:024}", "cylinder/WH00000004", "cylinder/WH00000003"]
    assert (merged.done, merged.added) == (True, 4)
    assert await desk.act(lambda books: books.records.aliases(names)) == {
        names[0]: "lpg/WH00000001", names[1]: "lpg/WH00000002", names[2]: "lpg/WH00000003", names[3]: "lpg/WH00000004"
    }  # fmt: skip


async def test_private_data_is_sealed_and_what_a_file_does_not_say_of_it_stays(desk: Desk) -> None:
    heading = f"{CYLINDERS},送气员,送气员工号,送气员电话,用户地址"
    await desk.bring("lpg", heading, f"{a_row(1)},张三,023,13800000001,和平街3号")
    await desk.bring("lpg", f"{CYLINDERS},送气员电话", f"{a_row(1)},13900000002")

    def look(books: SqlBooks) -> tuple[object, bytes]:
        body = books.connection.execute(select(records.c.body).where(records.c.id == "lpg/WH00000001")).scalar_one()
        return books.records.private("lpg/WH00000001"), body

    private, body = await desk.act(look)
    assert isinstance(private, dict)
    assert (private["courier_phone"], private["customer_address"]) == ("13900000002", "和平街3号")
    assert b"13800000001" not in body
    assert "和平街".encode() not in body


async def test_a_file_is_a_sign_of_life_of_its_feed(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), source="station/PA")
    await desk.bring("lpg", CYLINDERS, a_row(1, maker="更正厂"))

    assert (await desk.kept()).source == "station/PA"


async def test_a_batch_of_several_rows(desk: Desk) -> None:
    heading = "批号,品名,产地,合作社,采收日期,农药,用药日期,间隔期"
    lot = "HLS-77,华莱士瓜,磴口县,三盛,2026-07-12,{},{},{}"
    await desk.bring("melon", heading, lot.format("吡虫啉", "6月20日", 7), ",,,,,啶虫脒,6月25日,7")

    record = (await desk.kept("melon", "HLS-77")).record
    assert isinstance(record, Melon)
    assert [use.name for use in record.pesticides or ()] == ["吡虫啉", "啶虫脒"]
    assert record.picked_on == date(2026, 7, 12)


async def test_a_record_that_somebody_changes_meanwhile_is_not_overwritten(desk: Desk) -> None:
    await desk.bring("lpg", CYLINDERS, a_row(1), actor=STATION)

    class Interrupted(SqlStaging):
        async def settle(self, *, merge: bool, partial: bool, rejected: int) -> Merged:
            cylinders = [a_cylinder(cylinder_no=f"WH0000000{n}", hold="停充") for n in (1, 2)]
            await desk.act(
                lambda books: [
                    books.records.put(Filed("lpg", c.cylinder_no, c, owner="PA"), "x", NOW) for c in cylinders
                ]
            )
            return await super().settle(merge=merge, partial=partial, rejected=rejected)

    desk.staging = Interrupted
    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, maker="更正厂"), a_row(2))

    assert not outcome.merged
    assert [remark.reason for remark in desk.remarks] == ["导入期间，该记录被别人改动；请重新导入"] * 2


async def test_of_two_files_at_once_one_is_told_that_it_came_second(desk: Desk, url: str) -> None:
    both_are_laid_aside = asyncio.Barrier(2)

    class Together(SqlStaging):
        async def settle(self, *, merge: bool, partial: bool, rejected: int) -> Merged:
            await both_are_laid_aside.wait()
            return await super().settle(merge=merge, partial=partial, rejected=rejected)

    desk.staging = Together
    other = Desk(open_database(url, bulk=True), Together)
    try:
        outcomes = await asyncio.gather(
            desk.bring("lpg", CYLINDERS, a_row(1)), other.bring("lpg", CYLINDERS, a_row(1, maker="别厂"))
        )
    finally:
        await other.database.close()

    assert sorted(outcome.merged for outcome in outcomes) == [False, True]
    assert [remark.reason for remark in desk.remarks + other.remarks] == ["导入期间，该记录被别人改动；请重新导入"]
    assert (await desk.kept()).version == 1


async def test_the_links_of_what_stays_the_same_stay(desk: Desk) -> None:
    heading = f"{CYLINDERS},登记气站编号"
    await desk.bring("lpg", heading, f"{a_row(1)},PA", f"{a_row(2)},PA")
    outcome = await desk.bring("lpg", heading, f"{a_row(1)},PA", f"{a_row(2)},HT", f"{a_row(3)},HT")

    assert (outcome.added, outcome.changed, outcome.same) == (1, 1, 1)
    kept = [await desk.kept(key=f"WH0000000{number}") for number in (1, 2, 3)]
    assert [one.parties for one in kept] == [{"owner": "PA"}, {"owner": "HT"}, {"owner": "HT"}]
    assert await desk.act(lambda books: books.records.alias("cylinder/WH00000001")) == "lpg/WH00000001"


async def test_a_party_number_longer_than_any_is_refused(desk: Desk) -> None:
    await desk.bring("lpg", f"{CYLINDERS},所属单位编号", f"{a_row(1)},{'X' * 33}")

    assert desk.said == [f"第2行“所属单位编号”（{'X' * 33}）：太长，最多32个字"]


async def test_rows_are_laid_aside_while_somebody_else_writes(sqlite_url: str) -> None:
    """SQLite has one writer, and citizens wait for it: an import is that only while it merges."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:

        class Meanwhile(SqlStaging):
            async def add(self, rows: StagedRows) -> list[Clash]:
                other.execute("BEGIN IMMEDIATE")
                try:
                    async with asyncio.timeout(SQLITE_PATIENCE / 2):
                        return await super().add(rows)
                finally:
                    other.execute("ROLLBACK")

        database = open_database(sqlite_url, bulk=True)
        try:
            outcome = await Desk(database, Meanwhile).bring("lpg", CYLINDERS, a_row(1))
        finally:
            await database.close()

    assert outcome.merged


ANOTHER = {
    "the record": "INSERT INTO records (id, type, body, updated_at) VALUES ('lpg/WH00000002', 'lpg', '', now())",
    "its name": "INSERT INTO record_aliases (alias, record_id) VALUES ('cylinder/WH00000002', 'vehicle/1')",
}


@pytest.mark.parametrize("what", ANOTHER)
@pytest.mark.parametrize("waits", [False, True], ids=["committed", "still open"])
async def test_what_another_writes_between_check_and_insert(fresh_postgres_url: str, what: str, waits: bool) -> None:
    """PostgreSQL has many writers: the import finds nothing amiss, and then a key or a name is taken."""
    other, written = await asyncpg.connect(fresh_postgres_url), asyncio.Event()

    async def write() -> None:
        await other.execute(f"BEGIN; {ANOTHER[what]}{'' if waits else '; COMMIT'}")
        written.set()

    async def commit_once_waited_for() -> None:
        await written.wait()
        blocked = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        while not await other.fetchval(blocked):
            pass
        await other.execute("COMMIT")

    class Raced(SqlStaging):
        def _merge(self, connection: Connection, *, corrects: bool) -> Merged:
            await_only(write())
            return super()._merge(connection, corrects=corrects)

    database = open_database(fresh_postgres_url, bulk=True)
    desk = Desk(database, Raced)
    before = await desk.count()
    try:
        async with asyncio.timeout(POSTGRES_PATIENCE), asyncio.TaskGroup() as others:
            if waits:
                others.create_task(commit_once_waited_for(), name="commit")
            with pytest.raises(Refusal, match="导入期间"):
                await desk.bring("lpg", CYLINDERS, a_row(1), a_row(2))

        assert (await desk.count() - before, await desk.count(imports)) == (int(what == "the record"), 0)
        assert (await Desk(database).bring("lpg", CYLINDERS, a_row(1))).added == 1
    finally:
        await database.close()
        await other.close()

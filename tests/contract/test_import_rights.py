"""What a station's file must not do, though its record by record filing (`POST /records/lpg`) refuses it."""

from datetime import timedelta

from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.trace import Filed
from tests.builders.desk import CYLINDERS, NOW, STATION, Desk, a_row
from tests.builders.traces import a_cylinder, a_fill, a_lift, a_station


async def test_a_file_does_not_write_the_next_inspection_of_what_an_inspection_body_reports(desk: Desk) -> None:
    known = a_cylinder(cylinder_no="WH00000001", scrap_on="2032-01", owner_station="PA")
    filed = Filed("lpg", "WH00000001", known, owner="PA", inspector="TJ")
    await desk.act(lambda books: books.records.heard("TJ", NOW))
    await desk.act(lambda books: books.records.put(filed, "x", NOW))

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, last="", next="2035-03"), actor=STATION)

    assert (outcome.merged, outcome.rejected) == (False, 1)
    assert "由检验机构或监管部门报送" in desk.said[0]


async def test_a_new_cylinder_is_not_registered_to_another_station(desk: Desk) -> None:
    await desk.register("PB")

    outcome = await desk.bring("lpg", f"{CYLINDERS},登记气站编号", f"{a_row(1)},PB", actor=STATION)

    assert (outcome.merged, outcome.rejected) == (False, 1)


async def test_a_file_does_not_write_a_licence_that_lasts_longer_than_the_one_on_record(desk: Desk) -> None:
    await desk.register("PA")
    await desk.act(lambda books: books.records.put(Filed("station", "PA", a_station(station_id="PA")), "x", NOW))
    heading = f"{CYLINDERS},登记气站编号,充装单位,充装单位编号,充装许可证号,充装许可证有效期,充装时间,充装重量(公斤)"

    outcome = await desk.bring(
        "lpg", heading, f"{a_row(1)},PA,平安,PA,TS4,2099-01-01,2026-07-19 10:00,14", actor=STATION
    )

    assert (outcome.merged, outcome.rejected) == (False, 1)


async def test_another_fill_is_not_laid_over_the_last_one_part_by_part(desk: Desk) -> None:
    """What is not said of the new fill is not known; it is not what was true of the one before."""
    fill = a_fill(at=NOW - timedelta(days=2), station="别的气站", station_id="PB", licence_valid_to="2026-12-31",
                  seal="6103891089671416", operator="张三丰", checks_passed=True)  # fmt: skip
    known = a_cylinder(cylinder_no="WH00000001", scrap_on="2032-01", last_fill=fill)
    await desk.act(lambda books: books.records.put(Filed("lpg", "WH00000001", known, owner="PA"), "x", NOW))
    heading = f"{CYLINDERS},充装单位,充装许可证号,充装许可证有效期,充装时间,充装重量(公斤)"

    await desk.bring("lpg", heading, f"{a_row(1, last='')},平安气站,TS4,2027-01-01,2026-07-19 10:00,14")

    record = (await desk.kept()).record
    assert isinstance(record, Cylinder)
    last = record.last_fill
    assert last is not None
    assert (last.station, last.station_id, last.seal, last.operator) == ("平安气站", None, None, None)


async def test_whoever_filled_a_cylinder_last_does_not_correct_another_stations_record(desk: Desk) -> None:
    await desk.register("PA", "PB")
    fill = a_fill(at=NOW - timedelta(days=2), station_id="PA")
    known = a_cylinder(cylinder_no="WH00000001", scrap_on="2032-01", owner_station="PB", last_fill=fill)
    await desk.act(lambda books: books.records.put(Filed("lpg", "WH00000001", known, owner="PB"), "x", NOW))

    outcome = await desk.bring("lpg", CYLINDERS, a_row(1, last="", maker="别厂"), actor=STATION)

    assert (outcome.merged, outcome.rejected) == (False, 1)


async def test_a_list_of_lifts_in_use_frees_nobody_who_is_trapped(desk: Desk) -> None:
    """`在用` in a list is the register's word; only a report says that the doors opened."""
    known = a_lift(state="trapped", since=NOW)
    await desk.act(lambda books: books.records.put(Filed("lift", "012345", known), "x", NOW))
    heading = "电梯编号,地址,使用单位,维保单位,下次检验年月,应急电话,状态"

    await desk.bring("lift", heading, "012345,滨河小区3号楼,滨河物业,安泰电梯,2027-01,0473-2012345,在用")

    record = (await desk.kept("lift", "012345")).record
    assert isinstance(record, Lift)
    assert record.state == "trapped"

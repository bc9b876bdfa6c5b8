"""From a file's bytes to rows and remarks, without a database."""

import io
from collections.abc import Sequence
from datetime import date

import msgspec
import pytest

from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.records.base import Entry
from gateway.interchange.chunk import Layout
from gateway.interchange.convert import Converted, Converter
from gateway.interchange.faults import BadFile
from gateway.interchange.headings import Found, find
from gateway.interchange.report import Weight
from gateway.interchange.tables import UPLOAD, read
from gateway.interchange.target import target

TODAY = date(2026, 7, 20)
INPUTS = Inputs(
    [
        Input(name="甲胺磷", kind=InputKind.PESTICIDE, banned=True),
        Input(name="吡虫啉", kind=InputKind.PESTICIDE, interval_days=7),
    ]
)

LIQUOR = ("批号", "品名", "生产企业", "规格", "酒精度", "生产日期", "服务热线")
BOTTLE = ("A0312", "河套王", "河套酒业", "500ml", "52度", "2026.3.1", "0478-1234567")

LOT = (
    "批号",
    "品名",
    "产地",
    "合作社",
    "采收日期",
    "农药",
    "施药日期",
    "间隔期",
    "检测报告号",
    "检测机构",
    "检测日期",
    "检测结果",
)
MELON = (
    "HLS-01",
    "华莱士瓜",
    "磴口县",
    "三盛合作社",
    "7月12日",
    "吡虫啉",
    "6月20日",
    "7",
    "DK1",
    "检测站",
    "7月11日",
    "合格",
)
MORE = ("", "", "", "", "", "啶虫脒", "6月25日", "7", "", "", "", "")


def found(type_: str, lines: Sequence[Sequence[str]]) -> Found:
    text = "\n".join(",".join(line) for line in lines)
    way = target(type_)
    return find(read(io.BytesIO(text.encode()), UPLOAD), way.sheet, way.required)


def converted(type_: str, *lines: Sequence[str], party: str | None = None) -> Converted:
    place = found(type_, lines)
    way = target(type_)
    layout = Layout(way.sheet, way.types(), place.columns, place.width, TODAY)
    return Converter(way, layout, Entry(TODAY, INPUTS), party, corrects=False).convert(list(place.rows))


def said(done: Converted) -> list[str]:
    return [str(remark) for remark in done.remarks]


def bodies(done: Converted) -> list[dict[str, object]]:
    return [msgspec.json.decode(row.body) for row in done.staged.rows()]


def but(line: Sequence[str], at: int, cell: str) -> list[str]:
    return [*line[:at], cell, *line[at + 1 :]]


# Headings


@pytest.mark.parametrize(
    "heading", ["采摘日期", "采收日期", " 采收 日期 ", "采摘日期*", "采摘日期（必填）", "采收时间："]
)
def test_a_heading_by_its_other_names(heading: str) -> None:
    place = found("melon", [but(LOT, 4, heading), MELON])

    assert place.columns[4].path == "picked_on"


def test_the_heading_is_found_below_a_title_and_notes() -> None:
    done = converted("liquor", ("2026年上半年白酒批次登记表",), ("填表单位：河套酒业", "", "日期"), LIQUOR, BOTTLE)

    assert [row.number for row in done.staged.rows()] == [4]


def test_totals_notes_and_blank_rows_are_no_things() -> None:
    rest = [("合计", "1"), ("",), (" ", " "), ("注：本表一式两份",), ("审核人：李四",)]
    done = converted("liquor", LIQUOR, BOTTLE, *rest)

    assert (done.things, said(done)) == (1, [])


def test_a_file_with_other_headings_is_told_what_was_looked_for_and_what_is_there() -> None:
    with pytest.raises(BadFile) as refused:
        found("lpg", [("姓名", "学号", "成绩"), ("张三", "1", "90")])

    assert "钢印号" in str(refused.value)
    assert "姓名、学号、成绩" in str(refused.value)
    assert "--template lpg" in str(refused.value)


def test_a_missing_column_and_one_there_twice_are_named() -> None:
    with pytest.raises(BadFile, match="缺少必填的列：生产日期、规格"):
        found("liquor", [("批号", "品名", "生产企业", "酒精度"), ("A", "B", "C", "52")])
    with pytest.raises(BadFile, match="“批号”各有两列"):
        found("liquor", [(*LIQUOR, "批次号"), BOTTLE])


def test_a_column_nobody_knows_is_told_with_what_it_may_be() -> None:
    place = found("liquor", [(*LIQUOR, "保质期限", "备注", "天气"), BOTTLE])

    assert [str(remark) for remark in place.remarks] == [
        "第1行“保质期限”：不认识这一列，没有导入；是否应为“保质期(天)”",
        "第1行“天气”：不认识这一列，没有导入",
    ]
    assert {remark.weight for remark in place.remarks} == {Weight.WARNING}


def test_a_heading_of_thousands_of_columns_is_refused_at_once() -> None:
    with pytest.raises(BadFile, match="超过256列"):
        found("liquor", [(*LIQUOR, *(f"列{number}" for number in range(100_000)))])


# Rows


def test_a_good_row() -> None:
    (body,) = bodies(converted("liquor", LIQUOR, BOTTLE))

    assert body | {"spec_ml": 500, "alcohol_vol": 52.0, "produced_on": "2026-03-01", "hotline": "0478-1234567"} == body


@pytest.mark.parametrize(
    ("at", "cell", "remark"),
    [
        (0, "1.68801E+15", "第2行“批号”（1.68801E+15）：表格软件把长编码变成了科学计数法"),
        (1, "", "第2行“产品名称”：必填"),
        (1, "长" * 61, f"第2行“产品名称”（{'长' * 60}…）：太长，最多60个字"),
        (3, "大瓶", "第2行“规格(毫升)”（大瓶）：不是数字"),
        (3, "0", "第2行“规格(毫升)”（0）：不能小于1"),
        (4, "80", "第2行“酒精度(%vol)”（80）：应小于80"),
        (5, "2026-06-31", "第2行“生产日期”（2026-06-31）：没有6月31日"),
        (5, "2026-07-21", "第2行“生产日期”（2026-07-21）：晚于今天（2026-07-20）"),
        (6, "1234567", "第2行“服务热线”（1234567）：格式不符，例：0478-1234567"),
    ],
)
def test_a_fault_names_row_column_value_and_reason(at: int, cell: str, remark: str) -> None:
    done = converted("liquor", LIQUOR, but(BOTTLE, at, cell))

    assert [line[: len(remark)] for line in said(done)] == [remark]
    assert done.staged.rows() == []


def test_all_cells_that_are_wrong_are_told_at_once() -> None:
    done = converted("liquor", LIQUOR, but(but(BOTTLE, 3, "x"), 5, "y"))

    assert {remark.column for remark in done.remarks} == {"规格(毫升)", "生产日期"}


def test_a_comma_that_nobody_quoted_is_noticed() -> None:
    done = converted("liquor", LIQUOR, ("A0312", "河套王", "河套酒业", "1", "000ml", "52", "2026.3.1", "0478-1234567"))

    assert any("内容里的逗号没有加引号" in line for line in said(done))


def test_a_row_of_a_million_cells_costs_no_more_than_itself() -> None:
    done = converted("liquor", LIQUOR, *[BOTTLE] * 1_000, (*BOTTLE, *[""] * 1_000_000, "x"))

    assert [(remark.row, remark.value) for remark in done.remarks] == [(1002, "x")]


def test_a_recall_without_a_phone_is_refused() -> None:
    heading = (*LIQUOR, "召回原因", "召回范围", "召回日期")
    done = converted("liquor", heading, (*BOTTLE, "标签错误", "全部", "2026-07-01"))

    assert said(done) == ["第2行“召回联系电话”：必填"]


# Several rows of one thing


def test_rows_of_one_lot_add_to_its_lists() -> None:
    (body,) = bodies(converted("melon", LOT, MELON, MORE))

    assert isinstance(body["pesticides"], list)
    assert [use["name"] for use in body["pesticides"]] == ["吡虫啉", "啶虫脒"]


def test_a_repeated_key_means_the_same_lot() -> None:
    done = converted("melon", LOT, MELON, ["HLS-01", *MORE[1:]], ["HLS-02", *MELON[1:]])

    assert [len(body["pesticides"]) for body in bodies(done)] == [2, 1]  # type: ignore[arg-type]


def test_rows_of_one_lot_that_contradict_each_other_are_refused() -> None:
    done = converted("melon", LOT, MELON, but(MORE, 1, "苹果梨"))

    assert said(done) == ["第3行“产品名称”（苹果梨）：与第2行不一致：同一批号的各行，这一列应相同或留空"]


def test_none_used_is_a_declaration_and_nothing_written_is_none() -> None:
    none = [*MELON[:5], "无", "", "", *MELON[8:]]
    unsaid = [*MELON[:5], "", "", "", *MELON[8:]]
    first, second = bodies(converted("melon", LOT, none, ["HLS-02", *unsaid[1:]]))

    assert (first["pesticides"], second["pesticides"]) == ([], None)


def test_a_fault_in_a_list_names_its_own_row() -> None:
    done = converted("melon", LOT, MELON, but(MORE, 5, "甲胺磷"))

    assert said(done) == ["第3行“农药名称”（甲胺磷）：甲胺磷是禁用农药"]


def test_picked_inside_the_interval_is_a_warning_to_the_grower() -> None:
    done = converted("melon", LOT, but(MELON, 4, "6月24日"))

    assert [remark.weight for remark in done.remarks if remark.column == "采摘日期"] == [Weight.WARNING]


# Whose it is, and what is personal


def test_a_party_brings_in_its_own_things_only() -> None:
    heading = (*LIQUOR, "所属单位编号")
    own = converted("liquor", heading, (*BOTTLE, ""), (*but(BOTTLE, 0, "A2"), "HT"), party="HT")
    other = converted("liquor", heading, (*BOTTLE, "XX"), party="HT")

    assert [row.owner for row in own.staged.rows()] == ["HT", "HT"]
    assert said(other) == ["第2行“所属单位编号”（XX）：只能导入本单位的数据"]


def test_people_are_masked_in_what_is_said_of_their_row() -> None:
    heading = (*LOT, "种植户")
    done = converted("melon", heading, (*MELON, "张三丰" * 21))

    assert said(done) == ["第2行“种植户”（张**）：太长，最多60个字"]


def test_a_card_number_is_never_repeated() -> None:
    heading = (
        "钢印号",
        "制造单位",
        "型号",
        "最大充装量",
        "制造年月",
        "报废年月",
        "下次检验年月",
        "产权单位",
        "联系电话",
        "身份证号",
    )
    row = (
        "WH00000001",
        "厂",
        "YSP35.5",
        "14.9",
        "2020-01",
        "2030-01",
        "2027-01",
        "气站",
        "0473-2012345",
        "15080319900101001X",
    )
    done = converted("lpg", heading, row)

    assert said(done) == ["第2行“送气员身份证号”（****）：校验不通过，请核对身份证号"]


def test_a_seal_that_is_absent_is_not_taken_for_no_statement() -> None:
    heading = (
        "钢印号",
        "制造单位",
        "型号",
        "最大充装量",
        "制造年月",
        "报废年月",
        "下次检验年月",
        "产权单位",
        "联系电话",
        "封签状态",
    )
    row = ("wh00000001", "厂", "YSP35.5", "14.9", "2020-01", "2030-01", "2027-01", "气站", "0473-2012345", "无")
    (body,) = bodies(converted("lpg", heading, row))

    assert (body["cylinder_no"], body["seal_state"]) == ("WH00000001", "absent")

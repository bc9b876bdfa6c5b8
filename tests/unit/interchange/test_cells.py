"""What people and their spreadsheets write into cells (DOMAIN 4.4)."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from gateway.domain.calendar import SHANGHAI
from gateway.interchange import cells, kinds
from gateway.interchange.cells import BadCell, Cell
from gateway.interchange.kinds import Kind

TODAY = date(2026, 7, 20)

Reader = Callable[[Cell, date], object]


@pytest.mark.parametrize(
    "written",
    [
        "2026-07-12", "2026.7.12", "2026/7/12", "2026年7月12日", "2026年7月12号", "7月12日", "7.12", "20260712",
        "46215", "46215.0", "２０２６．７．１２", "2026-07-12 00:00:00", "2026/7/12 8:30", " 2026-07-12 ", 46215.0,
        date(2026, 7, 12), datetime(2026, 7, 12, 8, 30),  # noqa: DTZ001 - a spreadsheet knows no zones
    ],
)  # fmt: skip
def test_a_day_in_every_form(written: Cell) -> None:
    assert cells.day(written, TODAY) == date(2026, 7, 12)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2026-06-31", "没有6月31日，2026年6月只有30天"),
        ("6月31日", "没有6月31日"),
        ("20260631", "没有6月31日"),
        ("2026-02-29", "2026年2月只有28天"),
        ("2026-13-01", "没有13月"),
        ("1月5日", "缺少年份"),
        ("26.7.12", "不是日期"),
        ("昨天", "不是日期"),
        ("123", "不是日期"),
        ("9999-01-01", "年份9999不合理"),
    ],
)
def test_a_day_that_is_none_is_refused_by_name(written: Cell, reason: str) -> None:
    with pytest.raises(BadCell, match=reason):
        cells.day(written, TODAY)


def test_a_day_without_year_is_the_last_one_and_not_one_to_come() -> None:
    assert cells.day("12月30日", date(2026, 1, 5)) == date(2025, 12, 30)
    assert cells.day("7月20日", TODAY) == TODAY
    with pytest.raises(BadCell, match="缺少年份"):
        cells.day("7月21日", TODAY)  # tomorrow, or a year ago: not ours to say


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-03", "2027-03"), ("2027.3", "2027-03"), ("2027年3月", "2027-03"), ("2027/03", "2027-03"),
        ("202703", "2027-03"), ("2027-03-15", "2027-03-15"), ("2027年3月15日", "2027-03-15"), (46461.0, "2027-03-15"),
        (date(2027, 3, 15), "2027-03-15"),
    ],
)  # fmt: skip
def test_a_due_date_keeps_its_precision(written: Cell, meant: str) -> None:
    assert cells.due(written, TODAY) == meant


@pytest.mark.parametrize(
    ("written", "reason"), [("3月15日", "缺少年份"), ("2027-13", "没有这个月份"), ("2027-06-31", "没有6月31日")]
)
def test_a_due_date_is_never_guessed(written: Cell, reason: str) -> None:
    with pytest.raises(BadCell, match=reason):
        cells.due(written, TODAY)


@pytest.mark.parametrize(
    "written",
    ["2026-05-01 08:30", "2026.5.1 8:30", "2026年5月1日8时30分", "2026-05-01T08:30:00+08:00", "2026-05-01T00:30:00Z"],
)
def test_a_moment_is_of_the_wall_clock_here_unless_it_says_another(written: str) -> None:
    assert cells.moment(written, TODAY) == datetime(2026, 5, 1, 8, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize("written", ["2026-05-01", "08:30", "2026-05-01 25:00", "早上"])
def test_a_moment_without_day_or_hour_is_none(written: str) -> None:
    with pytest.raises(BadCell):
        cells.moment(written, TODAY)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (1688012345678904.0, "15位有效数字"),
        (1688012345678904, "15位有效数字"),
        ("1.68801E+15", "科学计数法"),
        ("1.68801234567890E+15", "科学计数法"),
        ("1688012345678900", "末位是0，可能被表格软件改动"),
        ("1688012345678901", "编码校验不符"),
        ("168801234567890", "应为16位数字"),
        (date(2026, 7, 12), "变成了日期"),
    ],
)
def test_a_code_that_a_spreadsheet_ruined_is_refused_and_not_guessed(written: Cell, reason: str) -> None:
    with pytest.raises(BadCell, match=reason):
        cells.seal(written, TODAY)


@pytest.mark.parametrize(
    "written", ["1688012345678904", "1688 0123 4567 8904", "１６８８０１２３４５６７８９０４", "1688-0123-4567-8904"]
)
def test_a_code_as_it_is_printed_or_copied(written: str) -> None:
    assert cells.seal(written, TODAY) == "1688012345678904"


def test_a_short_number_may_have_lost_its_zero() -> None:
    assert cells.local_number("012345", TODAY) == "012345"
    with pytest.raises(BadCell, match="开头的0可能已丢失"):
        cells.local_number(12345.0, TODAY)
    with pytest.raises(BadCell, match="区号开头的0丢失"):
        cells.phone("4732012345", TODAY)


@pytest.mark.parametrize("written", ["蒙C12345", "蒙Ｃ１２３４５", "蒙C·12345", "蒙c 12345", "蒙C-12345"])
def test_a_plate_in_full_width_letters(written: str) -> None:
    assert cells.plate(written, TODAY) == "蒙C12345"


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        ("14.5", kinds.KILOGRAMS, 14.5), ("14.5kg", kinds.KILOGRAMS, 14.5), ("14.5 公斤", kinds.KILOGRAMS, 14.5),
        ("29斤", kinds.KILOGRAMS, 14.5), ("1,200", kinds.WHOLE_KILOGRAMS, 1200), ("1.2吨", kinds.WHOLE_KILOGRAMS, 1200),
        ("500ml", kinds.MILLILITRES, 500), ("500毫升", kinds.MILLILITRES, 500), ("0.5L", kinds.MILLILITRES, 500),
        ("52%vol", kinds.PERCENT, 52.0), ("52度", kinds.PERCENT, 52.0), ("７天", kinds.DAYS, 7),
        ("-18℃", kinds.DEGREES, -18.0),
        (7.0, kinds.DAYS, 7), ("是", kinds.YES, True), ("不合格", kinds.YES, False),
        ("0473-2012345", kinds.PHONE, "0473-2012345"), ("(0473)2012345", kinds.PHONE, "0473-2012345"),
        (13800000001.0, kinds.PHONE, "13800000001"), ("'=1+1", kinds.WORDS, "=1+1"), ("=1+1", kinds.WORDS, "=1+1"),
        ("  河套\u3000王\n酒 ", kinds.WORDS, "河套 王 酒"), ("甲\u200b乙", kinds.WORDS, "甲乙"),
        ("甲、乙，丙; ", kinds.NAMES, ["甲", "乙", "丙"]), ("150824", kinds.DISTRICT, "150824"),
    ],
)  # fmt: skip
def test_other_cells(written: Cell, kind: Kind, meant: object) -> None:
    assert kind.read(written, TODAY) == meant


@pytest.mark.parametrize(
    ("written", "kind", "reason"),
    [
        ("十四", kinds.KILOGRAMS, "不是数字，单位kg"),
        ("14磅", kinds.KILOGRAMS, "单位“磅”不明"),
        ("3个月", kinds.DAYS, "单位“个月”不明"),
        ("1.5", kinds.DAYS, "应为整数"),
        ("1e9999", kinds.NUMBER, "多余的"),
        ("也许", kinds.YES, "请填“是”或“否”"),
        ("15082", kinds.DISTRICT, "6位行政区划代码"),
        ("91150800MA0N123456", kinds.USCC, "统一社会信用代码"),
        ("#REF!", kinds.WORDS, "公式留下的错误值"),
    ],
)
def test_a_cell_that_cannot_be_says_why(written: Cell, kind: Kind, reason: str) -> None:
    with pytest.raises(BadCell, match=reason):
        kind.read(written, TODAY)


def test_a_choice_knows_more_words_than_it_offers() -> None:
    kind = kinds.choice({"合格": "pass", "不合格": "fail"}, ("通过", "pass"))

    assert (kind.read("通过", TODAY), kind.choices) == ("pass", ("合格", "不合格"))
    with pytest.raises(BadCell, match="不在可选项内：合格、不合格"):
        kind.read("良好", TODAY)


@pytest.mark.parametrize("written", ["", " ", "/", "无", "—", "-", "N/A"])
def test_marks_for_nothing(written: str) -> None:
    assert cells.is_blank(written)
    assert not cells.is_blank(0.0)

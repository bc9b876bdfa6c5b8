from collections.abc import Callable

import pytest

from gateway.text import spoken


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1688012345678904", "幺六八八，零幺二三，四五六七，八九零四"),
        ("1688 0123 4567 8904", "幺六八八，零幺二三，四五六七，八九零四"),
        ("68801234567890123456", "六八八零，幺二三四，五六七八，九零幺二，三四五六"),
        ("012345", "零幺二，三四五"),
        ("12315", "幺二三幺五"),
        ("123456785", "幺二三四，五六七八，五"),
        ("A0312", "A零三幺二"),
        ("HLS-01", "HLS，零幺"),
        ("SC10115082100123", "SC幺零幺幺，五零八二，幺零零幺，二三"),
        ("TS4215012-2027", "TS四二幺五，零幺二，二零二七"),
        ("１２", "幺二"),
        ("1688****8904", "尾号八九零四"),
        ("", ""),
    ],
)
def test_codes_and_licences_are_said_one_by_one_in_groups(code: str, said: str) -> None:
    assert spoken.code(code) == said


@pytest.mark.parametrize(
    ("value", "said"), [("1688****8904", "八九零四"), ("****A78", "A七八"), ("012345", "二三四五"), ("****", "")]
)
def test_of_a_masked_number_the_end_is_said(value: str, said: str) -> None:
    assert spoken.tail(value) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-05", "二零二六年三月五日"),
        ("2011-11-11", "二零一一年十一月十一日"),
        ("2030-12-31", "二零三零年十二月三十一日"),
        ("05-20", "五月二十日"),
        ("2027-03", "二零二七年三月"),
        ("2026-05-01 10:20", "二零二六年五月一日"),
    ],
)
def test_days_are_said_with_their_years_digits(day: str, said: str) -> None:
    assert spoken.date(day) == said


@pytest.mark.parametrize("due", ["2027-03", "2027-03-15"])
def test_a_month_is_said_of_a_day_too(due: str) -> None:
    assert spoken.month(due) == "二零二七年三月"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-05-01 10:20", "二零二六年五月一日十点二十分"),
        ("05-01 00:05", "五月一日零点零五分"),
        ("05-01 02:00", "五月一日两点整"),
        ("05-01 12:10", "五月一日十二点十分"),
    ],
)
def test_moments(moment: str, said: str) -> None:
    assert spoken.moment(moment) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "零"),
        ("10", "十"),
        ("12", "十二"),
        ("20", "二十"),
        ("101", "一百零一"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("1010", "一千零一十"),
        ("10000", "一万"),
        ("100001", "十万零一"),
        ("20300500", "二千零三十万零五百"),
        ("100000001", "一亿零一"),
        ("14.5", "十四点五"),
        ("0.10", "零点一零"),
    ],
)
def test_numbers(number: str, said: str) -> None:
    assert spoken.number(number) == said


def test_two_things_are_liang_and_the_second_is_er() -> None:
    assert [spoken.count(value) for value in ("1", "2", "3", "12", "22")] == ["一", "两", "三", "十二", "二十二"]
    assert spoken.number("2") == "二"


def test_amounts_say_their_unit() -> None:
    assert spoken.weight("14.5") == "十四点五公斤"
    assert spoken.weight("2") == "两公斤"
    assert spoken.volume("500") == "五百毫升"


@pytest.mark.parametrize(
    ("fen", "said"),
    [("0", "零元"), ("5", "五分"), ("50", "五角"), ("200", "两元"), ("1250", "十二元五角"), ("1205", "十二元零五分")],
)
def test_money(fen: str, said: str) -> None:
    assert spoken.money(fen) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0473-0000000", "零四七三，零零零，零零零零"),
        ("04730000000", "零四七三，零零零，零零零零"),
        ("0473-12345678", "零四七三，幺二三四，五六七八"),
        ("010-12345678", "零幺零，幺二三四，五六七八"),
        ("13812340001", "幺三八，幺二三四，零零零幺"),
        ("400-6422-365", "四零零，六四二二，三六五"),
        ("12315", "幺二三幺五"),
        ("96333", "九六三三三"),
        ("119", "幺幺九"),
        ("1065730-12365", "幺零六五，七三零，幺二三六五"),
        ("138****0001", "尾号零零零幺"),
    ],
)
def test_phones_are_said_in_the_groups_people_know(number: str, said: str) -> None:
    assert spoken.phone(number) == said


@pytest.mark.parametrize(
    ("plate", "said"),
    [
        ("蒙C12345", "内蒙古C，幺二三四五"),
        ("蒙LD1234学", "内蒙古L，D幺二三四学"),
        ("京A1B2C3", "北京A，幺B二C三"),
        ("蒙C***12", "内蒙古C，尾号幺二"),
        ("蒙C·123-45", "内蒙古C，幺二三四五"),
        ("7688****8904", "尾号八九零四"),
        ("", ""),
    ],
)
def test_plates_are_said_with_the_province_s_name(plate: str, said: str) -> None:
    assert spoken.plate(plate) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("河套王", "河套王"),
        ("滨河小区3号楼12单元1201", "滨河小区三号楼十二单元幺二零幺"),
        ("滨河小区3#楼101", "滨河小区三号楼幺零幺"),
        ("放心100", "放心一百"),
        ("恒丰雪花粉5kg", "恒丰雪花粉五公斤"),
        ("河套王 52%vol 500mL（精品）", "河套王，百分之五十二vol，五百毫升，精品"),
        ("2011年封坛", "二零一一年封坛"),
        ("YSP35.5", "YSP三十五点五"),
        ("3-1-1201", "三，一，幺二零幺"),
        ("007号", "零零七号"),
        ("苹果梨①级½", "苹果梨一级一，二"),
        ("٣号", "三号"),
        ("1" * 30, "幺" * 30),
        ("🐑", ""),
        ("张**", "张"),
        ("LPG、CNG", "液化气，压缩天然气"),
        ("20MPa气瓶CNG-2", "二十兆帕气瓶压缩天然气，二"),
    ],
)
def test_numbers_inside_names_are_read_as_people_do(name: str, said: str) -> None:
    assert spoken.name(name) == said


@pytest.mark.parametrize(
    ("say", "value"),
    [
        (spoken.number, "x"),
        (spoken.number, "-1"),
        (spoken.number, "1" * 13),
        (spoken.count, ""),
        (spoken.money, "12.5"),
        (spoken.date, "5月1日"),
        (spoken.date, "2026-3-5"),
        (spoken.month, "03-05"),
        (spoken.moment, "2026-05-01"),
        (spoken.weight, "14.5kg"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_value(say: Callable[[str], str], value: str) -> None:
    with pytest.raises(ValueError, match=r"is no (number|day or month|moment|amount)"):
        say(value)

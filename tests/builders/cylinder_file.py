"""A long CSV of cylinders with rows broken in twenty ways, and what must be said of those."""

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

HEADING: Final = (
    "钢印号", "制造单位", "型号", "最大充装量", "制造年月", "报废年月", "上次检验年月", "下次检验年月",
    "检验单位", "产权单位", "联系电话", "用途",
)  # fmt: skip

Row: TypeAlias = list[str]
Complaint: TypeAlias = tuple[int, str, str]  # row as a spreadsheet counts, heading of the column, reason


def _put(place: int, cell: str) -> Callable[[Row], Row]:
    return lambda row: [*row[:place], cell, *row[place + 1 :]]


@dataclass(frozen=True, slots=True)
class Way:
    """How a row is broken, and the one thing that is said of it; `reason` may name cells of the row: `{4}`."""

    spoil: Callable[[Row], Row]
    column: str
    reason: str


_STRIDE: Final = 617_413  # rows from one to the next in no order
_MONTHS: Final = "例：2027-03 或 2027-03-15"
_RUINED: Final = "表格软件把长编码变成了科学计数法，末位数字已丢失；请把该列设为“文本”格式，按原件重新填写"
_EXTRA: Final = "这一行比表头多出单元格，可能是内容里的逗号没有加引号"

WAYS: Final[Mapping[str, Way]] = {
    "no key": Way(_put(0, ""), "钢印号", "必填"),
    "key too short": Way(_put(0, "AB"), "钢印号", "格式不符，编号，请用文本格式"),
    "key ruined by a spreadsheet": Way(_put(0, "1.68801E+15"), "钢印号", _RUINED),
    "key of another row": Way(_put(0, "WH00000000"), "钢印号", "与第2行重复"),
    "no maker": Way(_put(1, ""), "制造单位", "必填"),
    "maker too long": Way(_put(1, "厂" * 61), "制造单位", "太长，最多60个字"),
    "no model": Way(_put(2, "/"), "型号", "必填"),
    "no weight left": Way(_put(3, "0"), "最大充装量(公斤)", "应大于0"),
    "weight in words": Way(_put(3, "十五公斤"), "最大充装量(公斤)", "不是数字，单位kg"),
    "weight in pounds": Way(_put(3, "33磅"), "最大充装量(公斤)", "单位“磅”不明，应以kg计"),
    "no such month": Way(_put(4, "2020-13"), "制造年月", "没有这个月份"),
    "no such day": Way(_put(4, "2020-06-31"), "制造年月", "没有6月31日，2020年6月只有30天"),
    "scrapped before it was made": Way(_put(5, "2001-01"), "报废年月", "应晚于制造日期（{4}）"),
    "no year": Way(_put(5, "7月12日"), "报废年月", f"缺少年份，{_MONTHS}"),
    "no day at all": Way(_put(6, "去年"), "上次检验年月", f"不是日期，{_MONTHS}"),
    "inspected after it is due": Way(_put(6, "2099-01"), "下次检验年月", "应晚于上次检验日期（{6}）"),
    "not due for inspection": Way(_put(7, ""), "下次检验年月", "必填"),
    "no owner": Way(_put(9, "无"), "产权单位", "必填"),
    "no telephone number": Way(_put(10, "1234"), "产权单位电话", "格式不符，例：0478-1234567"),
    "a comma that nobody quoted": Way(lambda row: [*row, "五金店"], "", _EXTRA),
}


def write(path: Path, rows: int, each: int, *, in_order: bool = True) -> list[Complaint]:
    """Write a file of so many rows, `each` of them broken in every way; return all that must be said, by row.

    They come in the order of their numbers, or far from it.
    """
    stride = 1 if in_order else _STRIDE
    assert math.gcd(stride, rows) == 1
    complaints: list[Complaint] = []
    ways = list(WAYS.values())
    step = rows // (each * len(ways) + 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADING) + "\n")
        for number in range(rows):
            row = _row(number * stride % rows)
            turn, rest = divmod(number, step)
            if number and not rest and 0 < turn <= each * len(ways):
                way = ways[turn % len(ways)]
                row = way.spoil(row)
                complaints.append((number + 2, way.column, way.reason.format(*row)))  # the heading is row 1
            file.write(",".join(row) + "\n")
    return complaints


def complained(report: Path) -> list[Complaint]:
    """Return what a report says, by row."""
    with report.open(encoding="utf-8-sig", newline="") as lines:
        return sorted((int(line["行"]), line["列"], line["原因"]) for line in csv.DictReader(lines))


def _row(number: int) -> Row:
    month = 1 + number % 12
    return [
        f"WH{number:08}", "乌海制造厂", "YSP35.5", "14.9kg", f"{2015 + number % 8}-{month:02}",
        f"{2035 + number % 4}-{month:02}", f"{2024 + number % 2}.{month}", f"{2030 + number % 2}年{month}月",
        "市特检所", "平安气站", "0473-2012345", "民用",
    ]  # fmt: skip

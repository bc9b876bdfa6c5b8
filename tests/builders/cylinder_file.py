"""A long CSV of cylinders with rows broken in twenty ways, and which rows those are."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

HEADING: Final = (
    "钢印号", "制造单位", "型号", "最大充装量", "制造年月", "报废年月", "上次检验年月", "下次检验年月",
    "检验单位", "产权单位", "联系电话", "用途",
)  # fmt: skip

Row = list[str]


def _put(place: int, cell: str) -> Callable[[Row], Row]:
    return lambda row: [*row[:place], cell, *row[place + 1 :]]


WAYS: Final[Mapping[str, Callable[[Row], Row]]] = {
    "no key": _put(0, ""),
    "key too short": _put(0, "AB"),
    "key ruined by a spreadsheet": _put(0, "1.68801E+15"),
    "key of another row": _put(0, "WH00000000"),
    "no maker": _put(1, ""),
    "maker too long": _put(1, "厂" * 61),
    "no model": _put(2, "/"),
    "no weight left": _put(3, "0"),
    "weight in words": _put(3, "十五公斤"),
    "weight in pounds": _put(3, "33磅"),
    "no such month": _put(4, "2020-13"),
    "no such day": _put(4, "2020-06-31"),
    "scrapped before it was made": _put(5, "2001-01"),
    "no year": _put(5, "7月12日"),
    "no day at all": _put(6, "去年"),
    "inspected after it is due": _put(6, "2099-01"),
    "not due for inspection": _put(7, ""),
    "no owner": _put(9, "无"),
    "no telephone number": _put(10, "1234"),
    "a comma that nobody quoted": lambda row: [*row, "五金店"],
}


def write(path: Path, rows: int, each: int) -> dict[int, str]:
    """Write a file of so many rows, `each` of them broken in every way; return the broken rows' numbers and why."""
    broken: dict[int, str] = {}
    ways = list(WAYS)
    step = rows // (each * len(ways) + 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADING) + "\n")
        for number in range(rows):
            row = _row(number)
            turn, rest = divmod(number, step)
            if number and not rest and 0 < turn <= each * len(ways):
                way = ways[turn % len(ways)]
                row = WAYS[way](row)
                broken[number + 2] = way  # the heading is row 1
            file.write(",".join(row) + "\n")
    return broken


def _row(number: int) -> Row:
    month = 1 + number % 12
    return [
        f"WH{number:08}", "乌海制造厂", "YSP35.5", "14.9kg", f"{2015 + number % 8}-{month:02}",
        f"{2035 + number % 4}-{month:02}", f"{2024 + number % 2}.{month}", f"{2030 + number % 2}年{month}月",
        "市特检所", "平安气站", "0473-2012345", "民用",
    ]  # fmt: skip

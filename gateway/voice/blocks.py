"""The pieces that values are said with when no engine is at hand: digits, numbers, days, units, provinces, letters."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from gateway.text import spoken

DIGITS: Final = "零幺一二三四五六七八九两"
# With a sign behind it a piece is spoken as the end of a phrase: without, 一月 and 十一月 were misheard, and of digits
# two in one breath several times as often. A syllable alone is misheard either way: a group of four is two pieces.
BREATH: Final = "、"
CALLED: Final = "零幺二三四五六七八九"  # as digits of codes, plates and phones are said
UNITS: Final = (
    *(
        "点",
        "十",
        "百",
        "千",
        "万",
        "亿",
        "年",
        "月",
        "日",
        "号",
        "整",
        "分",
        "元",
        "角",
        "次",
        "台",
        "天",
        "百分之",
        "挂",
        "学",
        "警",
    ),
    *("公斤", "克", "毫升", "升", "毫米", "厘米", "米", "公里", "兆帕", "尾号"),
)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
YEARS: Final = range(2010, 2041)  # others are said digit by digit


def blocks() -> Iterator[str]:
    """Return the pieces, each once. All that `gateway.text.spoken` makes of digits and letters is in them."""
    yield from dict.fromkeys((
        *DIGITS,
        *(f"{one}{other}{BREATH}" for one, other in product(CALLED, repeat=2)),
        *UNITS,
        *LETTERS,
        *spoken.PROVINCES.values(),
        *(spoken.number(str(number)) for number in (*range(10, 32), *range(40, 100, 10))),
        *(spoken.number(str(hundred)) for hundred in range(100, 1000, 100)),
        *(f"{spoken.date(f'{month:02}-01').removesuffix('一日')}{BREATH}" for month in range(1, 13)),
        *(f"{spoken.date(f'01-{day:02}').removeprefix('一月')}{BREATH}" for day in range(1, 32)),
        *(spoken.month(f"{year}-01").removesuffix("一月") for year in YEARS),
        "点整",
    ))  # fmt: skip

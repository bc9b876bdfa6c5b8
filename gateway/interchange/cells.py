"""What a cell says: the forms in which people write days, numbers and codes, read into plain values (DOMAIN 4.4).

What a spreadsheet destroyed is refused by name and never guessed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from stdnum.cn import uscc

from gateway.domain.calendar import SHANGHAI, last_day
from gateway.domain.code import check_passes, is_digits
from gateway.text.normalise import normalise

# As it stands in a spreadsheet; a CSV has nothing but texts, and an empty cell is an empty text.
Cell: TypeAlias = str | int | float | date | time | timedelta

# How people write that a cell holds nothing.
NOTHING: Final = frozenset({"", "/", "\\", "-", "--", "—", "——", "无", "N/A", "n/a", "NULL", "null"})
# A spreadsheet keeps 15 significant digits: the 16th of a code is gone, and stands there as 0.
_EXACT: Final = 10**15
# What we put an apostrophe before when we write it (`report.harmless`).
_QUOTED: Final = re.compile(r"'[=+\-@\t\r]")
# What a formula that failed leaves behind.
_FAILED: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
_EXPONENT: Final = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{1,3}\Z")
_DAY: Final = re.compile(r"([0-9]{4})[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})[日号]?\Z")
_MONTH: Final = re.compile(r"([0-9]{4})[-./年]([0-9]{1,2})月?\Z")
_YEARLESS: Final = re.compile(r"([0-9]{1,2})[-./月]([0-9]{1,2})[日号]?\Z")
_CLOCK: Final = re.compile(r"(.+?)(?:[ T日号])([0-9]{1,2})[:时]([0-9]{2})(?:[:分]([0-9]{2})秒?)?(?:分|\.[0-9]+)?\Z")
_NUMBER: Final = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(.*)\Z")
_LIST: Final = re.compile(r"[、,，;；]")
_PLATE_NOISE: Final = str.maketrans("", "", " ·•.-—")
# Day 0 of the serial numbers in which spreadsheets count days: 30 December 1899, which makes up for their
# 29 February 1900 (ECMA-376 part 1, 18.17.4.1). The bounds are 1990 and 2100: a number beyond them is no day.
_EPOCH: Final = date(1899, 12, 30)
_SERIALS: Final = range(32_874, 73_051)
_HALF_A_YEAR: Final = timedelta(days=183)


class BadCell(ValueError):
    """A cell that cannot be what its column holds; the text says why, in Chinese."""


def is_blank(cell: Cell) -> bool:
    """Return whether nothing stands there, or one of the marks for nothing."""
    return isinstance(cell, str) and cell.strip() in NOTHING


def shown(cell: Cell) -> str:
    """Return a cell as its writer saw it, near enough to find it again."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return cell.strip() if isinstance(cell, str) else str(cell)


def words(cell: Cell, _today: date) -> str:
    """Read words: names, places, remarks; white space inside is one space, what cannot be seen is taken out."""
    if not isinstance(cell, str):
        return _written(cell)
    if cell in _FAILED:
        raise BadCell("是公式留下的错误值，请填写实际内容")
    text = cell[1:] if _QUOTED.match(cell) else cell
    if not text.isprintable():
        text = "".join(char for char in text if char.isprintable() or char.isspace())
    return " ".join(text.split())


def mark(cell: Cell, _today: date) -> str:
    """Read a number or a code that is a text: a batch, a certificate, a telephone; refuse what became a number."""
    if isinstance(cell, str) and cell.isascii() and cell.isalnum():
        return cell
    text = normalise(words(cell, _today)).replace(" ", "")
    if _EXPONENT.search(text):
        raise BadCell("表格软件把长编码变成了科学计数法，末位数字已丢失；请把该列设为“文本”格式，按原件重新填写")
    return text


def upper(cell: Cell, today: date) -> str:
    """Read a mark that is stamped in capitals."""
    return mark(cell, today).upper()


def seal(cell: Cell, today: date) -> str:
    """Read a code of ours: 16 or 20 digits whose check digit is right."""
    text = mark(cell, today).replace("-", "")
    if not is_digits(text) or len(text) not in {16, 20}:
        raise BadCell("应为16位数字编码")
    if not check_passes(text):
        spoilt = "；末位是0，可能被表格软件改动，请把该列设为“文本”格式后按标签重填" if text.endswith("0") else ""
        raise BadCell(f"编码校验不符，请核对{spoilt}")
    return text


def local_number(cell: Cell, today: date) -> str:
    """Read a short number with leading zeros, which a spreadsheet's number has lost."""
    if isinstance(cell, float | int):
        raise BadCell("被存成了数值，开头的0可能已丢失；请把该列设为“文本”格式后重新填写")
    return mark(cell, today)


def names(cell: Cell, today: date) -> list[str]:
    """Read several names, set apart by commas of any kind."""
    return [name for part in _LIST.split(words(cell, today)) if (name := part.strip())]


def stamps(cell: Cell, today: date) -> list[str]:
    """Read several numbers that are stamped in capitals."""
    return [normalise(name).replace(" ", "").upper() for name in names(cell, today)]


def district(cell: Cell, today: date) -> str:
    """Read a district's code (GB/T 2260)."""
    text = mark(cell, today)
    if not is_digits(text) or len(text) != 6:
        raise BadCell("应为6位行政区划代码，例：150824")
    return text


def credit_code(cell: Cell, today: date) -> str:
    """Read a unified social credit code (GB 32100, ISO 7064 MOD 31-3)."""
    text = upper(cell, today)
    if not uscc.is_valid(text):
        raise BadCell("不是有效的18位统一社会信用代码，请核对")
    return text


def plate(cell: Cell, today: date) -> str:
    """Read a plate, also in full-width letters or with a dot: `蒙Ｃ·１２３４５` is `蒙C12345`."""
    return upper(cell, today).translate(_PLATE_NOISE)


def phone(cell: Cell, today: date) -> str:
    """Read a telephone number; brackets round the area code become its dash."""
    text = mark(cell, today).replace("(", "").replace(")", "-").replace("—", "-").replace("–", "-")
    if is_digits(text) and text[:1] in "12345678" and len(text) in {10, 11} and not text.startswith(("1", "400")):
        raise BadCell("区号开头的0丢失；请把该列设为“文本”格式，例：0478-1234567")
    return text


def day(cell: Cell, today: date) -> date:
    """Read a day; one without its year is the last such day, if that was within half a year."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _plain(cell)
    if is_digits(text) and len(text) == 8:
        return _date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if (serial := _serial(text)) is not None:
        return serial
    if found := _DAY.match(text):
        return _date(*map(int, found.groups()))
    if found := _YEARLESS.match(text):
        return _lately(int(found[1]), int(found[2]), today)
    if moment := _CLOCK.match(text):
        return day(moment[1], today)
    raise BadCell("不是日期，例：2026-07-12")


def due(cell: Cell, today: date) -> str:
    """Read a due date to the month or to the day, as it is printed: `2027-03` or `2027-03-15`."""
    if not isinstance(cell, date):
        text = _plain(cell)
        if is_digits(text) and len(text) == 6 and text[:2] in {"19", "20"}:
            text = f"{text[:4]}-{text[4:]}"
        if found := _MONTH.match(text):
            if not 1 <= int(found[2]) <= 12:
                raise BadCell("没有这个月份")
            return f"{found[1]}-{int(found[2]):02}"
        if _YEARLESS.match(text):
            raise BadCell("缺少年份，例：2027-03 或 2027-03-15")
    try:
        return day(cell, today).isoformat()
    except BadCell as err:
        raise BadCell(str(err).replace("例：2026-07-12", "例：2027-03 或 2027-03-15")) from None


def moment(cell: Cell, today: date) -> datetime:
    """Read a time of day in Asia/Shanghai, to the minute at least."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=cell.tzinfo or SHANGHAI)
    text = _plain(cell)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is not None and (":" in text or "T" in text):
        return given.replace(tzinfo=given.tzinfo or SHANGHAI)
    found = _CLOCK.match(text)
    if not found:
        raise BadCell("缺少时间或写法不明，例：2026-07-12 08:30")
    try:
        clock = time(int(found[2]), int(found[3]), int(found[4] or 0))
    except ValueError:
        raise BadCell("没有这个时刻，例：2026-07-12 08:30") from None
    return datetime.combine(day(found[1].strip(), today), clock, SHANGHAI)


def yes(cell: Cell, _today: date) -> bool:
    """Read yes or no."""
    word = _plain(cell).lower()
    if word in {"是", "有", "合格", "通过", "y", "yes", "true", "1", "√", "✓"}:
        return True
    if word in {"否", "不合格", "未通过", "n", "no", "false", "0", "×", "x"}:
        return False
    raise BadCell("请填“是”或“否”")


def amount(units: Mapping[str, float]) -> Callable[[Cell, date], float]:
    """Return a reader of quantities; `units` maps each unit people write to its size in the column's own."""
    wanted = next(iter(units), "")

    def read(cell: Cell, _today: date) -> float:
        if isinstance(cell, int | float):
            return float(cell)
        found = _NUMBER.match(_plain(cell).replace(",", ""))
        if not found:
            raise BadCell(f"不是数字{f'，单位{wanted}' if wanted else ''}")
        unit = found[2].strip().lower()
        if unit and unit not in units:
            raise BadCell(f"单位“{found[2]}”不明，应以{wanted}计" if wanted else f"数字后有多余的“{found[2]}”")
        # A factor other than 1 leaves the binary crumbs of 0.1 behind.
        return round(float(found[1]) * units[unit], 6) if unit else float(found[1])

    return read


def whole(units: Mapping[str, float]) -> Callable[[Cell, date], int]:
    """Return a reader of whole quantities."""
    read_amount = amount(units)

    def read(cell: Cell, today: date) -> int:
        number = read_amount(cell, today)
        if not number.is_integer():
            raise BadCell("应为整数")
        return int(number)

    return read


def _plain(cell: Cell) -> str:
    return normalise(cell if isinstance(cell, str) else shown(cell)).strip()


def _written(cell: Cell) -> str:
    """Write what a spreadsheet made of a text, where that can be undone."""
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            raise BadCell("表格软件只保留15位有效数字，编码末位已丢失；请把该列设为“文本”格式，按原件重新填写")
        return shown(cell)
    raise BadCell("表格软件把它变成了日期或时间；请把该列设为“文本”格式后重新填写")


def _serial(text: str) -> date | None:
    whole_days, _, fraction = text.partition(".")
    if len(whole_days) != 5 or not is_digits(whole_days + (fraction or "0")) or int(whole_days) not in _SERIALS:
        return None
    return _EPOCH + timedelta(days=int(whole_days))


def _date(year: int, month: int, number: int) -> date:
    if not 1 <= month <= 12:
        raise BadCell(f"没有{month}月")
    if not 1900 <= year <= 2199:
        raise BadCell(f"年份{year}不合理")
    last = last_day(f"{year}-{month:02}").day
    if not 1 <= number <= last:
        raise BadCell(f"没有{month}月{number}日，{year}年{month}月只有{last}天")
    return date(year, month, number)


def _lately(month: int, number: int, today: date) -> date:
    # A leap year every four: 29 February is looked for where it may be.
    this_year = _date(today.year, month, number) if (month, number) != (2, 29) else None
    found = this_year if this_year and this_year <= today else _date(today.year - 1, month, number)
    if today - found > _HALF_A_YEAR:
        raise BadCell("缺少年份，例：2026-07-12")
    return found

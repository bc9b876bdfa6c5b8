"""What the columns of our forms hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.domain import masks
from gateway.interchange import cells
from gateway.interchange.cells import BadCell, Cell
from gateway.text.normalise import normalise


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column holds: how a cell of it is read on a day, how it is written by hand, what of it may be shown."""

    read: Callable[[Cell, date], object]
    hint: str  # how to write it, in Chinese
    mask: Callable[[str], str] | None = None  # personal: what a report may show of it
    choices: tuple[str, ...] = ()  # the words of a drop-down
    meant: frozenset[str] = frozenset()  # marks for nothing that say something here: a seal that is not there
    plainly: Callable[[str], str] | None = None  # what `read` does where there are but ASCII letters and digits


def choice(meanings: Mapping[str, object], *more: tuple[str, object]) -> Kind:
    """Return the kind of a column with a list of words; `more` are words understood beside those offered."""
    understood = {**meanings, **dict(more)}

    def read(cell: Cell, today: date) -> object:
        word = normalise(cells.words(cell, today))
        for known, meaning in understood.items():
            if word == normalise(known):
                return meaning
        raise BadCell(f"不在可选项内：{'、'.join(meanings)}")

    return Kind(
        read, f"填：{'、'.join(meanings)}", choices=tuple(meanings), meant=cells.NOTHING.intersection(understood)
    )


def several(one: Kind) -> Kind:
    """Return the kind of a column that holds some of the words of another."""

    def read(cell: Cell, today: date) -> list[object]:
        return [one.read(name, today) for name in cells.names(cell, today)]

    return Kind(read, f"{'、'.join(one.choices)}，多个用“、”隔开")


_KILOGRAMS: Final = {"kg": 1.0, "公斤": 1.0, "千克": 1.0, "斤": 0.5, "g": 0.001, "克": 0.001, "吨": 1000.0, "t": 1000.0}
_MILLILITRES: Final = {"ml": 1.0, "毫升": 1.0, "l": 1000.0, "升": 1000.0}
_LITRES: Final = {"l": 1.0, "升": 1.0, "ml": 0.001, "毫升": 0.001, "m3": 1000.0, "立方米": 1000.0}
_PERCENT: Final = {"%": 1.0, "%vol": 1.0, "vol": 1.0, "%(v/v)": 1.0, "度": 1.0}
_DAYS: Final = {"天": 1.0, "日": 1.0, "d": 1.0}
_YEARS: Final = {"年": 1.0}
_DEGREES: Final = {"℃": 1.0, "°c": 1.0, "c": 1.0, "度": 1.0}  # NFKC writes ℃ as °C

WORDS = Kind(cells.words, "文字")
NAMES = Kind(cells.names, "多个用“、”隔开")
DISTRICT = Kind(cells.district, "6位行政区划代码，例：150824")
USCC = Kind(cells.credit_code, "18位统一社会信用代码")
PERSON = Kind(cells.words, "姓名", masks.person)
MARK = Kind(cells.mark, "编号，请用文本格式", plainly=str)
UPPER = Kind(cells.upper, "编号，请用文本格式", plainly=str.upper)
SEAL = Kind(cells.seal, "16位数字，请用文本格式")
LOCAL = Kind(cells.local_number, "编号，请用文本格式，保留开头的0")
STAMPS = Kind(cells.stamps, "多个用“、”隔开")
SECRET_UPPER = Kind(cells.upper, "编号，请用文本格式", lambda _text: "****")
SECRET = Kind(cells.mark, "编号，请用文本格式", lambda _text: "****")
ADDRESS = Kind(cells.words, "文字", lambda text: f"{text[:3]}****")
PLATE = Kind(cells.plate, "例：蒙C12345", masks.plate)
PHONE = Kind(cells.phone, "例：0478-1234567")
MOBILE = Kind(cells.phone, "例：13800000001", masks.phone)
DAY = Kind(cells.day, "例：2026-07-12")
DUE = Kind(cells.due, "例：2027-03 或 2027-03-15")
MOMENT = Kind(cells.moment, "例：2026-07-12 08:30")
YES = Kind(cells.yes, "填：是、否", choices=("是", "否"))
NUMBER = Kind(cells.amount({}), "数字")
COUNT = Kind(cells.whole({}), "整数")
KILOGRAMS = Kind(cells.amount(_KILOGRAMS), "公斤")
WHOLE_KILOGRAMS = Kind(cells.whole(_KILOGRAMS), "公斤，整数")
MILLILITRES = Kind(cells.whole(_MILLILITRES), "毫升")
LITRES = Kind(cells.amount(_LITRES), "升")
PERCENT = Kind(cells.amount(_PERCENT), "百分比，例：52")
DAYS = Kind(cells.whole(_DAYS), "天数")
YEARS = Kind(cells.whole(_YEARS), "年数")
DEGREES = Kind(cells.amount(_DEGREES), "摄氏度")

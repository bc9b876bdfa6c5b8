"""The table of every type and verdict (`tests/e2e/verdicts.md`): what is asked, what comes, what is heard."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gateway.text import spoken

TABLE: Final = Path(__file__).parents[1] / "e2e" / "verdicts.md"
# The codes in the table are what these keys make of the city's labels.
KEYS: Final = {
    "codes-v1.key": bytes(range(16)).hex(),
    "label.key": bytes(range(16, 32)).hex() * 2,
}
WHO: Final = {"甲": "13800000001", "乙": "13800000002"}
UNKEYED: Final = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the table, and what is to come of it."""

    type: str
    situation: str
    who: str
    sent: str
    verdict: str
    text: str
    heard: str


def lines() -> list[Line]:
    found: list[Line] = []
    heading = ""
    for row in TABLE.read_text("utf-8").splitlines():
        if row.startswith("## "):
            heading = row.removeprefix("## ")
        elif row.startswith("| ") and not row.startswith(("| 情形 |", "| --- |")):
            found.append(Line(heading, *(cell.strip() for cell in row.strip("|").split("|"))))
    return found


LINES: Final = lines()


@dataclass(frozen=True, slots=True)
class Moments:
    """What the table's placeholders stand for."""

    day: date
    named: Mapping[str, str]

    def __call__(self, placeholder: str) -> str:
        if placeholder in self.named:
            return self.named[placeholder]
        offset, unit = re.fullmatch(r"([+-]\d+)(天短|天|月)", placeholder).groups()  # type: ignore[union-attr]
        if unit == "月":
            year, month = divmod(self.day.year * 12 + self.day.month - 1 + int(offset), 12)
            return f"{year:04}-{month + 1:02}"
        day = self.day + timedelta(days=int(offset))
        return f"{day:%m-%d}" if unit == "天短" else day.isoformat()


@dataclass(frozen=True, slots=True)
class Aloud:
    """The same, as it is said."""

    moments: Moments

    def __call__(self, placeholder: str) -> str:
        written = self.moments(placeholder)
        return spoken.moment(written) if " " in written else spoken.date(written)


def filled(cell: str, meaning: Moments | Aloud) -> str:
    return re.sub(r"\{(.+?)\}", lambda found: meaning(found[1]), cell)

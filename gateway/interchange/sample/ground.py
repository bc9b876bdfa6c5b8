"""What the city grows from: words, a day, and chance that falls alike for the same seed."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from stdnum.cn import ric, uscc

from gateway.domain.calendar import SHANGHAI
from gateway.domain.errors import BadSettings
from gateway.filing.kept import Event

# The clocks of the things that report events, against ours.
_ON_THE_WAY = timedelta(seconds=40)


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names to put together: districts are real ones, all else is invented."""

    districts: dict[str, str]
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    mongolian: tuple[str, ...]
    estates: tuple[str, ...]
    streets: tuple[str, ...]
    sites: tuple[tuple[str, str], ...]  # kind of place, and how its name ends
    stations: tuple[str, ...]
    dispensing: tuple[str, ...]
    maintainers: tuple[str, ...]
    farms: tuple[str, ...]
    coops: tuple[str, ...]
    abattoirs: tuple[str, ...]
    retailers: tuple[str, ...]
    mills: tuple[str, ...]
    distilleries: tuple[str, ...]
    liquors: tuple[tuple[str, float, int], ...]  # name, percent by volume, millilitres
    flours: tuple[tuple[str, str, float], ...]  # name, grade, kilograms
    pastes: tuple[tuple[str, float], ...]
    fruits: tuple[tuple[str, str], ...]  # name, district
    meats: tuple[tuple[str, str], ...]  # name, breed
    cuts: tuple[str, ...]
    pesticides: tuple[tuple[str, int, str], ...]  # name, safety interval in days, registration
    plate_letters: str

    @classmethod
    def read(cls, folder: Path) -> "Words":
        """Read `words.json` in `folder`. Raises `BadSettings` naming the file, the entry and the reason."""
        path = folder / "words.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, ValueError) as err:
            raise BadSettings(f"{path}: {err}") from err


class Ground:
    """One part of the city's own chance: what grows in another part does not change it."""

    def __init__(self, words: Words, seed: int, part: str, today: date) -> None:
        self.words = words
        self.chance = Random(f"{seed}/{part}")  # noqa: S311 - a sample, no secret
        self._today = today

    def day(self, days: int) -> date:
        """Return the day so many days from the day of loading."""
        return self._today + timedelta(days=days)

    def month(self, months: int) -> str:
        """Return the month so many months from the one of loading, as stamps and signs print it."""
        year, month = divmod(self._today.year * 12 + self._today.month - 1 + months, 12)
        return f"{year:04}-{month + 1:02}"

    def at(self, days: int, first_hour: int = 8, last_hour: int = 18) -> datetime:
        """Return some moment of a day, within these hours."""
        moment = datetime.combine(self.day(days), time(first_hour), SHANGHAI)
        return moment + timedelta(seconds=self.chance.randrange((last_hour - first_hour) * 3600))

    def person(self) -> str:
        """Return somebody's name; one in eight is a Mongolian one, without a surname."""
        if self.chance.randrange(8) == 0:
            return self.chance.choice(self.words.mongolian)
        return self.chance.choice(self.words.surnames) + self.chance.choice(self.words.given)

    def address(self, district: str) -> str:
        """Return a street and a number in a district."""
        return (
            f"{self.words.districts[district]}{self.chance.choice(self.words.streets)}{self.chance.randint(2, 180)}号"
        )

    def id_card(self, district: str) -> str:
        """Return an ID number that passes its check (GB 11643), of somebody to be born in 2099: nobody has it."""
        born = f"2099{self.chance.randint(1, 12):02}{self.chance.randint(1, 28):02}"
        bare = f"{district}{born}{self.chance.randrange(1000):03}"
        return f"{bare}{ric.calc_check_digit(f'{bare}0')}"

    def mobile(self) -> str:
        """Return a number as the examples of this service use them."""
        return f"1380000{self.chance.randrange(1000, 10_000)}"

    def event(
        self,
        kind: str,
        record_id: str,
        party: str,
        at: datetime,
        body: Mapping[str, Any],
        sealed: Mapping[str, Any] | None = None,
    ) -> Event:
        """Return an event as it would stand in the books had its party reported it."""
        id_ = UUID(bytes=self.chance.randbytes(16), version=4)
        told = {"at": at.isoformat(), **body, "came": {"applied": True}}
        return Event(id_, kind, record_id, party, at, at + _ON_THE_WAY, told, sealed)


def credit_code(district: str, serial: int) -> str:
    """Return a unified social credit code that passes its check (GB 32100) and was never given out."""
    bare = f"91{district}MA{serial:07}"
    return f"{bare}{uscc.calc_check_digit(bare)}"

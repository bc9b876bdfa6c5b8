"""The people of the demo's city: who signs in at the console, and citizens who text all day, so that it is at work."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn

import typer
from sqlalchemy import Connection

from gateway.cli.archive import operator
from gateway.cli.users import new_user
from gateway.domain.access import Role
from gateway.domain.code import CodeBook
from gateway.domain.errors import LinkDown
from gateway.domain.trace import RepeatPolicy
from gateway.emulators.modem.client import ControlClient
from gateway.filing.users import add as add_user
from gateway.filing.users import one_time_password
from gateway.interchange.sample import City
from gateway.store.books import SqlBooks
from gateway.store.engine import Database
from gateway.store.vault import Vault

# Two who tune the words: a safety wording needs both.
_PEOPLE: Final = {"admin": Role.ADMIN, "王丽": Role.WORDING, "陈建国": Role.WORDING}
# Seconds from one text to the next: the first ones come close together, then a small city's everyday.
AT_FIRST, LATER = 0.4, 6.0
MANY_AT_FIRST: Final = 40
HANDSETS: Final = 400  # people; nobody of them comes near a limit
ASIDE: Final = 50  # codes at either end of a run: those that the demo lists for its visitors are among them
# Numbers of nobody: a prefix that no example and no registered phone of the city has.
_PREFIX: Final = "1765550"


@dataclass(frozen=True, slots=True)
class Town:
    """The sample city in its database."""

    city: City
    codes: CodeBook
    database: Database
    vault: Vault


async def let_in(town: Town, now: datetime, lasts: timedelta) -> None:
    """Make the first people of the console, once; their one-time passwords are printed here and nowhere kept."""
    passwords = {name: one_time_password() for name in _PEOPLE}
    people = [new_user(name, _PEOPLE[name], None, given, "demo", now, lasts) for name, given in passwords.items()]

    def work(connection: Connection) -> bool:
        books = SqlBooks(connection, town.vault, town.codes)
        if books.users.all():
            return False
        for user in people:
            add_user(books, operator(), user)
        return True

    if await town.database.transact(work):
        hours = lasts.total_seconds() / 3600
        typer.echo(f"控制台的人和他们的一次性密码（{hours:.0f} 小时内有效，第一次登录时换掉）：")
        for name, password in passwords.items():
            typer.echo(f"    {name}  {password}")


class Citizens:
    """What they ask. Codes and things that the demo offers its visitors stay unasked."""

    def __init__(self, town: Town, chance: random.Random) -> None:
        city, codes = town.city, town.codes
        self._chance, self._codes = chance, codes
        offered = {example.record_key for example in city.examples}
        shown = {example.index for example in city.examples}
        runs = [run for run in city.ranges if run.record_key and run.last - run.first > 3 * ASIDE]
        self._covert = [run for run in runs if run.label.policy is RepeatPolicy.COVERT]
        self._open = [run for run in runs if run.label.policy is RepeatPolicy.OPEN]
        self._singles = [
            codes.issue(one.klass, one.version, one.index)
            for one in city.singles
            if (one.klass, one.version, one.index) not in shown and one.record_key not in offered
        ]
        self._lifts = self._keys(city, "lift", offered)
        self._plates = self._keys(city, "vehicle", offered)
        self._asked: list[str] = []

    @staticmethod
    def _keys(city: City, record_type: str, offered: set[str | None]) -> list[str]:
        return [one.key for one in city.records if one.record_type == record_type and one.key not in offered]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield who texts what, without end."""
        ways = {
            self._bottle: 30, self._again: 8, self._fruit: 14, self._cylinder: 18, self._lift: 16, self._plate: 5,
            self._typo: 4, self._forged: 3, self._report: 1, self._lost: 2,
        }  # fmt: skip
        while True:
            [ask] = self._chance.choices(list(ways), list(ways.values()))
            yield f"{_PREFIX}{self._chance.randrange(HANDSETS):04}", ask()

    def _bottle(self) -> str:
        run = self._chance.choice(self._covert)
        code = self._codes.issue(run.klass, run.version, self._chance.randrange(run.first + ASIDE, run.last - ASIDE))
        self._asked.append(code)
        return self._chance.choice(("CX{}", "{}", "查询 {}", "cx {}")).format(code)

    def _again(self) -> str:
        return f"CX{self._chance.choice(self._asked)}" if self._asked else self._bottle()

    def _fruit(self) -> str:
        if not self._open:
            return self._bottle()
        run = self._chance.choice(self._open)
        return f"CX{self._codes.issue(run.klass, run.version, self._chance.randint(run.first, run.last))}"

    def _cylinder(self) -> str:
        return f"CX{self._chance.choice(self._singles)}"

    def _lift(self) -> str:
        return self._chance.choice(("电梯{}", "DT{}")).format(self._chance.choice(self._lifts))

    def _plate(self) -> str:
        return f"CQ{self._chance.choice(self._plates)}"

    def _typo(self) -> str:
        code = self._chance.choice(self._singles)
        return f"CX{code[:-1]}{(int(code[-1]) + 1) % 10}"

    def _forged(self) -> str:
        """A code that passes its check and was never issued."""
        return f"CX{self._codes.issue(1, 1, 9_000_000_000_000 + self._chance.randrange(10**9))}"

    def _report(self) -> str:
        return f"举报 {self._chance.choice(self._singles)} 标签像是重贴的，在东街市场"

    def _lost(self) -> str:
        return self._chance.choice(("怎么查", "帮助", "BZ"))


async def live(citizens: Citizens, client: ControlClient) -> NoReturn:
    """Have them text until cancelled; a modem that is out at the moment is their bad luck."""
    async with asyncio.TaskGroup() as tasks:
        for number, (sender, words) in enumerate(citizens):
            await asyncio.sleep(AT_FIRST if number < MANY_AT_FIRST else LATER)
            tasks.create_task(_text(client, sender, words))
    raise AssertionError("they never stop asking")


async def _text(client: ControlClient, sender: str, words: str) -> None:
    try:
        await client.text(sender, words)
    except LinkDown:
        return

"""A place where the gateway is installed: settings, keys and a database, worked on by the command."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w
from sqlalchemy import Connection

from gateway.domain.code import CodeBook
from gateway.interchange.sample import load
from gateway.settings import shipped
from gateway.store.books import SqlBooks
from gateway.store.engine import SqlLedger, open_database
from gateway.store.load import Loader
from gateway.store.vault import Keys
from tests.peers.commands import gateway


@dataclass(frozen=True, slots=True)
class Site:
    """Settings, keys and a database that holds the sample city."""

    file: Path
    url: str
    keys: Keys

    @property
    def codes(self) -> CodeBook:
        return CodeBook(self.keys.code_keys())

    def run(self, *arguments: str | bytes | Path) -> subprocess.CompletedProcess[str]:
        return gateway(*arguments, "-c", self.file)

    def ask(self, text: str | bytes, sender: str | bytes, *options: str) -> dict[str, Any]:
        asked = self.run("ask", text, "--from", sender, "--json", *options)
        assert (asked.returncode, asked.stderr) == (0, "")
        return dict(json.loads(asked.stdout))

    def bottle(self, number: int) -> str:
        """Return a covert code of the city's first range, counted from its end."""
        goods = load(shipped("config") / "sample", datetime.now(UTC).date()).ranges[0]
        return self.codes.issue(goods.klass, goods.version, goods.last - number)

    def change(self, work: Callable[[SqlLedger], Any]) -> None:
        async def changing() -> None:
            ledger = SqlLedger(open_database(self.url), self.keys.vault())
            try:
                await work(ledger)
            finally:
                await ledger.database.close()

        asyncio.run(changing())

    def transact(self, work: Callable[[Connection], Any]) -> None:
        self.change(lambda ledger: ledger.database.transact(work))

    def file_in(self, work: Callable[[SqlBooks], Any]) -> None:
        """Change the books in one transaction."""
        self.transact(lambda connection: work(SqlBooks(connection, self.keys.vault(), self.codes)))

    def fill(self) -> None:
        now = datetime.now(UTC)
        city = load(shipped("config") / "sample", now.date())

        def work(connection: Connection) -> None:
            loader = Loader(connection, self.keys.vault(), self.codes, now)
            loader.parties(city.parties)
            loader.sources(city.sources)
            loader.records(city.records)
            loader.ranges(city.ranges)
            loader.singles(city.singles)

        self.transact(work)


def a_site(folder: Path, url: str) -> Site:
    """Write settings; nothing is made yet."""
    file = folder / "gateway.toml"
    file.write_text(tomli_w.dumps({"database": {"url": url}, "keys": {"dir": str(folder / "keys")}}), "utf-8")
    return Site(file, url, Keys(folder / "keys"))

"""Somebody who brings files, and a row of a file of cylinders."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Table, func, select

from gateway.domain.access import Actor, Role
from gateway.domain.inputs import Inputs
from gateway.domain.trace import Party, PartyKind
from gateway.filing.kept import Kept
from gateway.filing.staging import Batch
from gateway.interchange.importer import Importer, Outcome, fingerprint, is_dated
from gateway.interchange.report import Remark
from gateway.interchange.tables import UPLOAD
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import Database
from gateway.store.staging import SqlStaging
from gateway.store.tables import records
from tests.builders.messages import CODES, VAULT

T = TypeVar("T")

NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
REGULATOR = Actor("cli:wang", Role.REGULATOR)
STATION = Actor("key:1", Role.STATION, "PA")
CYLINDERS = "钢印号,制造单位,型号,最大充装量,制造年月,报废年月,上次检验年月,下次检验年月,产权单位,联系电话"


def a_row(number: int = 1, **cells: str) -> str:
    values = {
        "no": f"WH{number:08}", "maker": "乌海制造厂", "model": "YSP35.5", "most": "14.9kg", "made": "2020-01",
        "scrap": "2032-01", "last": "2024.3", "next": "2028年3月", "owner": "平安气站", "phone": "0473-2012345",
    }  # fmt: skip
    return ",".join((values | cells).values())


@dataclass
class Desk:
    """Somebody who brings files."""

    database: Database
    staging: type[SqlStaging] = SqlStaging
    remarks: list[Remark] = field(default_factory=list)

    async def bring(
        self,
        type_: str,
        *lines: str,
        actor: Actor = REGULATOR,
        partial: bool = False,
        dry_run: bool = False,
        source: str | None = None,
    ) -> Outcome:
        file = io.BytesIO("\n".join(lines).encode())
        batch = Batch(uuid4(), type_, fingerprint(file), "x.csv", actor, NOW, source, dated=is_dated(type_))
        self.remarks.clear()
        importer = Importer(
            self.staging(self.database, VAULT, batch), batch, Inputs(), self.remarks.extend, lambda _rows, _share: None
        )
        return await importer.take_in(file, UPLOAD, partial=partial, dry_run=dry_run)

    @property
    def said(self) -> list[str]:
        return sorted(map(str, self.remarks))

    async def act(self, work: Callable[[SqlBooks], T]) -> T:
        return await SqlArchive(self.database, VAULT, CODES).act(work)

    async def kept(self, record_type: str = "lpg", key: str = "WH00000001") -> Kept:
        found = await self.act(lambda books: books.records.get(record_type, key))
        assert found is not None
        return found

    async def count(self, table: Table = records) -> int:
        statement = select(func.count()).select_from(table)
        return await self.database.transact(lambda connection: connection.execute(statement).scalar_one())

    async def register(self, *parties: str) -> None:
        """Make these stations known."""

        def work(books: SqlBooks) -> None:
            for id_ in parties:
                books.parties.put(Party(id_, id_, PartyKind.STATION, "150302"), NOW)

        await self.act(work)

"""Takes in files that were sent to the console: on a thread with a database of its own, so that nobody waits for it."""

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor
from gateway.domain.errors import GatewayError, StoreDown
from gateway.domain.inputs import Inputs
from gateway.filing.records import may_file
from gateway.filing.staging import Batch
from gateway.interchange.importer import Importer, Outcome, fingerprint, is_dated
from gateway.interchange.report import Remark
from gateway.interchange.sheets import SHEETS
from gateway.interchange.tables import UPLOAD
from gateway.ports import Clock
from gateway.store import inputs
from gateway.store.engine import open_database
from gateway.store.staging import SqlStaging
from gateway.store.vault import Vault

# Remarks that are kept of one file; a file with more faults than this is no file of ours.
_MOST: Final = 20_000


class Loader:
    """`console.site.Loading`."""

    def __init__(self, url: str, vault: Vault, shipped: Inputs, clock: Clock) -> None:
        self._url, self._vault, self._shipped, self._clock = url, vault, shipped, clock
        self.kinds: Mapping[str, str] = {name: sheet.title for name, sheet in SHEETS.items()}
        self.most_bytes = UPLOAD.octets or 0
        self._shares: dict[UUID, int] = {}

    def share(self, id_: UUID) -> int | None:
        """Return how much of a file this process has worked through, in per cent; None: it is not at it."""
        return self._shares.get(id_)

    async def take_in(
        self, id_: UUID, type_: str, name: str, content: bytes, actor: Actor, *, partial: bool, dry_run: bool
    ) -> tuple[dict[str, Any], bytes]:
        """Look through a file, or take it in; return what came of it and all remarks as JSON."""
        remarks: list[Remark] = []
        self._shares[id_] = 0

        def note(_rows: int, share: float) -> None:
            self._shares[id_] = int(100 * share)

        def work() -> Outcome:
            return asyncio.run(self._take_in(type_, name, content, actor, remarks.extend, note, partial, dry_run))

        try:
            outcome = await asyncio.to_thread(work)
        except StoreDown:
            return {"fault": "数据库暂时连不上，过一会儿再试"}, b"[]"
        except GatewayError as err:
            return {"fault": str(err)}, b"[]"
        finally:
            self._shares.pop(id_, None)
        earlier = outcome.earlier
        result = {
            "merged": outcome.merged,
            "things": outcome.things,
            "rejected": outcome.rejected,
            "added": outcome.added,
            "changed": outcome.changed,
            "same": outcome.same,
            "earlier": f"{earlier.at.isoformat()} {earlier.actor}" if earlier else None,
            "remarks": len(remarks),
        }
        return result, msgspec.json.encode(remarks[:_MOST])

    async def _take_in(
        self,
        type_: str,
        name: str,
        content: bytes,
        actor: Actor,
        tell: Callable[[Sequence[Remark]], None],
        progress: Callable[[int, float], None],
        partial: bool,
        dry_run: bool,
    ) -> Outcome:
        if not may_file(actor, type_):
            raise GatewayError(f"{self.kinds[type_]}由监管部门登记，无权导入")
        file = io.BytesIO(content)
        database = open_database(self._url, bulk=True)
        try:
            in_force = await database.read(lambda connection: inputs.load(connection, self._shipped))
            batch = Batch(uuid7(), type_, fingerprint(file), name, actor, self._clock.now(), dated=is_dated(type_))
            importer = Importer(SqlStaging(database, self._vault, batch), batch, in_force, tell, progress)
            return await importer.take_in(file, UPLOAD, partial=partial, dry_run=dry_run)
        finally:
            await database.close()

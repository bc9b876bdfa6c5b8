"""The whole way of a file: looked through, converted, laid aside, compared, merged or not."""

import asyncio
import hashlib
import io
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from gateway.domain.access import Actor
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.domain.records.goods import Batch as Goods
from gateway.domain.records.registry import REGISTRY
from gateway.domain.wording import understood
from gateway.filing.staging import Batch, Clash, Earlier, Rule, Staging
from gateway.interchange.cells import Cell
from gateway.interchange.convert import Converted, begins
from gateway.interchange.crew import Hands, Own, crew
from gateway.interchange.headings import Found, find
from gateway.interchange.report import Remark
from gateway.interchange.sheets import SHEETS
from gateway.interchange.tables import Csv, Limits, Lines, Numbered, read
from gateway.interchange.target import target
from gateway.interchange.worker import Task

CHUNK: Final = 2_000  # rows: some 30 ms of work
# A file this long is worth starting processes for, which takes half a second.
_LARGE: Final = 8 * 2**20  # bytes
_BLOCK: Final = 2**18  # bytes
_GLOBAL: Final = frozenset({"party", "inputs"})  # lists that belong to nobody

_CLASHES: Final = {
    Rule.TWICE: "与第{0}行重复",
    Rule.FOREIGN: "已登记在其他单位名下，无权更改",
    Rule.DUE_EARLIER: "到期日早于已有记录（{0}），只有监管部门可以改早",
    Rule.SERVED_EARLIER: "末次服务日期早于已有记录（{0}），疑为旧文件；只有监管部门可以改早",
    Rule.NAME_TAKEN: "{0} 已登记在另一条记录上，不能重复登记",
    Rule.NO_PARTY: "没有编号为 {0} 的单位",
    Rule.UNFIT: "与已有记录合并后不符：{0}",
    Rule.RESERVED: "{0}",
    Rule.CHANGED: "导入期间，该记录被别人改动；请重新导入",
}

Tell = Callable[[Sequence[Remark]], None]
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file. `merged` False: nothing was changed."""

    merged: bool
    things: int = 0  # good and bad
    rejected: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    earlier: Earlier | None = None  # this very file was taken in before


def fingerprint(file: BinaryIO) -> str:
    """Return the SHA-256 of a file."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def is_dated(type_: str) -> bool:
    """Return whether days of inspection and service of a type must not move backwards: those of equipment."""
    return type_ in REGISTRY and not issubclass(REGISTRY[type_].model, Goods)


class Importer:
    """Takes in one file."""

    def __init__(self, staging: Staging, batch: Batch, inputs: Inputs, tell: Tell, progress: Progress) -> None:
        """`tell` is given remarks as they are made, `progress` the rows read and the share of the file."""
        self._staging, self._batch, self._inputs = staging, batch, inputs
        self._tell, self._progress = tell, progress
        self._things = self._rejected = 0

    async def take_in(self, file: BinaryIO, limits: Limits, *, partial: bool, dry_run: bool) -> Outcome:
        """Merge a file, all of it or (`partial`) what is good of it; `dry_run` only says what would be.

        Raises `BadFile` for a file that is no table of this type, `Refusal` for an actor who may not import it.
        """
        _require_right(self._batch.actor, self._batch.type)
        opened = await self._staging.open()
        if opened.earlier is not None:
            return Outcome(merged=False, earlier=opened.earlier)
        size = file.seek(0, io.SEEK_END)
        sheet = SHEETS[self._batch.type]
        async with _hands(size) as hands:  # processes start while the file is looked through
            found = find(read(file, limits), sheet, target(sheet.type).required)
            self._tell(found.remarks)
            hands.begin(self._task(found, corrects=opened.corrects))
            await self._convert(found, hands, lambda: file.tell() / max(size, 1))
        merge = not dry_run and (partial or not self._rejected)
        settled = await self._staging.settle(merge=merge, partial=partial, rejected=self._rejected)
        self._refuse(settled.clashes)
        return Outcome(settled.done, self._things, self._rejected, settled.added, settled.changed, settled.same)

    def _task(self, found: Found, *, corrects: bool) -> Task:
        actor = self._batch.actor
        return Task(
            self._batch.type,
            {place: column.path for place, column in found.columns.items()},
            found.width,
            today(self._batch.at),
            self._inputs.entries,
            None if actor.everywhere else actor.party,
            corrects,
        )

    async def _convert(self, found: Found, hands: Hands, share: Callable[[], float]) -> None:
        """Convert and lay aside all rows, a few chunks under way at once, in their order."""
        under_way: deque[asyncio.Task[Converted]] = deque()
        sheet = SHEETS[self._batch.type]
        try:
            for rows in _chunks(found, sheet.key, listed=sheet.listed):
                under_way.append(asyncio.create_task(hands.convert(rows), name="convert"))
                if len(under_way) >= hands.many:
                    await self._lay_aside(await under_way[0])
                    under_way.popleft()
                    self._progress(self._things, share())
            while under_way:
                await self._lay_aside(await under_way[0])
                under_way.popleft()
        finally:  # a task group would wrap what is told to people
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        self._progress(self._things, 1.0)

    async def _lay_aside(self, converted: Converted) -> None:
        self._things += converted.things
        self._rejected += converted.things - len(converted.staged.number)
        if converted.remarks:
            self._tell(converted.remarks)
        self._refuse(await self._staging.add(converted.staged))

    def _refuse(self, clashes: Sequence[Clash]) -> None:
        self._rejected += len({clash.number for clash in clashes})
        key = SHEETS[self._batch.type].key
        self._tell([Remark(c.number, key, c.key, _words(c)) for c in clashes])


@asynccontextmanager
async def _hands(size: int) -> AsyncIterator[Hands]:
    if size < _LARGE:
        yield Own()
    else:
        async with crew() as hands:
            yield hands


def _require_right(actor: Actor, type_: str) -> None:
    if type_ in _GLOBAL and not actor.everywhere:
        raise Refusal(Why.FORBIDDEN, "单位名录和投入品清单只能由监管部门或管理员导入")


def _chunks(found: Found, key: str, *, listed: bool) -> Iterator[Lines | Sequence[Numbered]]:
    """Cut the rows; where a thing may take several rows, never between them."""
    if not listed and isinstance(found.below, Csv):
        yield list(found.top)
        yield from found.below.sheaves(CHUNK)
        return
    if not listed:
        while rows := list(islice(found.rows, CHUNK)):
            yield rows
        return
    place = next(place for place, column in found.columns.items() if column.heading == key)
    chunk: list[Numbered] = []
    before: Cell = ""
    for numbered in found.rows:
        cells = numbered[1]
        new, before = begins(cells[place] if place < len(cells) else "", before)
        if new and len(chunk) >= CHUNK:
            yield chunk
            chunk = []
        chunk.append(numbered)
    if chunk:
        yield chunk


def _words(clash: Clash) -> str:
    what = understood(clash.what).reason if clash.rule is Rule.UNFIT else clash.what
    return _CLASHES[clash.rule].format(what)

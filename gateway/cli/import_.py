"""`gateway import`: files into the trace database, and the forms to fill in."""

import gc
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from uuid_utils.compat import uuid7

from gateway import settings as config
from gateway.cli.archive import acting_for, this_person
from gateway.cli.running import run
from gateway.domain.access import Actor, Role
from gateway.domain.calendar import SHANGHAI
from gateway.domain.errors import GatewayError
from gateway.domain.inputs import Inputs, decode
from gateway.domain.trace import Party
from gateway.filing.records import may_file
from gateway.filing.staging import Batch
from gateway.interchange.form import form
from gateway.interchange.importer import Importer, Outcome, fingerprint, is_dated
from gateway.interchange.report import Remark, ReportFile, Weight
from gateway.interchange.sheets import SHEETS
from gateway.interchange.tables import Limits
from gateway.store import inputs, keyring, schema
from gateway.store.engine import Database, open_database
from gateway.store.parties import SqlParties
from gateway.store.staging import SqlStaging
from gateway.store.vault import Keys, Vault

# Remarks that are printed, and that stand in JSON; all of them stand in the report.
_SHOWN: Final = 50
_IN_JSON: Final = 200
_NAME: Final = 64  # characters of a person's or a feed's name
# New objects before cycles are looked for: rows are many and leave none, and what is there before them stays.
_RARELY: Final = 50_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with a file."""

    file: Path
    type: str
    party: str | None
    actor: str | None
    source: str | None
    report: Path | None
    partial: bool
    dry_run: bool


@dataclass(slots=True)
class _Remarks:
    """Counts all remarks, keeps the first, writes each into the report."""

    report: ReportFile | None
    first: list[Remark] = field(default_factory=list)
    count: int = 0
    warnings: int = 0

    def tell(self, remarks: Sequence[Remark]) -> None:
        self.count += len(remarks)
        self.warnings += sum(1 for remark in remarks if remark.weight is Weight.WARNING)
        self.first += remarks[: max(0, _IN_JSON - len(self.first))]
        if self.report is not None:
            self.report.write(remarks)


def write_form(type_: str, file: Path) -> None:
    """Write the form of a type to a new file. Raises `GatewayError` for an unknown type or a file it cannot be."""
    _known(type_)
    if file.suffix.lower() != ".xlsx":
        raise GatewayError(f"{file}：登记表是 .xlsx 文件，请写成 {file.with_suffix('.xlsx')}")
    try:
        with file.open("xb") as new:
            new.write(form(type_))
    except FileExistsError as err:
        raise GatewayError(f"{file}：已有这个文件，里面可能填了数据，不会覆盖；请换个文件名") from err
    except OSError as err:
        raise GatewayError(f"{file}: cannot be written: {err.strerror}") from err
    typer.echo(f"{file}：{SHEETS[type_].title}登记表，填好后运行 gateway import {file} --type {type_}")


def import_(settings_file: Path | None, wish: Wish, *, as_json: bool) -> None:
    """Take in a file and say what came of it. Exits 1 when rows were rejected."""
    _known(wish.type)
    settings = config.load(config.settings_file(settings_file))
    keys = Keys(settings.key_folder)
    gc.set_threshold(_RARELY)
    gc.freeze()
    with ExitStack() as stack:
        try:
            file = stack.enter_context(wish.file.open("rb"))
            _check(wish, file)
            report = stack.enter_context(wish.report.open("w", encoding="utf-8", newline="")) if wish.report else None
        except OSError as err:
            raise GatewayError(f"{err.filename}: cannot be opened: {err.strerror}") from err
        remarks = _Remarks(ReportFile(report) if report else None)
        outcome = run(_take_in(settings.database.url, keys, wish, file, remarks))
    if as_json:
        typer.echo(json.dumps(_plain(wish, outcome, remarks), ensure_ascii=False))
    else:
        _print(wish, outcome, remarks)
    if outcome.rejected:
        raise typer.Exit(1)


def _check(wish: Wish, file: BinaryIO) -> None:
    """Refuse what can be read only once, a report that would take the file's place, and names longer than are kept."""
    if not file.seekable():
        raise GatewayError(f"{wish.file}: 不是普通文件；请先存为文件再导入")
    if wish.report is not None and wish.report.exists() and wish.report.samefile(wish.file):
        raise GatewayError(f"--report {wish.report}：与要导入的是同一个文件，会被覆盖；请换一个文件名")
    for option, name in (("--actor", wish.actor), ("--source", wish.source)):
        if len(name or "") > _NAME:
            raise GatewayError(f"{option}：最多{_NAME}个字")


def _known(type_: str) -> None:
    if type_ not in SHEETS:
        raise GatewayError(f"没有类型 {type_}；可用的类型：{'、'.join(SHEETS)}")


async def _take_in(url: str, keys: Keys, wish: Wish, file: BinaryIO, remarks: _Remarks) -> Outcome:
    vault = keys.vault()
    database = open_database(url, bulk=True)
    try:
        await schema.check(database)
        await keyring.check(database, keys)
        actor, in_force = await _who(database, vault, wish), await _inputs(database)
        batch = Batch(
            uuid7(),
            wish.type,
            fingerprint(file),
            wish.file.name,
            actor,
            datetime.now(UTC),
            wish.source,
            dated=is_dated(wish.type),
        )
        with _progress() as progress:
            bar = progress.add_task(wish.file.name, total=1.0, rows=0)
            importer = Importer(
                SqlStaging(database, vault, batch),
                batch,
                in_force,
                remarks.tell,
                lambda rows, share: progress.update(bar, completed=share, rows=rows),
            )
            return await importer.take_in(file, Limits(), partial=wish.partial, dry_run=wish.dry_run)
    finally:
        await database.close()


async def _who(database: Database, vault: Vault, wish: Wish) -> Actor:
    name = wish.actor or this_person()
    wanted = wish.party
    if wanted is None:
        return Actor(name, Role.ADMIN)
    party: Party | None = await database.transact(lambda connection: SqlParties(connection, vault).get(wanted))
    if party is None:
        raise GatewayError(f"--party {wanted}：没有这个单位；先导入单位名录：gateway import FILE --type party")
    actor = acting_for(party, name)
    if not may_file(actor, wish.type):
        raise GatewayError(f"--party {wanted}：{SHEETS[wish.type].title}不由该单位登记，无权导入")
    return actor


async def _inputs(database: Database) -> Inputs:
    shipped = decode((config.shipped("config") / "inputs.toml").read_bytes())
    return await database.transact(lambda connection: inputs.load(connection, shipped))


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[rows]} 行"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _plain(wish: Wish, outcome: Outcome, remarks: _Remarks) -> dict[str, Any]:
    told = asdict(outcome)
    earlier = told.pop("earlier")
    return {
        "file": wish.file.name,
        "type": wish.type,
        "dry_run": wish.dry_run,
        **told,
        "imported_before": earlier and earlier["at"].isoformat(),
        "warnings": remarks.warnings,
        "remarks": [
            {"row": r.row, "column": r.column, "value": r.value, "severity": r.weight.value, "reason": r.reason}
            for r in remarks.first
        ],
        "remarks_in_all": remarks.count,
    }


def _print(wish: Wish, outcome: Outcome, remarks: _Remarks) -> None:
    for remark in remarks.first[:_SHOWN]:
        typer.echo(f"{'提醒：' if remark.weight is Weight.WARNING else ''}{remark}")
    if remarks.count > _SHOWN:
        rest = remarks.count - _SHOWN
        typer.echo(f"……还有{rest}条" + (f"，见 {wish.report}" if wish.report else "；用 --report out.csv 写出全部"))
    typer.echo(_summary(wish, outcome))


def _summary(wish: Wish, outcome: Outcome) -> str:
    if outcome.earlier is not None:
        at = outcome.earlier.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        return (
            f"{wish.file.name}：同一文件已于{at}由{outcome.earlier.actor}导入（{outcome.earlier.rows}条），没有任何改动"
        )
    counted = f"{wish.file.name}：共{outcome.things}条，不合格{outcome.rejected}条"
    if outcome.merged:
        return f"{counted}；新增{outcome.added}条，更正{outcome.changed}条，未变{outcome.same}条"
    if wish.dry_run:
        return f"{counted}；试运行，没有写入任何数据"
    return f"{counted}；没有导入任何数据，改好后重新导入，或用 --partial 只导入合格的"

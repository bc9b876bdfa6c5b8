"""`gateway import --type epcis`: a document of EPCIS events (EPCIS 2.0 JSON subset) into the trace database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import typer
from uuid_utils.compat import uuid7

from gateway import settings as config
from gateway.cli.archive import act, acting_for, operator, this_person
from gateway.domain.access import Actor
from gateway.domain.epcis.event import Event
from gateway.domain.errors import GatewayError
from gateway.domain.inputs import decode as decode_inputs
from gateway.filing.books import Books
from gateway.filing.chronicle import Job
from gateway.filing.epcis import Unread, capture
from gateway.interchange.epcis.document import decode, read

MOST_BYTES: Final = 5 * 1024 * 1024  # of a document (DOMAIN 4.4)


class _Undone(Exception):
    """Carries what would have become of a document out of the transaction that it undoes."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


def take_in(
    settings_file: Path | None,
    file: Path,
    party: str | None,
    name: str | None,
    *,
    partial: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take in a document in one transaction: all of it or, with `partial`, the good events. Exits 1 when any is bad."""
    events = _events(file)
    shipped = decode_inputs((config.shipped("config") / "inputs.toml").read_bytes())
    now = datetime.now(UTC)

    def work(books: Books) -> Job:
        actor = _actor(books, party, name)
        job = Job(id=uuid7(), party=actor.party, created_at=now)
        books.chronicle.keep(job)
        job = job.with_(capture(books, actor, events, books.inputs(shipped), job.id, now), now)
        if dry_run or (job.rejected and not partial):
            raise _Undone(job)
        books.chronicle.keep(job)
        return job

    try:
        job, written = act(settings_file, work), True
    except _Undone as undone:
        job, written = undone.job, False
    _tell(file, job, written=written, dry_run=dry_run, as_json=as_json)
    if job.rejected:
        raise typer.Exit(1)


def _events(file: Path) -> list[Event | Unread]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise GatewayError(f"{file}：超过{MOST_BYTES // 1024 // 1024}MB，请分成几个文件")
        return read(decode(file.read_bytes()))
    except OSError as err:
        raise GatewayError(f"{file}: cannot be opened: {err.strerror}") from err


def _actor(books: Books, party: str | None, name: str | None) -> Actor:
    if party is None:
        return Actor(name or this_person(), operator().role)
    found = books.parties.get(party)
    if found is None:
        raise GatewayError(f"--party {party}：没有这个单位；先导入单位名录：gateway import FILE --type party")
    return acting_for(found, name or this_person())


def _tell(file: Path, job: Job, *, written: bool, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = {"file": file.name, "type": "epcis", "dry_run": dry_run, "written": written, **msgspec.to_builtins(job)}
        typer.echo(msgspec.json.encode(told).decode())
        return
    for result in job.results:
        place = f"第{result.index + 1}个事件"
        if result.outcome == "rejected":
            where = f"“{result.field}”" if result.field else ""
            typer.echo(f"{place}{where}：{result.reason}")
        for remark in result.remarks:
            typer.echo(f"提醒：{place}：{remark}")
    counted = f"{file.name}：收下{job.accepted}个事件，重复{job.duplicate}个，不合格{job.rejected}个"
    why = "试运行，没有写入任何数据" if dry_run else "没有写入任何数据，改好后重新导入，或用 --partial 只导入合格的"
    typer.echo(counted if written else f"{counted}；{why}")

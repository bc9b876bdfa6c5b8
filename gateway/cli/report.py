"""`gateway report`: figures and problems, and the evidence of one case."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import typer

from gateway.cli.archive import act, operator
from gateway.cli.listing import print_table
from gateway.domain.errors import GatewayError
from gateway.filing import cases, reports
from gateway.filing.reports import Period, ProblemList, Report, Scope
from gateway.interchange import exports
from gateway.store.books import SqlBooks

Name: TypeAlias = Literal["census", "evaluation", "progress", "problems", "public"]
Form: TypeAlias = Literal["table", "json", "csv"]

_Making: TypeAlias = Callable[[SqlBooks, Period, datetime], Report | ProblemList]
_MAKE: Final[Mapping[Name, _Making]] = {
    "census": lambda books, days, now: reports.census(books.reports, Scope(), days, now),
    "evaluation": lambda books, days, now: reports.evaluation(books.reports, Scope(), days, now),
    "progress": lambda books, days, now: reports.progress(books.reports, Scope(), days, now),
    "problems": lambda books, days, now: reports.problems(books.reports, Scope(), days, now),
    "public": lambda books, days, now: reports.public(books.reports, days, now),
}


def report(file: Path | None, name: Name, first: date | None, last: date | None, form: Form) -> None:
    """Print a report on everybody's things."""
    now = datetime.now(UTC)
    days = reports.period(first, last, now)
    made = act(file, lambda books: _MAKE[name](books, days, now))
    rows: Sequence[msgspec.Struct] = made.problems if isinstance(made, ProblemList) else made.figures
    print_rows(made, rows, form)


def print_rows(whole: msgspec.Struct, rows: Sequence[msgspec.Struct], form: Form) -> None:
    """Print rows for people, for a spreadsheet, or `whole` as one JSON object."""
    match form:
        case "json":
            typer.echo(msgspec.json.encode(whole).decode())
        case "csv":
            if not rows:
                typer.echo("没有", err=True)
            typer.echo(exports.as_csv(rows).decode(), nl=False)
        case "table":
            print_table(*exports.as_table(rows))


def case(file: Path | None, subject: str, out: Path) -> None:
    """Write the evidence of a case to a new file."""
    if out.exists():
        raise GatewayError(f"{out}: is there already; evidence is never written over")
    packed = exports.as_zip(act(file, lambda books: cases.gather(books, operator(), subject, datetime.now(UTC))))
    try:
        out.touch(0o600, exist_ok=False)
        out.write_bytes(packed)
    except OSError as err:
        raise GatewayError(f"{out}: cannot be written: {err.strerror}") from err
    typer.echo(f"{out}: {len(packed)} bytes")

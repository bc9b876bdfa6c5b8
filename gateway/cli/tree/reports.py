"""Reports, and the evidence of one case."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.tree.options import ConfigFile, group

report = group("report", "Figures and problems of the whole city, and the evidence of one case.")

Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day; default: 30 in all")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day; default: today")]
Form = Annotated[
    Literal["table", "json", "csv"], typer.Option("--format", help="csv: for spreadsheets, with a byte order mark")
]


@report.command()
def census(config: ConfigFile = None, first: Day = None, last: LastDay = None, form: Form = "table") -> None:
    """What there is, where, whose, and what of it is labelled."""
    _print("census", config, first, last, form)


@report.command()
def evaluation(config: ConfigFile = None, first: Day = None, last: LastDay = None, form: Form = "table") -> None:
    """How well it works: coverage, queries, what is overdue, uploads, waiting times."""
    _print("evaluation", config, first, last, form)


@report.command()
def progress(config: ConfigFile = None, first: Day = None, last: LastDay = None, form: Form = "table") -> None:
    """How far each owner and each district is."""
    _print("progress", config, first, last, form)


@report.command()
def problems(config: ConfigFile = None, first: Day = None, last: LastDay = None, form: Form = "table") -> None:
    """What is wrong, the gravest first."""
    _print("problems", config, first, last, form)


@report.command()
def public(config: ConfigFile = None, first: Day = None, last: LastDay = None, form: Form = "table") -> None:
    """What anybody may know: sums, without trials."""
    _print("public", config, first, last, form)


@report.command()
def case(
    subject: Annotated[
        str, typer.Argument(help="a code, lift number, plate or stamp; a record as type/key; a ticket's number")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", dir_okay=False, help="a new file")],
    config: ConfigFile = None,
) -> None:
    """Write all that is known around something to a ZIP with the hash of each file; noted in the audit."""
    from gateway.cli.report import case as run

    run(config, subject, out)


def _print(
    name: Literal["census", "evaluation", "progress", "problems", "public"],
    config: Path | None,
    first: datetime | None,
    last: datetime | None,
    form: Literal["table", "json", "csv"],
) -> None:
    from gateway.cli.report import report as run

    run(config, name, first and first.date(), last and last.date(), form)

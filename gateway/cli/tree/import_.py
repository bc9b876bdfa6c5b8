"""Files into the trace database."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, app

EPCIS = "epcis"  # a document of events, where other files hold rows


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, XLSX, XLS or JSON; with --template the form to write")
    ],
    type_: Annotated[
        str | None, typer.Option("--type", help="what it holds: liquor, melon, lpg, lift, party, …; epcis: events")
    ] = None,
    template: Annotated[str | None, typer.Option(metavar="TYPE", help="write the form to fill in to FILE")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be; write nothing")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="take the good rows though others are bad")] = False,
    report: Annotated[Path | None, typer.Option(metavar="CSV", help="every remark on every row, as a CSV")] = None,
    party: Annotated[str | None, typer.Option(help="on behalf of this party, with its rights")] = None,
    actor: Annotated[str | None, typer.Option(help="who did it, for the audit; default: you")] = None,
    source: Annotated[str | None, typer.Option(help="the feed whose sign of life this file is")] = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take in a file: all of it, or nothing; the same file twice changes nothing. Exit 1 when rows were rejected."""
    from gateway.cli.import_ import Wish, write_form
    from gateway.cli.import_ import import_ as run

    if (type_ is None) == (template is None):
        raise typer.BadParameter("say what the file holds: --type TYPE; or ask for a form: --template TYPE")
    if template is not None:
        write_form(template, file)
        return
    if type_ == EPCIS:
        from gateway.cli.epcis import take_in

        take_in(config, file, party, actor, partial=partial, dry_run=dry_run, as_json=as_json)
        return
    wish = Wish(file, type_ or "", party, actor, source, report, partial=partial, dry_run=dry_run)
    run(config, wish, as_json=as_json)

"""Complaints."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.tree.options import ConfigFile, group
from gateway.cli.tree.reports import Form
from gateway.domain.ticket import TicketState

ticket = group("ticket", "Complaints, and handing them to 12315, 12345 or the letters and visits office.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="as the citizen was told it")]
Office = Literal["12315", "12345", "xinfang"]


@ticket.command("list")
def list_(
    config: ConfigFile = None,
    state: Annotated[TicketState | None, typer.Option(help="only those in this state")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only those past their day")] = False,
    form: Form = "table",
) -> None:
    """Complaints, the oldest first; reporters masked."""
    from gateway.cli.ticket import list_ as run

    run(config, state, form, overdue=overdue)


@ticket.command()
def show(number: Number, config: ConfigFile = None) -> None:
    """One complaint with its steps."""
    from gateway.cli.ticket import show as run

    run(config, number)


@ticket.command("state")
def state_(
    number: Number,
    state: Annotated[TicketState, typer.Argument(help="where it goes")],
    note: Annotated[str | None, typer.Option(help="for whoever handles it next")] = None,
    to: Annotated[Office | None, typer.Option(help="handed_over: whom to")] = None,
    ref: Annotated[str | None, typer.Option(help="their number for it")] = None,
    answer: Annotated[str | None, typer.Option(help="closed: what the citizen is texted")] = None,
    config: ConfigFile = None,
) -> None:
    """Take a complaint a step on; closed, its answer is texted to the reporter."""
    import msgspec

    from gateway.cli.ticket import state as run
    from gateway.filing.tickets import TicketChange

    sent = {"state": state, "note": note, "handed_to": to, "outside_ref": ref, "answer": answer}
    try:
        change = msgspec.convert(sent, TicketChange)
    except msgspec.ValidationError as err:
        raise typer.BadParameter(str(err)) from err
    run(config, number, change)


@ticket.command()
def export(
    to: Annotated[Office, typer.Option(help="to whom they were handed")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="handed over on this day or later")],
    out: Annotated[Path | None, typer.Option("-o", "--out", dir_okay=False, help="default: print")] = None,
    hand_over: Annotated[bool, typer.Option("--hand-over", help="hand over all that wait, first")] = False,
    form: Form = "csv",
    config: ConfigFile = None,
) -> None:
    """Complaints as another office takes them up, reporters in full; noted in the audit."""
    from gateway.cli.ticket import export as run

    run(config, to, since.date(), out, form, hand_over=hand_over)

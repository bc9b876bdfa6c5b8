"""`gateway ticket`: complaints, and handing them to other offices."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec
import typer
from uuid_utils.compat import uuid7

from gateway import settings as config
from gateway.cli.archive import act, operator
from gateway.cli.report import Form, print_rows
from gateway.domain.address import Address
from gateway.domain.calendar import SHANGHAI
from gateway.domain.errors import GatewayError
from gateway.domain.ticket import Office, TicketState
from gateway.filing import tickets
from gateway.filing.casebook import HandedOver, Ticket
from gateway.filing.tickets import TicketChange
from gateway.interchange import exports
from gateway.jobs.post import Letters
from gateway.render.sms import SmsRenderer
from gateway.store.books import SqlBooks

_MOST = 10_000
_WAITING = (TicketState.OPEN, TicketState.IN_PROGRESS, TicketState.REOPENED)


class _Listed(msgspec.Struct, frozen=True):
    tickets: tuple[Ticket, ...]


class _Handed(msgspec.Struct, frozen=True):
    office: Office
    tickets: tuple[HandedOver, ...]


def list_(file: Path | None, state: TicketState | None, form: Form, *, overdue: bool) -> None:
    """Print complaints, the oldest first."""
    states, now = () if state is None else (state,), datetime.now(UTC)
    found = act(file, lambda books: books.tickets.listed(states, now, overdue=overdue, after="", most=_MOST))
    print_rows(_Listed(tuple(found)), found, form)


def show(file: Path | None, number: str) -> None:
    """Print one complaint with its steps, as JSON."""
    found = act(file, lambda books: tickets.show(books, operator(), number, datetime.now(UTC)))
    typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())


def state(file: Path | None, number: str, change: TicketChange) -> None:
    """Take a complaint a step on."""
    letters = _letters(file)
    done = act(file, lambda books: tickets.change(books, operator(), letters, number, change, datetime.now(UTC)))
    typer.echo(f"{done.number}: {done.state}")


def export(file: Path | None, office: Office, since: date, out: Path | None, form: Form, *, hand_over: bool) -> None:
    """Write what was handed to an office; `hand_over`: everything that waits, first."""
    letters, now = _letters(file), datetime.now(UTC)

    def work(books: SqlBooks) -> list[HandedOver]:
        waiting = books.tickets.listed(_WAITING, now, overdue=False, after="", most=_MOST) if hand_over else []
        for ticket in waiting:
            change = TicketChange(state=TicketState.HANDED_OVER, handed_to=office)
            tickets.change(books, operator(), letters, ticket.number, change, now)
        return tickets.handed(books, operator(), office, datetime.combine(since, time.min, SHANGHAI), now)

    found = act(file, work)
    if out is None:
        print_rows(_Handed(office, tuple(found)), found, form)
        return
    written = exports.as_csv(found) if form == "csv" else msgspec.json.encode(_Handed(office, tuple(found)))
    try:
        out.touch(0o600)
        out.chmod(0o600)  # reporters' numbers stand in it
        out.write_bytes(written)
    except OSError as err:
        raise GatewayError(f"{out}: cannot be written: {err.strerror}") from err
    typer.echo(f"{out}: {len(found)} tickets")


def _letters(file: Path | None) -> Letters:
    settings = config.load(config.settings_file(file))
    service = settings.service
    renderer = SmsRenderer(settings.templates.folders, f"【{service.signature}】", service.values)
    return Letters(renderer, Address.parse(service.short_code), uuid7)

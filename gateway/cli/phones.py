"""`gateway phone`: phones that are told of alerts, and that may ask for more with a PIN."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from gateway.cli.archive import act, look, this_person
from gateway.cli.listing import print_rows
from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.errors import GatewayError
from gateway.filing.books import Phone
from gateway.store.books import SqlBooks
from gateway.store.phones import new_pin


@dataclass(frozen=True, slots=True)
class Registration:
    """A phone as it is to be known."""

    number: str
    party: str
    role: Role
    pin: bool
    alerts: bool


def add(file: Path | None, wanted: Registration) -> None:
    """Register it; its PIN, if it shall have one, is printed once and kept as a hash."""
    address, pin = _mobile(wanted.number), new_pin() if wanted.pin else None

    def work(books: SqlBooks) -> None:
        if books.parties.get(wanted.party) is None:
            raise GatewayError(f"--party {wanted.party}: there is no such party; load it with `gateway import`")
        now = datetime.now(UTC)
        books.phones.add(Phone(address, wanted.party, wanted.role), pin, now, alerts=wanted.alerts)
        books.audit.note(now, this_person(), "phone added", wanted.party, phone=str(address), role=wanted.role)

    act(file, work)
    typer.echo(f"{address}: {wanted.role} of {wanted.party}")
    if pin:
        typer.echo(pin)


def remove(file: Path | None, number: str, party: str) -> None:
    """Forget it."""
    address = _mobile(number)

    def work(books: SqlBooks) -> None:
        if not books.phones.remove(address, party):
            raise GatewayError(f"{address}: no phone of {party}")
        books.audit.note(datetime.now(UTC), this_person(), "phone removed", party, phone=str(address))

    act(file, work)
    typer.echo(f"{address}: forgotten")


def list_(file: Path | None, *, as_json: bool) -> None:
    """Print all, masked."""
    rows = look(file, lambda books: books.phones.listed())
    print_rows(rows, ("shown", "party", "role", "alerts", "locked_until"), as_json=as_json)


def _mobile(number: str) -> Address:
    address = Address.parse(number)
    if not address.is_mobile:
        raise GatewayError(f"{number}: not a mobile number; write 13800000001")
    return address

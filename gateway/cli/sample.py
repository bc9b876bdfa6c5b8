"""`gateway sample`: a small city in a database, to try things out with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy import Connection, select

from gateway import settings as config
from gateway.cli.archive import this_person
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.calendar import today
from gateway.domain.errors import GatewayError
from gateway.filing import permits
from gateway.filing.books import Phone
from gateway.interchange.sample import Caller, City, whole
from gateway.store import keyring, schema
from gateway.store.books import SqlBooks
from gateway.store.engine import open_database
from gateway.store.load import Loader
from gateway.store.phones import new_pin
from gateway.store.tables import records
from gateway.store.vault import Keys

SEED = 1


def load(file: Path | None, seed: int, *, add: bool, phones: bool) -> None:
    """Load the city into the database of the settings; print the PINs of its phones, shown only now."""
    settings = config.load(config.settings_file(file))
    keys = Keys(settings.key_folder)
    vault, codes = keys.vault(), keys.code_book()
    now = datetime.now(UTC)
    city = city_of(seed, now)
    pins = new_pins(city) if phones else {}

    def work(connection: Connection) -> None:
        if not add and is_used(connection):
            raise GatewayError("there are records in this database already; take an empty one, or say --add")
        fill(SqlBooks(connection, vault, codes), Loader(connection, vault, codes, now), city, now, pins)

    async def loading() -> None:
        database = open_database(settings.database.url, bulk=True)
        try:
            await schema.check(database)
            await keyring.check(database, keys)
            await database.transact(work)
        finally:
            await database.close()

    run(loading())
    typer.echo(
        f"{len(city.parties)} parties, {len(city.records)} records, {city.labels} labels, "
        f"{len(city.events)} events, {len(pins)} phones"
    )
    for caller, pin in pins.items():
        typer.echo(f"{caller.number}  {caller.role} of {caller.party}{f'  {pin}' if pin else ''}")


def city_of(seed: int, now: datetime) -> City:
    """Return the whole city as of today."""
    return whole(config.shipped("config") / "sample", seed, today(now))


def is_used(connection: Connection) -> bool:
    """Return whether somebody's records are in the database."""
    return connection.execute(select(records.c.id).limit(1)).first() is not None


def new_pins(city: City) -> Mapping[Caller, str | None]:
    """Return the city's registered phones, each with a new PIN if it shall have one."""
    return {caller: new_pin() if caller.pin else None for caller in city.callers}


def fill(
    books: SqlBooks, loader: Loader, city: City, now: datetime, phones: Mapping[Caller, str | None] | None = None
) -> None:
    """Write the city, its deny list and these phones in one transaction."""
    loader.parties(city.parties)
    loader.sources(city.sources)
    loader.records(city.records)
    loader.ranges(city.ranges)
    loader.singles(city.singles)
    loader.events(city.events)
    for filed in city.records:
        permits.judge(books, f"{filed.record_type}/{filed.key}", filed.record, now)
    for caller, pin in (phones or {}).items():
        books.phones.add(Phone(Address.parse(caller.number), caller.party, caller.role), pin, now, alerts=True)
    books.audit.note(now, this_person(), "sample.load", "sample", records=len(city.records), labels=city.labels)

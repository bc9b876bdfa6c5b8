"""What the phone book must do: tell the right ones, let in nobody without his PIN, lock who guesses."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.access import Badge, PinFault, Role
from gateway.domain.address import Address
from gateway.domain.trace import Party, PartyKind
from gateway.filing.books import Phone
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.phones import LOCKED_FOR, MOST_FAILURES, SqlBadges, new_pin
from gateway.store.tables import phones
from tests.builders.messages import NOW, VAULT
from tests.builders.store import rows

STATION, UNIT, OFFICE = Address("8613800000007"), Address("8613800000008"), Address("8613800000009")
PIN = "482913"


@pytest.fixture
async def book(archive: SqlArchive) -> SqlArchive:
    def fill(books: object) -> None:
        for party, district in (("office-wuhai", "150300"), ("office-linhe", "150802")):
            books.parties.put(Party(party, party, PartyKind.REGULATOR, district), NOW)  # type: ignore[attr-defined]
        add = books.phones.add  # type: ignore[attr-defined]
        add(Phone(STATION, "station-1", Role.STATION), PIN, NOW, alerts=True)
        add(Phone(UNIT, "maintenance-1", Role.MAINTENANCE), None, NOW, alerts=True)
        add(Phone(OFFICE, "office-wuhai", Role.REGULATOR), None, NOW, alerts=True)

    await archive.act(fill)
    return archive


async def told(
    book: SqlArchive, *parties: str, role: Role | None = None, district: str | None = None, grave: bool = False
) -> set[str]:
    found = await book.act(lambda books: books.phones.to_tell(parties, role=role, district=district, grave=grave))
    return {phone.address.number for phone in found}


async def test_neither_number_nor_pin_stands_in_the_database(ledger: SqlLedger, book: SqlArchive) -> None:
    written = str(await rows(ledger, select(phones)))
    assert PIN not in written
    assert "13800000007" not in written
    assert "138****0007" in written


async def test_those_of_a_party_and_those_of_a_role_in_the_prefecture_are_told(book: SqlArchive) -> None:
    assert await told(book, "station-1") == {STATION.number}
    assert await told(book, "maintenance-1", role=Role.REGULATOR, district="150302") == {UNIT.number, OFFICE.number}
    assert await told(book, "maintenance-1", role=Role.REGULATOR, district="150826") == {UNIT.number}
    assert await told(book) == set()


async def test_who_opted_out_is_told_of_nothing_but_danger(ledger: SqlLedger, book: SqlArchive) -> None:
    await ledger.run(lambda unit: unit.inbox.opt_out(VAULT.querier(STATION), NOW))
    assert await told(book, "station-1") == set()
    assert await told(book, "station-1", grave=True) == {STATION.number}


async def test_the_right_pin_opens_and_a_wrong_one_does_not(ledger: SqlLedger, book: SqlArchive) -> None:
    badges = SqlBadges(ledger.database)
    assert await badges.check(VAULT.querier(STATION), PIN, NOW) == Badge(Role.STATION, "station-1")
    assert await badges.check(VAULT.querier(STATION), "000000", NOW) is PinFault.WRONG
    assert await badges.check(VAULT.querier(OFFICE), PIN, NOW) is None  # registered without a PIN
    assert await badges.check(b"nobody", PIN, NOW) is None


async def test_five_wrong_ones_in_a_row_lock_it_for_an_hour_even_against_the_right_one(
    ledger: SqlLedger, book: SqlArchive
) -> None:
    badges, who = SqlBadges(ledger.database), VAULT.querier(STATION)
    wrong = [await badges.check(who, "000000", NOW) for _ in range(MOST_FAILURES)]
    assert wrong == [PinFault.WRONG] * (MOST_FAILURES - 1) + [PinFault.LOCKED]
    assert await badges.check(who, PIN, NOW) is PinFault.LOCKED
    assert await badges.check(who, PIN, NOW + LOCKED_FOR) == Badge(Role.STATION, "station-1")


async def test_guesses_at_the_same_time_are_all_counted(ledger: SqlLedger, book: SqlArchive) -> None:
    badges, who = SqlBadges(ledger.database), VAULT.querier(STATION)
    await asyncio.gather(*(badges.check(who, "000000", NOW) for _ in range(MOST_FAILURES)))
    assert await badges.check(who, PIN, NOW + timedelta(minutes=1)) is PinFault.LOCKED


async def test_the_right_one_forgives_what_was_wrong_before(ledger: SqlLedger, book: SqlArchive) -> None:
    badges, who = SqlBadges(ledger.database), VAULT.querier(STATION)
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            await badges.check(who, "000000", NOW)
        assert await badges.check(who, PIN, NOW) == Badge(Role.STATION, "station-1")


def test_a_new_pin_is_six_digits() -> None:
    assert all(pin.isascii() and pin.isdigit() and len(pin) == 6 for pin in (new_pin() for _ in range(50)))

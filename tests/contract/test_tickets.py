"""What every ticket book must do: a number for each report, that a slip of the pen does not turn into another's."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from stdnum.iso7064 import mod_11_10

from gateway.ports import TicketDraft
from gateway.store.engine import SqlLedger
from gateway.store.tables import tickets
from tests.builders.messages import CITIZEN, NOW, VAULT, an_inquiry
from tests.builders.store import rows


def a_draft(text: str = "假酒") -> TicketDraft:
    return TicketDraft(an_inquiry().id, CITIZEN, ("1688012345678904",), text, "临河区", NOW, NOW + timedelta(days=9))


async def test_numbers_have_eight_digits_and_a_check_digit(ledger: SqlLedger) -> None:
    number = await ledger.run(lambda unit: unit.tickets.open(a_draft()))
    assert len(number) == 9
    assert mod_11_10.is_valid(number)
    (row,) = await rows(ledger, select(tickets))
    assert (row["number"], row["codes"], row["text"], row["place"]) == (number, ["1688012345678904"], "假酒", "临河区")
    assert VAULT.open(row["reporter"]) == CITIZEN.number
    assert CITIZEN.number not in str(row["reporter_shown"])


async def test_two_processes_give_no_number_twice(ledger: SqlLedger, another: Callable[[], SqlLedger]) -> None:
    other = another()
    numbers = await asyncio.gather(
        *(one.run(lambda unit: unit.tickets.open(a_draft())) for one in (ledger, other) for _ in range(10))
    )
    assert len(set(numbers)) == 20


async def test_a_report_that_no_database_holds_as_it_is_becomes_a_ticket(ledger: SqlLedger) -> None:
    await ledger.run(lambda unit: unit.tickets.open(a_draft("假\x00酒\ud83d")))
    (row,) = await rows(ledger, select(tickets.c.text))
    assert row["text"].startswith("假酒")

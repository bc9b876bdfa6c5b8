"""EPCIS events told by parties, one by one, and what came of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.records.meat import Meat
from gateway.domain.records.registry import REGISTRY
from gateway.domain.verdict import Verdict
from gateway.filing.chronicle import Result
from gateway.filing.epcis import capture
from gateway.filing.kept import Kept
from gateway.store.books import SqlArchive, SqlBooks
from tests.builders.epcis import (
    PARTIES,
    Json,
    as_read,
)
from tests.builders.traces import FIRST, a_label, a_trace

NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
INPUTS = Inputs([Input(name="克伦特罗", kind=InputKind.VET_DRUG, banned=True)])
STRANGER = "farm-other"


def introduce(books: SqlBooks) -> None:
    """Register the parties of a sheep's life, and a farm that has nothing to do with it."""
    for party in (*PARTIES, replace(PARTIES[0], id=STRANGER, name="别家牧场")):
        books.parties.put(party, NOW)


async def tell(archive: SqlArchive, *said: tuple[str, Json]) -> list[Result]:
    """Have parties say one event each."""
    results = []
    for party, event in said:
        results += await tell_as(archive, Actor(f"key:{party}", Role.FIRM, party), event)
    return results


async def tell_as(archive: SqlArchive, actor: Actor, *events: Json) -> list[Result]:
    return await archive.act(lambda books: capture(books, actor, as_read(*events), INPUTS, uuid7(), NOW))


async def kept(archive: SqlArchive, record_type: str = "meat", key: str = "BM-0501") -> Kept:
    found = await archive.act(lambda books: books.records.get(record_type, key))
    assert found is not None
    return found


async def meat(archive: SqlArchive) -> Meat:
    return cast(Meat, (await kept(archive)).record)


def verdict(record: Meat) -> tuple[Verdict, tuple[str, ...]]:
    decision = REGISTRY["meat"].decide(a_trace(record, a_label()), FIRST, NOW)
    return decision.verdict, decision.reasons

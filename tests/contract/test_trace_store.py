"""What every trace store must do: find what is known, count in order, and let nobody be told the first twice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from gateway.domain.records.liquor import Liquor
from gateway.domain.trace import Label, LabelRange, LabelState, RepeatPolicy, SingleLabel, Standing, Trace
from gateway.ports import Count, Lookup, Unit
from gateway.store.engine import SqlLedger
from gateway.store.load import Loader
from gateway.store.tables import labels, undelivered
from gateway.store.traces import HEARD_AGAIN
from tests.builders.messages import CODES, NOW, VAULT, liquor_code, melon_code
from tests.builders.store import BOUND, rows
from tests.builders.traces import a_label

ME, OTHER, THIRD = b"me", b"another", b"a third"
LATER = NOW + timedelta(hours=1)


def a_lookup(code: str) -> Lookup:
    kind = {"1": "liquor", "4": "melon"}.get(code[0])
    return Lookup(code, kind, int(code[0]), int(code[1]), CODES.index_of(code))


async def found(ledger: SqlLedger, *lookups: Lookup) -> dict[str, Trace]:
    return await ledger.run(lambda unit: unit.traces.find(lookups))


async def counted(ledger: SqlLedger, *queries: Count) -> list[Standing]:
    return await ledger.run(lambda unit: unit.traces.count(queries))


async def load(ledger: SqlLedger, ranges: Sequence[LabelRange] = (), singles: Sequence[SingleLabel] = ()) -> None:
    def work(loader: Loader) -> None:
        loader.ranges(ranges)
        loader.singles(singles)

    await ledger.database.transact(lambda connection: work(Loader(connection, VAULT, CODES, NOW)))


# -- finding -----------------------------------------------------------------------------------------


async def test_a_code_inside_a_range_is_what_its_range_says(ledger: SqlLedger) -> None:
    (trace,) = (await found(ledger, a_lookup(liquor_code(7)))).values()
    assert isinstance(trace.record, Liquor)
    assert trace.label is not None
    assert (trace.label.state, trace.label.policy) == (LabelState.ACTIVE, RepeatPolicy.COVERT)
    assert trace.source_at == NOW


@pytest.mark.parametrize(
    ("index", "known"), [(0, True), (BOUND - 1, True), (BOUND, False), (BOUND + 10**9, False), (200_000, True)]
)
async def test_a_range_ends_where_it_ends(ledger: SqlLedger, index: int, known: bool) -> None:
    await load(ledger, [LabelRange(1, 1, 200_000, 200_000, a_label(), "liquor", "A0312")])
    (trace,) = (await found(ledger, a_lookup(liquor_code(index)))).values()
    assert trace.found is known


async def test_a_range_of_another_class_says_nothing(ledger: SqlLedger) -> None:
    code = CODES.issue(2, 1, 7)
    (trace,) = (await found(ledger, a_lookup(code))).values()
    assert not trace.found


async def test_a_label_that_is_an_exception_overrides_its_range(ledger: SqlLedger) -> None:
    lost = Label(LabelState.LOST, RepeatPolicy.COVERT)
    await load(ledger, singles=[SingleLabel(1, 1, 7, lost, "liquor", "A0312")])
    traces = await found(ledger, a_lookup(liquor_code(7)), a_lookup(liquor_code(8)))
    assert [trace.label.state for trace in traces.values() if trace.label] == [LabelState.LOST, LabelState.ACTIVE]


async def test_a_counted_label_keeps_what_its_range_says(ledger: SqlLedger) -> None:
    (before,) = (await found(ledger, a_lookup(liquor_code(7)))).values()
    await counted(ledger, Count(liquor_code(7), ME, NOW))
    (after,) = (await found(ledger, a_lookup(liquor_code(7)))).values()
    assert after == replace(before, asked=1, first_at=NOW)


async def test_an_unknown_key_is_not_found_and_keeps_its_type(ledger: SqlLedger) -> None:
    lift, foreign = Lookup("012345", "lift", record_id="lift/012345"), Lookup("690123456789", None)
    traces = await found(ledger, lift, foreign)
    assert traces == {"012345": Trace("012345", "lift"), "690123456789": Trace("690123456789", None)}


async def test_two_thousand_codes_are_found_in_one_call(ledger: SqlLedger) -> None:
    lookups = [a_lookup(liquor_code(number)) for number in range(1000)]
    lookups += [a_lookup(melon_code(number)) for number in range(1000)]
    traces = await found(ledger, *lookups)
    assert [traces[lookup.key].record_type for lookup in lookups] == ["liquor"] * 1000 + ["melon"] * 1000


async def test_nothing_asked_nothing_found(ledger: SqlLedger) -> None:
    assert await found(ledger) == {}
    assert await counted(ledger) == []


# -- counting ----------------------------------------------------------------------------------------


async def test_the_first_is_first_and_the_same_person_is_told_from_others(ledger: SqlLedger) -> None:
    code = liquor_code(1)
    assert await counted(ledger, Count(code, ME, NOW)) == [Standing(1, NOW)]
    assert await counted(ledger, Count(code, OTHER, LATER)) == [Standing(2, NOW)]
    assert await counted(ledger, Count(code, ME, LATER)) == [Standing(3, NOW, own=True)]


async def test_repeats_in_one_call_keep_their_order(ledger: SqlLedger) -> None:
    one, two = liquor_code(1), liquor_code(2)
    queries = [Count(one, ME, NOW), Count(two, OTHER, NOW), Count(one, OTHER, LATER), Count(one, ME, LATER)]
    assert await counted(ledger, *queries) == [
        Standing(1, NOW),
        Standing(1, NOW),
        Standing(2, NOW),
        Standing(3, NOW, own=True),
    ]
    assert await counted(ledger, Count(two, ME, LATER)) == [Standing(2, NOW)]


async def test_a_label_with_a_row_of_its_own_is_first_queried_like_any(ledger: SqlLedger) -> None:
    await load(ledger, singles=[SingleLabel(1, 1, 7, a_label(), "liquor", "A0312")])
    assert await counted(ledger, Count(liquor_code(7), ME, NOW)) == [Standing(1, NOW)]


async def test_a_first_query_of_an_unknown_person_is_nobodys_own(ledger: SqlLedger) -> None:
    """Taken over from an older system, or his name forgotten: the next one must not hear that it was he."""
    code = liquor_code(1)
    old = insert(labels).values(code=code, query_count=1, first_at=NOW)
    await ledger.database.transact(lambda connection: connection.execute(old))
    assert await counted(ledger, Count(code, ME, LATER), Count(code, ME, LATER)) == [Standing(2, NOW), Standing(3, NOW)]
    assert await counted(ledger, Count(code, ME, LATER)) == [Standing(4, NOW)]


async def test_a_transaction_that_fails_has_counted_nothing(ledger: SqlLedger) -> None:
    def work(unit: Unit) -> None:
        unit.traces.count([Count(liquor_code(1), ME, NOW)])
        raise LookupError("the words are missing")

    with pytest.raises(LookupError):
        await ledger.run(work)
    assert await counted(ledger, Count(liquor_code(1), ME, NOW)) == [Standing(1, NOW)]


async def test_processes_that_count_at_once_are_numbered_one_by_one(
    ledger: SqlLedger, another: Callable[[], SqlLedger]
) -> None:
    codes = [liquor_code(number) for number in range(5)]
    ledgers = [ledger, another(), another()]
    calls = [
        counted(ledgers[number % 3], *(Count(code, f"{number}".encode(), NOW) for code in codes[:: 1 - number % 2 * 2]))
        for number in range(12)
    ]
    standings = await asyncio.gather(*calls)
    assert sorted(one.count for call in standings for one in call) == sorted(list(range(1, 13)) * 5)


# -- what was not delivered --------------------------------------------------------------------------


async def owe(ledger: SqlLedger, code: str, standing: Standing, *, querier: bytes = ME) -> None:
    owed = insert(undelivered).values(
        code=code, querier=querier, query_count=standing.count, first_at=standing.first_at, own=standing.own, at=NOW
    )
    await ledger.database.transact(lambda connection: connection.execute(owed))


async def test_who_never_got_his_answer_hears_it_again_uncounted(ledger: SqlLedger) -> None:
    code = liquor_code(1)
    first = await counted(ledger, Count(code, ME, NOW))
    await owe(ledger, code, first[0])
    assert await counted(ledger, Count(code, OTHER, LATER), Count(code, ME, LATER)) == [Standing(2, NOW), *first]
    assert await rows(ledger, select(undelivered)) == []
    assert await counted(ledger, Count(code, ME, LATER)) == [Standing(3, NOW, own=True)]


async def test_a_day_later_he_is_counted(ledger: SqlLedger) -> None:
    code = liquor_code(1)
    first = await counted(ledger, Count(code, ME, NOW))
    await owe(ledger, code, first[0])
    after = NOW + HEARD_AGAIN
    assert await counted(ledger, Count(code, ME, after)) == [Standing(2, NOW, own=True)]


async def test_what_one_is_owed_another_does_not_get(ledger: SqlLedger) -> None:
    code = liquor_code(1)
    await counted(ledger, Count(code, ME, NOW))
    await owe(ledger, code, Standing(1, NOW))
    assert await counted(ledger, Count(code, THIRD, LATER)) == [Standing(2, NOW)]
    assert len(await rows(ledger, select(undelivered))) == 1

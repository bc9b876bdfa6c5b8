"""What is known of laid rows without asking the database: which keys may repeat, and whether names may."""

from itertools import count

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.filing.staging import StagedRow, StagedRows, named
from gateway.store.aside import Laid

KEYS = st.lists(st.lists(st.text("ab/", min_size=1, max_size=3), max_size=6), max_size=6)


def a_row(number: int, key: str) -> StagedRow:
    return StagedRow(number, f"lpg/{key}", b"{}", None, "in_use", None, None, None, None, None, 0)


def laid(chunks: list[list[str]]) -> Laid:
    known, numbers = Laid(), count(1)
    for keys in chunks:
        known.add(StagedRows.of([a_row(next(numbers), key) for key in keys], [], []))
    return known


@given(KEYS)
def test_a_key_that_repeats_is_a_stray(chunks: list[list[str]]) -> None:
    known = laid(chunks)

    keys = [f"lpg/{key}" for chunk in chunks for key in chunk]
    assert known.rows == len(keys)
    assert known.strays is not None
    assert {key for key in keys if keys.count(key) > 1} <= set(known.strays)


@given(st.lists(st.lists(st.integers(0, 9999), max_size=900), max_size=3))
def test_keys_in_no_order_are_not_watched_for_ever(chunks: list[list[int]]) -> None:
    known = laid([[f"{number:05}" for number in chunk] for chunk in chunks])

    assert known.strays is None or len(known.strays) <= 512


ALIASES = st.lists(st.sampled_from(["cylinder/a", "cylinder/b", "cylinder/a/b", "epc/a", "/a", "a"]), max_size=2)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a/b"]), ALIASES), max_size=4))
def test_names_that_go_without_saying_are_those_that_were_given(things: list[tuple[str, list[str]]]) -> None:
    keys, aliases = [key for key, _ in things], [tuple(names) for _, names in things]
    by = named(keys, aliases)

    if by is not None:
        rows = StagedRows.of([a_row(number, key) for number, key in enumerate(keys)], [], [])
        _, _, written = msgspec.structs.replace(rows, named=by).all_names()
        assert [(name,) for name in written] == aliases


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["cylinder", "epc", None])), max_size=4))
def test_names_go_without_saying_only_where_all_do(chunks: list[tuple[bool, str | None]]) -> None:
    known = Laid()
    for number, (any_rows, by) in enumerate(chunks):
        rows = [a_row(number, str(number))] if any_rows else []
        known.add(msgspec.structs.replace(StagedRows.of(rows, [], []), named=by))

    kinds = {by for any_rows, by in chunks if any_rows}
    assert known.named == ("" if not kinds else kinds.pop() if len(kinds) == 1 else None)

"""What is known of laid rows without asking the database: which keys may repeat, and whether names may."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.filing.staging import Name, StagedRow, StagedRows
from gateway.store.aside import Laid

KEYS = st.lists(st.lists(st.text("ab/", min_size=1, max_size=3), max_size=6), max_size=6)


def laid(chunks: list[list[str]], names: list[list[Name]]) -> Laid:
    known, number = Laid(), 0
    for keys, named in zip(chunks, names, strict=True):
        rows = []
        for key in keys:
            number += 1
            rows.append(StagedRow(number, f"lpg/{key}", b"{}", None, "in_use", None, None, None, None, None, 0))
        known.add(StagedRows.of(rows, named, []))
    return known


@given(KEYS)
def test_a_key_that_repeats_is_a_stray(chunks: list[list[str]]) -> None:
    known = laid(chunks, [[] for _ in chunks])

    keys = [f"lpg/{key}" for chunk in chunks for key in chunk]
    assert known.rows == len(keys)
    assert known.strays is not None
    assert {key for key in keys if keys.count(key) > 1} <= set(known.strays)


@given(st.lists(st.lists(st.integers(0, 9999), max_size=900), max_size=3))
def test_keys_in_no_order_are_not_watched_for_ever(chunks: list[list[int]]) -> None:
    known = laid([[f"{number:05}" for number in chunk] for chunk in chunks], [[] for _ in chunks])

    assert known.strays is None or len(known.strays) <= 512


@given(KEYS, st.data())
def test_names_known_to_repeat_only_where_keys_do(chunks: list[list[str]], data: st.DataObject) -> None:
    kinds = st.sampled_from(["cylinder", "epc", "a/b"])
    usual = data.draw(kinds)
    names: list[list[Name]] = []
    for keys in chunks:
        kind = data.draw(st.one_of(st.just(usual), kinds))
        named: list[Name] = [(1, f"lpg/{key}", f"{kind}/{key}") for key in keys]
        names.append(data.draw(st.one_of(st.just(named), st.just(named[1:]), st.just(named * 2))))
    known = laid(chunks, names)

    distinct = {key for chunk in chunks for key in chunk}
    if known.kind_of_name is not None:
        assert sum(map(len, names)) == sum(map(len, chunks))
        assert len({alias for chunk in names for _, _, alias in chunk}) == len(distinct)

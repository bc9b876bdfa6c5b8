import pytest

from gateway.text.reassembly import Fragment, fragments


def test_all_parts_are_one_complete_text() -> None:
    (whole,) = fragments({2: "b", 1: "a", 3: "c"}, 3)
    assert whole == Fragment("abc", 1, 3, open_start=False, open_end=False)
    assert whole.complete


def test_a_gap_opens_the_edges_beside_it_and_only_those() -> None:
    assert fragments({1: "a", 2: "b", 4: "d", 7: "g"}, 7) == (
        Fragment("ab", 1, 2, open_start=False, open_end=True),
        Fragment("d", 4, 4, open_start=True, open_end=True),
        Fragment("g", 7, 7, open_start=True, open_end=False),
    )


def test_an_empty_part_is_a_part() -> None:
    assert fragments({1: "a", 2: "", 3: "c"}, 3)[0].complete


def test_one_edge_open_is_not_complete() -> None:
    assert not fragments({1: "a"}, 2)[0].complete
    assert not fragments({2: "b"}, 2)[0].complete


def test_nothing_here() -> None:
    assert fragments({}, 2) == ()


@pytest.mark.parametrize("number", [0, 3])
def test_a_part_the_text_does_not_have(number: int) -> None:
    with pytest.raises(ValueError, match=f"part {number} of a text of 2 parts"):
        fragments({1: "a", number: "x"}, 2)

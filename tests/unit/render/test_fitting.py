import pytest

from gateway.render.fitting import Piece, fit, pieces
from gateway.render.language import CLOSE, MIDDLE, OPEN

SIGNATURE = "【放心100】"


def text_of(*clauses: list[Piece]) -> str:
    return fit(SIGNATURE, clauses).text


def test_a_rendered_text_comes_apart_at_its_marks() -> None:
    rendered = f"甲{OPEN}2{MIDDLE}乙{CLOSE}{OPEN}12{MIDDLE}{CLOSE}丙"
    assert list(pieces(rendered)) == [Piece(0, "甲"), Piece(2, "乙"), Piece(12, ""), Piece(0, "丙")]
    assert list(pieces("")) == []


def test_what_just_fits_one_segment_stays_whole() -> None:
    fits = [Piece(0, "瓶" * 60), Piece(1, "产地")]  # 7 + 60 + 2 = 69
    assert text_of([*fits, Piece(2, "。")]) == SIGNATURE + "瓶" * 60 + "产地。"
    assert text_of([*fits, Piece(2, "。。")]) == SIGNATURE + "瓶" * 60 + "产地"


def test_the_lowest_level_stays_longest_and_a_later_one_that_fits_stays_too() -> None:
    parts = [Piece(0, "瓶" * 55), Piece(3, "丙丙"), Piece(1, "甲" * 4), Piece(2, "乙" * 9)]
    assert text_of(parts) == SIGNATURE + "瓶" * 55 + "丙丙" + "甲" * 4


def test_equal_levels_go_together_also_across_clauses() -> None:
    first = [Piece(0, "瓶" * 50), Piece(1, "甲")]
    second = [Piece(0, "罐"), Piece(1, "乙" * 20)]
    assert text_of(first, second) == SIGNATURE + "瓶" * 50 + "\n罐"


def test_what_must_be_said_is_said_in_two_segments_and_fills_them() -> None:
    parts = [Piece(0, "瓶" * 70), Piece(1, "甲" * 57), Piece(2, "乙")]  # 7 + 70 + 57 = 134 = 2 x 67
    fitted = fit(SIGNATURE, [parts])
    assert fitted.text == SIGNATURE + "瓶" * 70 + "甲" * 57
    assert fitted.size.segments == 2


def test_a_part_that_would_turn_a_gsm_text_into_ucs2_goes_when_that_costs_a_segment() -> None:
    latin = [Piece(0, "A" * 100)]
    assert fit("", [[*latin, Piece(1, "甲")]]).text == "A" * 100
    assert fit("", [[*latin, Piece(1, "B" * 60)]]).text == "A" * 100 + "B" * 60


def test_clauses_stand_a_line_each_and_an_empty_one_leaves_no_line() -> None:
    assert text_of([Piece(0, "甲。")], [], [Piece(0, " ")], [Piece(0, "乙。")]) == SIGNATURE + "甲。\n乙。"


@pytest.mark.parametrize(
    ("left", "tidy"),
    [("甲  乙", "甲 乙"), (" 甲 \n\n  乙 ", "甲\n乙"), ("甲\n", "甲"), ("A 1", "A 1"), ("\n \n", "")],
)
def test_what_a_dropped_part_leaves_behind_is_tidied(left: str, tidy: str) -> None:
    assert fit("", [[Piece(0, left)]]).text == tidy

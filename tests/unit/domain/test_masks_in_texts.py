"""Codes, plates and phones that people write into texts."""

import pytest

from gateway.domain import masks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CX 1688012345678904 真的假的", "CX 1688********8904 真的假的"),
        ("1688 0123 4567 8904", "1688********8904"),
        ("ｃｘ　１６８８　０１２３　４５６７　８９０４", "ｃｘ　１６８８********８９０４"),
        ("CQ 蒙L12327", "CQ 蒙L***27"),
        ("我是13900000001", "我是139****0001"),
        ("例CX1688012345678904；电梯DT012345", "例CX1688********8904；电梯DT012345"),
        ("2026-05-01 10:42 5kg", "2026-05-01 10:42 5kg"),
    ],
)
def test_what_is_written_into_a_text_is_covered(text: str, shown: str) -> None:
    assert masks.codes_in(text) == shown

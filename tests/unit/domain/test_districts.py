"""Districts have names; one that has none here is not passed off as another."""

import pytest

from gateway.domain.districts import district_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("150826", "杭锦后旗"),
        ("1503", "乌海市"),
        ("150899", "巴彦淖尔市 150899"),
        ("370102", "山东省 370102"),
        ("990000", "990000"),
        ("", ""),
    ],
)
def test_names(code: str, name: str) -> None:
    assert district_name(code) == name

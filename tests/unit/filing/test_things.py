"""What a thing is named by, as people and scanners write it."""

import pytest

from gateway.filing.things import Name, only_name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"plate": "蒙ｃ12345", "code": None}, Name("plate", "蒙C12345")),
        ({"plate": "蒙C 12345"}, Name("plate", "蒙C12345")),
        ({"cylinder_no": "wh12345678"}, Name("cylinder_no", "WH12345678")),
        ({"code": "6688 0123\u20034567 8904"}, Name("code", "6688012345678904")),
        ({"code": "\ufeff６688012345678904"}, Name("code", "6688012345678904")),
    ],
)
def test_a_name_is_read_as_it_is_meant(given: dict[str, str | None], name: Name) -> None:
    assert only_name(**given) == name


@pytest.mark.parametrize("given", [{"code": None, "plate": None}, {"code": "1", "plate": "蒙C12345"}, {"code": ""}])
def test_none_and_two_are_refused_with_what_there_is_to_choose_from(given: dict[str, str | None]) -> None:
    with pytest.raises(ValueError, match=r"^code: .*code（标签编码）"):
        only_name(**given)

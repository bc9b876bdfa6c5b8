import pytest

from gateway.text.segments import Encoding, Measure, measure, split, units

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Measure(GSM7, 0, 1)),
        ("a" * 160, Measure(GSM7, 160, 1)),
        ("a" * 161, Measure(GSM7, 161, 2)),
        ("a" * 306, Measure(GSM7, 306, 2)),
        ("a" * 307, Measure(GSM7, 307, 3)),
        ("€" * 80, Measure(GSM7, 160, 1)),
        ("a" * 159 + "€", Measure(GSM7, 161, 2)),
        # 306 septets are two parts' worth, but the pair at 153 must not be torn: three parts.
        ("a" * 152 + "€" + "a" * 152, Measure(GSM7, 306, 3)),
        ("a" * 152 + "€" + "a" * 151, Measure(GSM7, 305, 2)),
        ("码" * 70, Measure(UCS2, 70, 1)),
        ("码" * 71, Measure(UCS2, 71, 2)),
        ("码" * 134, Measure(UCS2, 134, 2)),
        ("码" * 135, Measure(UCS2, 135, 3)),
        ("a" * 70 + "码", Measure(UCS2, 71, 2)),
        ("😀" * 35, Measure(UCS2, 70, 1)),
        ("码" * 69 + "😀", Measure(UCS2, 71, 2)),
        ("码" * 66 + "😀" + "码" * 66, Measure(UCS2, 134, 3)),
        ("`", Measure(UCS2, 1, 1)),
    ],
)
def test_measure(text: str, expected: Measure) -> None:
    assert measure(text) == expected
    assert len(split(text)) == expected.segments


def test_a_part_ends_before_the_pair_it_cannot_hold() -> None:
    assert split("a" * 152 + "€" + "a" * 152) == ("a" * 152, "€" + "a" * 151, "a")
    assert split("码" * 66 + "😀" + "码" * 66) == ("码" * 66, "😀" + "码" * 65, "码")


def test_parts_of_wide_characters_are_filled_too() -> None:
    assert [len(part) for part in split("€" * 170)] == [76, 76, 18]
    assert [len(part) for part in split("😀" * 80)] == [33, 33, 14]
    assert [len(part) for part in split("a" * 100 + "€" * 100)] == [126, 74]


def test_wide_references_leave_less_room() -> None:
    assert [len(part) for part in split("a" * 305, wide=True)] == [152, 152, 1]
    assert [len(part) for part in split("码" * 133, wide=True)] == [66, 66, 1]
    assert split("码" * 70, wide=True) == ("码" * 70,)


def test_units_follow_the_encoding_asked_for() -> None:
    assert units("a€", GSM7) == 3
    assert units("a€", UCS2) == 2


def test_half_a_surrogate_pair_is_one_unit() -> None:
    assert measure("码\ud83d") == Measure(UCS2, 2, 1)

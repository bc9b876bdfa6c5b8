import pytest

from gateway.text import udh
from gateway.text.udh import Element, Place


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("050003A70201", Place(0xA7, 2, 1)),
        ("060804BEEF0302", Place(0xBEEF, 3, 2, wide=True)),
        ("0B0504158200000003A70202", Place(0xA7, 2, 2)),  # behind a port address
        ("0A" + "0003010201" + "0003020202", Place(2, 2, 2)),  # repeated: the last counts
        ("0A" + "0003010201" + "0003020003", Place(1, 2, 1)),  # ... if it is possible at all
        ("050003A70001", None),  # of no parts
        ("050003A70200", None),  # before the first
        ("050003A70203", None),  # behind the last
        ("040002A702", None),  # an octet short
        ("0404021F90", None),  # something else
        ("00", None),
    ],
)
def test_place(header: str, expected: Place | None) -> None:
    assert udh.place(udh.parse(bytes.fromhex(header))) == expected


def test_unknown_elements_are_kept() -> None:
    assert udh.parse(bytes.fromhex("0770020102240103")) == (Element(0x70, b"\x01\x02"), Element(0x24, b"\x03"))


@pytest.mark.parametrize("header", ["", "05", "0200", "0100", "020003", "0300", "060003A7020100"])
def test_elements_that_do_not_end_with_the_header_are_refused(header: str) -> None:
    with pytest.raises(ValueError, match="header"):
        udh.parse(bytes.fromhex(header))


def test_the_header_is_cut_off() -> None:
    assert udh.cut_off(bytes.fromhex("050003A7020148")) == (bytes.fromhex("050003A70201"), b"H")
    assert udh.cut_off(b"\x00H") == (b"\x00", b"H")


@pytest.mark.parametrize("user_data", ["", "01", "050003A702", "FF00"])
def test_a_header_past_the_end_is_refused(user_data: str) -> None:
    with pytest.raises(ValueError, match="header"):
        udh.cut_off(bytes.fromhex(user_data))


def test_building() -> None:
    assert udh.concatenation(0xA7, 2, 1).hex() == "050003a70201"
    assert udh.concatenation(0xA7, 2, 1, wide=True).hex() == "06080400a70201"


@pytest.mark.parametrize(
    ("reference", "total", "number", "wide"),
    [
        (256, 2, 1, False),
        (65536, 2, 1, True),
        (-1, 2, 1, False),
        (1, 2, 3, False),
        (1, 2, 0, False),
        (1, 256, 1, False),
    ],
)
def test_impossible_places_are_not_built(reference: int, total: int, number: int, wide: bool) -> None:
    with pytest.raises(ValueError, match=r"reference|part"):
        udh.concatenation(reference, total, number, wide=wide)


def test_a_header_longer_than_its_length_octet_can_say_is_not_built() -> None:
    with pytest.raises(ValueError, match="256"):
        udh.build([Element(0x70, bytes(254))])

import pytest

from gateway.text import gsm7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CQ 1234", True),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r", True),
        ("^{}\\[~]|€\f", True),
        ("", True),
        ("`", False),
        ("\t", False),
        ("\x1b", False),
        ("ç", False),
        ("ÿ", False),
        ("您好", False),
        ("CQ\u3000123", False),
        ("😀", False),
    ],
)
def test_alphabet(text: str, expected: bool) -> None:
    assert gsm7.is_gsm7(text) is expected


def test_extension_characters_count_two() -> None:
    assert gsm7.septets("a€[b]") == 8
    assert len(gsm7.encode("a€[b]")) == 8


def test_section_sign_is_not_a_backquote() -> None:
    assert gsm7.encode("§") == b"\x5f"
    assert gsm7.decode(b"\x5f") == "§"


def test_what_cannot_be_written_is_named() -> None:
    with pytest.raises(ValueError, match="'好'"):
        gsm7.encode("CQ 好")


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"\x1b\x65", "€"),
        (b"a\x1b\x41b", "aAb"),  # not in the extension table: the default alphabet's character
        (b"a\x1b\x1bb", "a b"),  # an escape to a further table that nobody has defined
        (b"a\x1b", "a "),  # its pair is missing
        (b"\x1b\x0a", "\f"),
        (b"\xe1", "a"),  # only seven bits count
        (b"", ""),
    ],
)
def test_decoding_takes_any_septets(septets: bytes, text: str) -> None:
    assert gsm7.decode(septets) == text


def test_packing_as_in_the_standards_examples() -> None:
    assert gsm7.pack(gsm7.encode("hellohello")) == bytes.fromhex("E8329BFD4697D9EC37")
    assert gsm7.unpack(bytes.fromhex("E8329BFD4697D9EC37"), 10) == b"hellohello"


def test_one_fill_bit_behind_a_header_of_six_octets() -> None:
    assert gsm7.fill_bits(6) == 1
    assert gsm7.fill_bits(7) == 0
    assert gsm7.pack(b"A", 1) == b"\x82"


def test_unpacking_more_than_there_is_gives_what_there_is() -> None:
    assert gsm7.unpack(b"\xe8\x32", 160) == b"he"
    assert gsm7.unpack(b"", 3, 1) == b""
    assert gsm7.unpack(b"\xe8", -1) == b""


def test_seven_characters_fill_seven_octets_and_leave_no_eighth() -> None:
    packed = gsm7.pack(b"abcdefg")
    assert len(packed) == 7
    assert gsm7.unpack(packed, 7) == b"abcdefg"

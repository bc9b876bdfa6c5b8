"""What goes to the modem, octet by octet; and where `gsmmodem.pdu` would write something else."""

import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu

from gateway.channels.modem.pdu import Encoded, encode
from gateway.domain.address import Address
from gateway.domain.message import Concat
from gateway.text.segments import Encoding

MOBILE = Address("8613900001111")
TO_MOBILE = "0D91683109001011F1"
GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2


def body(
    text: str, encoding: Encoding, concat: Concat | None = None, *, report: bool = True, to: Address = MOBILE
) -> str:
    encoded = encode(to, text, encoding, concat, status_report=report)
    assert encoded.tpdu_length == len(encoded.pdu_hex) // 2 - 1  # the SMSC's empty field
    return encoded.pdu_hex


def test_a_chinese_answer() -> None:
    assert body("正品", UCS2) == f"002100{TO_MOBILE}000804" + "6B63" + "54C1"


def test_the_text_of_the_standards_usual_example() -> None:
    pdu = body("It is easy to send text messages.", GSM7)
    assert pdu.endswith("000021493A283D0795C3F33C88FE06CDCB6E32885EC6D341EDF27C1E3E97E72E")


def test_no_report_asked_and_a_reference_of_ours() -> None:
    assert encode(MOBILE, "正品", UCS2, None, status_report=False, mr=0xA7) == Encoded(
        f"0001A7{TO_MOBILE}0008046B6354C1", 18
    )


def test_an_8_bit_reference_and_one_fill_bit() -> None:
    assert body("Hi", GSM7, Concat(0xA7, 2, 1)) == f"006100{TO_MOBILE}000009050003A702019069"


def test_a_16_bit_reference_and_no_fill_bits() -> None:
    assert body("Hi", GSM7, Concat(0x00A7, 2, 1, wide=True)) == f"006100{TO_MOBILE}00000A06080400A70201C834"


def test_a_part_in_ucs2() -> None:
    assert body("正品", UCS2, Concat(1, 2, 2), report=False) == f"004100{TO_MOBILE}00080A0500030102026B6354C1"


def test_full_parts_fill_the_segment() -> None:
    for text, encoding, concat in (
        ("a" * 160, GSM7, None),
        ("a" * 151 + "€", GSM7, Concat(1, 2, 1)),
        ("a" * 152, GSM7, Concat(1, 2, 1, wide=True)),
        ("码" * 70, UCS2, None),
        ("码" * 65 + "😀", UCS2, Concat(1, 2, 1)),
    ):
        assert len(bytes.fromhex(body(text, encoding, concat))) == 15 + 140


@pytest.mark.parametrize(
    ("text", "encoding", "concat"),
    [
        ("a" * 161, GSM7, None),
        ("a" * 154, GSM7, Concat(1, 2, 1)),
        ("a" * 153, GSM7, Concat(1, 2, 1, wide=True)),
        ("码" * 71, UCS2, None),
        ("码" * 68, UCS2, Concat(1, 2, 1)),
        ("码" * 67, UCS2, Concat(1, 2, 1, wide=True)),
        ("😀" * 36, UCS2, None),
    ],
)
def test_a_text_for_more_than_one_segment_is_refused(text: str, encoding: Encoding, concat: Concat | None) -> None:
    with pytest.raises(ValueError, match="140 fit"):
        encode(MOBILE, text, encoding, concat, status_report=True)


@pytest.mark.parametrize(
    "number",
    ["", "+8613900001111", "12a", "86139\r0000", "1391\x1a", "１３９", "1 2", "1" * 21],
)
def test_a_recipient_that_is_not_digits_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        encode(Address(number), "Hi", GSM7, None, status_report=True)


def test_what_does_not_fit_its_field_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bits"):
        encode(MOBILE, "Hi", GSM7, Concat(256, 2, 1), status_report=True)
    with pytest.raises(ValueError, match="octet"):
        encode(MOBILE, "Hi", GSM7, None, status_report=True, mr=256)
    with pytest.raises(ValueError, match="'好'"):
        encode(MOBILE, "好", GSM7, None, status_report=True)


def by_library(text: str, number: str = "+8613900001111") -> str:
    return str(encodeSmsSubmitPdu(number, text)[0])


@pytest.mark.parametrize(
    ("text", "encoding", "user_data"),
    [
        ("§", GSM7, "0000015F"),  # the library: UCS-2
        ("`", UCS2, "0008020060"),  # the library: septet 0x5F, which is §
        ("\f", GSM7, "0000021B05"),  # the library: UCS-2
        ("\x1b", UCS2, "000802001B"),  # the library: an escape that swallows what follows
        ("12345", UCS2, "00080A00310032003300340035"),  # a part of a Chinese text; the library: GSM 7 bit
    ],
)
def test_alphabets_that_the_library_gets_wrong(text: str, encoding: Encoding, user_data: str) -> None:
    assert body(text, encoding) == f"002100{TO_MOBILE}{user_data}"
    assert by_library(text) != body(text, encoding)


@pytest.mark.parametrize(
    ("text", "user_data"),
    [("码😀", "0008067801D83DDE00"), ("\U0002a6a5", "000804D869DEA5"), ("ÿ", "00080200FF")],
)
def test_texts_on_which_the_library_fails(text: str, user_data: str) -> None:
    assert body(text, UCS2) == f"002100{TO_MOBILE}{user_data}"
    with pytest.raises((ValueError, TypeError)):
        by_library(text)


def test_a_service_number_is_of_unknown_type() -> None:
    assert body("Hi", GSM7, to=Address("10086")) == "00210005810180F6000002C834"
    assert by_library("Hi", "10086") == "00210005A10180F6000002C834"  # national

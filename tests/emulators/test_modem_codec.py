"""The emulator's codec, against published vectors and against a codec written by others."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from gsmmodem import pdu as other  # python-gsmmodem-new: not ours, so it does not share our mistakes

from gateway.emulators.modem import codec
from gateway.emulators.modem.alphabet import BASIC, EXTENSION, pack, septets_of, text_of, unpack
from gateway.emulators.modem.codec import BadPdu, Place

BEIJING = timezone(timedelta(hours=8))
NOON = datetime(2026, 3, 5, 12, 34, 56, tzinfo=BEIJING)
PARTLY_CHINESE = "CX1688 0123 正品吗？"


def test_deliver_is_the_published_vector() -> None:
    at = datetime(2002, 8, 26, 19, 37, 41, tzinfo=UTC)
    written = codec.smsc_address("+31624000000") + codec.deliver("+31641600986", "How are you?", at)
    # The publication's zone octet is 08, minus nought; we write plus nought.
    assert written.hex().upper() == "07911326040000F0040B911346610089F60000208062917314000CC8F71D14969741F977FD07"


def test_status_report_is_the_published_vector() -> None:
    zone = timezone(timedelta(hours=1))
    written = codec.status_report(
        0xD6,
        "+31628870634",
        datetime(2011, 1, 11, 17, 59, 15, tzinfo=zone),
        datetime(2011, 1, 11, 17, 59, 17, tzinfo=zone),
    )
    assert written.hex().upper() == "06D60B911326880736F4111011719551401110117195714000"


def test_submit_is_read_from_the_published_vector() -> None:
    read = codec.submit(bytes.fromhex("0011000B916407281553F80000AA0AE8329BFD4697D9EC37"), 23)
    assert (read.destination, read.text, read.report, read.place) == ("+46708251358", "hellohello", False, None)


@pytest.mark.parametrize("text", ["CX1688012345678904", PARTLY_CHINESE, "€[x]^{}~|\\", "", "囗" * 70, "à" * 160])
def test_another_decoder_reads_our_deliver(text: str) -> None:
    read = other.decodeSmsPdu((b"\0" + codec.deliver("+8613900000001", text, NOON)).hex())
    assert (read["number"], read["text"], read["time"]) == ("+8613900000001", text, NOON)


@pytest.mark.parametrize("piece", ["查询" * 30, "CX1688012345678904" * 8])
def test_another_decoder_reads_our_parts(piece: str) -> None:
    written = codec.deliver("+8613900000001", piece, NOON, place=Place(7, 3, 2))
    read = other.decodeSmsPdu((b"\0" + written).hex())
    assert read["text"] == piece
    assert (read["udh"][0].reference, read["udh"][0].parts, read["udh"][0].number) == (7, 3, 2)


@pytest.mark.parametrize("text", ["正品，首次查询", "plain [7 bit] €", "长" * 200, "long " * 60])
def test_another_encoders_submits_are_read(text: str) -> None:
    written = other.encodeSmsSubmitPdu("+8613900000001", text, reference=0, requestStatusReport=True)
    read = [codec.submit(bytes(pdu.data), pdu.tpduLength) for pdu in written]
    assert "".join(part.text for part in read) == text
    assert all(part.report and part.destination == "+8613900000001" for part in read)
    if len(read) > 1:
        assert [part.place and part.place.number for part in read] == list(range(1, len(read) + 1))


def test_a_wide_reference_in_seven_bits_has_no_fill_bits() -> None:
    # Seven octets of header are exactly eight septets; 152 septets are left (23.040 §9.2.3.24.8).
    written = codec.deliver("+8613900000001", "x" * 152, NOON, place=Place(0x1234, 2, 1, wide=True))
    user_data = written[-140:]
    assert written[-141] == 160
    assert user_data[:7].hex() == "06080412340201"
    assert unpack(user_data[7:], 152) == b"x" * 152


@pytest.mark.parametrize(
    ("zone", "octet"),
    [(timedelta(hours=8), 0x23), (timedelta(hours=-5), 0x0A), (timedelta(hours=5, minutes=45), 0x32), (timedelta(), 0)],
)
def test_a_zone_is_written_in_quarters_of_an_hour(zone: timedelta, octet: int) -> None:
    # -5 h is 20 quarters: semi-octets swapped 02, the sign in bit 3.
    assert codec.timestamp(datetime(2026, 1, 1, tzinfo=timezone(zone)))[6] == octet


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        codec.timestamp(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("number", "octets"),
    [("+8613900000001", "0d91683109000000f1"), ("10086", "05810180f6"), ("CMCC", "07d0c3e67008")],
)
def test_an_address_has_its_type(number: str, octets: str) -> None:
    assert codec.address(number).hex() == octets


@pytest.mark.parametrize("number", ["", "中国移动", "ABCDEFGHIJKL"])
def test_a_sender_that_no_address_can_hold_is_refused(number: str) -> None:
    with pytest.raises(BadPdu, match="sender"):
        codec.address(number)


def test_a_flash_message_is_of_class_nought() -> None:
    assert codec.deliver("+8613900000001", "正", NOON, flash=True)[11] == 0x18


@pytest.mark.parametrize(
    ("pdu", "length", "reason"),
    [
        ("00", 0, "ends early"),
        ("", 0, "ends early"),
        ("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 22, "announced 22 octets, 23 came"),
        ("0004000B916407281553F80000AA0AE8329BFD4697D9EC37", 23, "not a SUBMIT"),
        ("0011000B916407281553F80000AA0BE8329BFD4697D9EC37", 23, "TP-UDL"),
        ("0011000B91640728A553F80000AA0AE8329BFD4697D9EC37", 23, "decimal digits"),
        ("0011000B916407281553F80008AA0367E58B", 17, "half a UCS-2 character"),
        ("0051000B916407281553F80008AA03FF0102", 17, "header is longer"),
        ("001100" + "FF91" + "11" * 130, 134, "255 digits"),
    ],
)
def test_a_pdu_that_no_network_takes_is_refused(pdu: str, length: int, reason: str) -> None:
    with pytest.raises(BadPdu, match=reason):
        codec.submit(bytes.fromhex(pdu), length)


def test_every_character_of_the_alphabet_comes_back() -> None:
    every = BASIC.replace("\x1b", "") + "".join(EXTENSION.values())
    septets = septets_of(every)
    assert septets is not None
    assert text_of(unpack(pack(septets), len(septets))) == every
    assert septets_of("查") is None


def test_an_unknown_extension_shows_the_basic_character() -> None:
    assert text_of(b"\x1b\x41b") == "Ab"


def test_more_than_a_part_holds_is_refused() -> None:
    with pytest.raises(BadPdu, match="142 octets"):
        codec.deliver("+8613900000001", "查" * 71, datetime.now(UTC))

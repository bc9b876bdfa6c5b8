"""Vectors from the standards and from published captures; the rest is put together octet by octet."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.channels.modem.pdu import Alphabet, Deliver, StatusReport, decode
from gateway.domain.errors import ProtocolError
from gateway.domain.message import Concat, Delivery

SENDER = "0D91683109001011F1"  # +8613900001111
SCTS = "62112231215423"  # 2026-11-22 13:12:45 +08:00


def deliver(user_data: str, length: int, *, dcs: int = 0, first: int = 0x04, sender: str = SENDER) -> str:
    return f"00{first:02X}{sender}00{dcs:02X}{SCTS}{length:02X}{user_data}"


def message(pdu: str) -> Deliver:
    decoded = decode(pdu)
    assert isinstance(decoded, Deliver)
    return decoded


def ucs2(text: str) -> str:
    return text.encode("utf-16-be").hex()


def test_a_capture_with_every_field() -> None:
    assert decode("07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07") == Deliver(
        smsc="+31624000000",
        sender="+31641600986",
        text="How are you?",
        alphabet=Alphabet.GSM7,
        flash=False,
        concat=None,
        scts=datetime(2002, 8, 26, 19, 37, 41, tzinfo=UTC),
        udh=b"",
        protocol_id=0,
    )


def test_a_capture_of_the_last_century() -> None:
    decoded = message("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37")
    assert (decoded.smsc, decoded.sender, decoded.text) == ("+27381000015", "27838890001", "hellohello")
    assert decoded.scts == datetime(1999, 3, 29, 15, 16, 59, tzinfo=timezone(timedelta(hours=2)))


def test_a_capture_from_a_name() -> None:
    decoded = message("0791448720003023240DD0E474D81C0EBB010000111011315214000BE474D81C0EBB5DE3771B")
    assert (decoded.sender, decoded.text) == ("diafaan", "diafaan.com")


def test_chinese() -> None:
    decoded = message(deliver(ucs2("查询1234"), 12, dcs=8))
    assert (decoded.text, decoded.alphabet, decoded.sender) == ("查询1234", Alphabet.UCS2, "+8613900001111")
    assert decoded.scts == datetime(2026, 11, 22, 13, 12, 45, tzinfo=timezone(timedelta(hours=8)))
    assert decoded.smsc == ""


def test_extension_characters() -> None:
    # 1B 65 1B 3C 41 1B 3E, packed by hand: "€[A]"
    septets = [0x1B, 0x65, 0x1B, 0x3C, 0x41, 0x1B, 0x3E]
    packed = sum(septet << 7 * place for place, septet in enumerate(septets)).to_bytes(7, "little")
    assert message(deliver(packed.hex(), 7)).text == "€[A]"


def test_a_part_with_an_8_bit_reference() -> None:
    # Header of six octets, one fill bit, then "Hi" = 0x48 | 0x69 << 7 = 0x34C8, shifted by one.
    decoded = message(deliver("050003A702019069", 9, first=0x44))
    assert decoded.text == "Hi"
    assert decoded.concat == Concat(0xA7, 2, 1)
    assert decoded.udh == bytes.fromhex("050003A70201")


def test_a_part_with_a_16_bit_reference_keeps_its_first_character() -> None:
    # Seven octets end on a septet boundary: no fill bits, and nothing to skip.
    decoded = message(deliver("060804BEEF0302C834", 10, first=0x44))
    assert decoded.text == "Hi"
    assert decoded.concat == Concat(0xBEEF, 3, 2, wide=True)


def test_a_part_in_ucs2() -> None:
    decoded = message(deliver("050003010202" + ucs2("正品"), 10, dcs=8, first=0x44))
    assert (decoded.text, decoded.concat) == ("正品", Concat(1, 2, 2))


@pytest.mark.parametrize("header", ["040002A702", "050003A70001", "050003A70203", "050004A70201"])
def test_a_header_that_says_no_place_leaves_the_text(header: str) -> None:
    decoded = message(deliver(header + ucs2("正品"), len(header) // 2 + 4, dcs=8, first=0x44))
    assert (decoded.text, decoded.concat, decoded.udh) == ("正品", None, bytes.fromhex(header))


@pytest.mark.parametrize(
    ("dcs", "alphabet", "flash"),
    [
        (0x00, Alphabet.GSM7, False),
        (0x03, Alphabet.GSM7, False),  # class bits without meaning
        (0x10, Alphabet.GSM7, True),
        (0x11, Alphabet.GSM7, False),
        (0x04, Alphabet.OCTETS, False),
        (0x14, Alphabet.OCTETS, True),
        (0x08, Alphabet.UCS2, False),
        (0x18, Alphabet.UCS2, True),
        (0x19, Alphabet.UCS2, False),
        (0x0C, Alphabet.GSM7, False),  # reserved
        (0x48, Alphabet.UCS2, False),  # marked for automatic deletion
        (0x80, Alphabet.GSM7, False),  # reserved group
        (0xC8, Alphabet.GSM7, False),  # message waiting, discard
        (0xD8, Alphabet.GSM7, False),  # message waiting, store
        (0xE0, Alphabet.UCS2, False),  # message waiting, store, UCS-2
        (0xF0, Alphabet.GSM7, True),
        (0xF1, Alphabet.GSM7, False),
        (0xF4, Alphabet.OCTETS, True),
        (0xF5, Alphabet.OCTETS, False),
    ],
)
def test_data_coding_schemes(dcs: int, alphabet: Alphabet, flash: bool) -> None:
    user_data, length = {
        Alphabet.GSM7: ("E8329BFD4697D9EC37", 10),
        Alphabet.OCTETS: (b"hellohello".hex(), 10),
        Alphabet.UCS2: (ucs2("hellohello"), 20),
    }[alphabet]
    decoded = message(deliver(user_data, length, dcs=dcs))
    assert (decoded.text, decoded.alphabet, decoded.flash) == ("hellohello", alphabet, flash)


@pytest.mark.parametrize("dcs", [0x20, 0x28, 0x31, 0x60])
def test_compressed_text_is_refused(dcs: int) -> None:
    with pytest.raises(ProtocolError, match="compressed"):
        decode(deliver("E8329BFD4697D9EC37", 9, dcs=dcs))


@pytest.mark.parametrize(
    ("data", "text"),
    [("CQ 12", "CQ 12"), ("查询".encode().hex(), "查询"), ("43E951FF", "CéQÿ")],
)
def test_octets_are_utf8_or_else_latin_1(data: str, text: str) -> None:
    raw = data if data[0].isdigit() or data[0] == "e" else data.encode().hex()
    assert message(deliver(raw, len(raw) // 2, dcs=4)).text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("5531D83D0031", "唱\ufffd1"),  # the first half of a pair alone
        ("5531DE000031", "唱\ufffd1"),  # the second
        ("5531D83D", "唱\ufffd"),  # a pair torn by the end of a part
        ("5531003100", "唱1\ufffd"),  # half a unit
    ],
)
def test_broken_ucs2_spoils_only_itself(data: str, text: str) -> None:
    assert message(deliver(data, len(data) // 2, dcs=8)).text == text


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("05810180F6", "10086"),
        ("0D91683109001011F1", "+8613900001111"),
        ("0BA13109001011F1", "13900001111"),
        ("048121BA", "12*#"),
        ("0081", ""),
        ("0091", ""),
        ("0381F0F2", "02"),  # a filler in the middle is no digit
    ],
)
def test_sender_forms(address: str, sender: str) -> None:
    assert message(deliver("", 0, sender=address)).sender == sender


@pytest.mark.parametrize(
    "scts",
    ["00000000000000", "62312231215423", "6211223121A423", "FFFFFFFFFFFFFF", "621122312154F3"],
    ids=["zeros", "month 13", "no digit", "blank", "no zone"],
)
def test_an_unreadable_time_is_none(scts: str) -> None:
    assert message(f"0004{SENDER}0000{scts}0AE8329BFD4697D9EC37").scts is None


def test_a_zone_west_of_greenwich_counts_quarter_hours() -> None:
    decoded = message(f"0004{SENDER}0000621122312154490AE8329BFD4697D9EC37")  # 0x49: minus 14 quarters
    assert decoded.scts is not None
    assert decoded.scts.utcoffset() == -timedelta(hours=3, minutes=30)


def test_what_follows_the_text_is_left_alone() -> None:
    assert message(deliver("E8329BFD4697D9EC37", 10) + "FF" * 100).text == "hellohello"


def test_lower_case_is_hexadecimal_too() -> None:
    assert message(deliver("E8329BFD4697D9EC37", 10).lower()).text == "hellohello"


@pytest.mark.parametrize(
    ("pdu", "reason"),
    [
        ("", "SMSC length"),
        ("0", "not hexadecimal"),
        ("00GG", "not hexadecimal"),
        ("查询", "not hexadecimal"),
        ("0A9168", "SMSC needs 10 octets"),
        ("00", "first octet"),
        ("0004", "TP-OA length"),
        ("0004FF91", "255 semi-octets"),
        ("00040D916831", "TP-OA needs 7 octets"),
        (f"0004{SENDER}", "TP-PID"),
        (f"0004{SENDER}0000621122", "TP-SCTS"),
        (deliver("E8329BFD4697D9EC", 10), "TP-UD needs 9 octets"),
        (deliver("", 161), "TP-UDL 161"),
        (deliver("", 141, dcs=8), "TP-UDL 141"),
        (deliver("FF00", 2, dcs=8, first=0x44), "header of 256 octets"),
        (deliver("", 0, dcs=8, first=0x44), "no user data"),
        ("0001000D91683109001011F10000", "message type 1"),
        ("0003", "message type 3"),
    ],
)
def test_the_refusal_names_the_place(pdu: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decode(pdu)


REPORT = f"07911326040000F0062A{SENDER}6211223121542362112231316423"


def test_a_status_report() -> None:
    zone = timezone(timedelta(hours=8))
    assert decode(REPORT + "00") == StatusReport(
        reference=0x2A,
        recipient="+8613900001111",
        scts=datetime(2026, 11, 22, 13, 12, 45, tzinfo=zone),
        discharge=datetime(2026, 11, 22, 13, 13, 46, tzinfo=zone),
        status=0,
        delivery=Delivery.DELIVERED,
    )


@pytest.mark.parametrize("tail", ["00", "0000", "0007000800", "00FF", "0001", "00" + "FF" * 20])
def test_what_follows_the_status_is_optional_and_ignored(tail: str) -> None:
    report = decode(REPORT + tail)
    assert isinstance(report, StatusReport)
    assert report.delivery is Delivery.DELIVERED


def test_a_report_without_its_status_is_refused() -> None:
    with pytest.raises(ProtocolError, match="TP-ST"):
        decode(REPORT)


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (0x00, Delivery.DELIVERED),
        (0x01, Delivery.DELIVERED),
        (0x02, Delivery.DELIVERED),
        (0x03, Delivery.FAILED),  # reserved: service rejected
        (0x10, Delivery.DELIVERED),  # completed, the SC's own
        (0x20, Delivery.PENDING),
        (0x25, Delivery.PENDING),
        (0x26, Delivery.FAILED),  # reserved
        (0x30, Delivery.PENDING),
        (0x3F, Delivery.PENDING),
        (0x40, Delivery.FAILED),
        (0x46, Delivery.FAILED),  # validity period expired
        (0x60, Delivery.FAILED),
        (0x7F, Delivery.FAILED),
        (0x80, Delivery.FAILED),
        (0xFF, Delivery.FAILED),
    ],
)
def test_what_a_status_means(status: int, delivery: Delivery) -> None:
    report = decode(f"{REPORT}{status:02X}")
    assert isinstance(report, StatusReport)
    assert (report.status, report.delivery) == (status, delivery)

from datetime import UTC, datetime

import pytest

from gateway.channels.modem.arrivals import Entry, Mailer, listed, read
from gateway.domain.address import Address
from gateway.domain.errors import ProtocolError
from gateway.domain.message import Delivery, Part, Receipt
from gateway.text import gsm7

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
MAILER = Mailer("sim-1", Address("8613800000100"))
# Both circulate in the handbooks of many makers: "hellohello", and "How are you?" with its SMSC.
HELLO = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
HOW = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
# A STATUS-REPORT of reference 42 to +8613900000001: delivered.
REPORT = "00062A0D91683109000010F062305080000023623050800000" + "2300"


def test_a_bad_pdu_keeps_its_own_index_and_moves_no_other() -> None:
    lines = ["+CMGL: 1,1,,30", HELLO, "+CMGL: 4,0,,2", "nonsense", '+CMGL: 9,1,"",28', HOW]
    assert list(listed(lines)) == [Entry(1, HELLO), Entry(4, "nonsense"), Entry(9, HOW)]


def test_a_header_that_lost_its_pdu_gives_nothing_to_delete() -> None:
    assert list(listed(["+CMGL: 1,1,,30", "+CMGL: 2,1,,28", HOW])) == [Entry(2, HOW)]


def test_a_line_of_noise_does_not_take_the_place_of_the_pdu() -> None:
    assert list(listed(["junk", "+CMGL: 1,1,,30", "(", HELLO])) == [Entry(1, HELLO)]
    assert list(read(3, ["(", "+CMGR: 0,,30", ")", HELLO])) == [Entry(3, HELLO)]


def test_what_somebody_here_wrote_is_no_arrival() -> None:
    assert list(listed(["+CMGL: 1,2,,30", HELLO, "+CMGL: 2,3,,30", HELLO])) == []
    assert list(read(1, ["+CMGR: 2,,30", HELLO])) == []


def test_an_empty_place_gives_nothing() -> None:
    assert list(read(1, [])) == []


def test_the_same_message_has_the_same_key_and_another_another() -> None:
    part = MAILER.inbound(HELLO, NOW)
    again = MAILER.inbound(HELLO, NOW.replace(hour=9))
    other = MAILER.inbound(HOW, NOW)
    elsewhere = Mailer("sim-2", MAILER.number).inbound(HELLO, NOW)
    assert isinstance(part, Part)
    assert isinstance(again, Part)
    assert isinstance(other, Part)
    assert isinstance(elsewhere, Part)
    assert part.key == again.key
    assert len({part.key, other.key, elsewhere.key}) == 3


def test_another_second_is_another_question() -> None:
    # The same words a second later by the centre's clock (TP-SCTS, semi-octets swapped).
    later = HELLO.replace("99309251619580", "99309251610680")
    first, second = MAILER.inbound(HELLO, NOW), MAILER.inbound(later, NOW)
    assert isinstance(first, Part)
    assert isinstance(second, Part)
    assert first.text == second.text
    assert first.key != second.key


def test_a_status_report_becomes_a_receipt() -> None:
    receipt = MAILER.inbound(REPORT, NOW)
    assert isinstance(receipt, Receipt)
    assert (receipt.account, receipt.peer_ref, receipt.delivery) == ("sim-1", "42", Delivery.DELIVERED)


@pytest.mark.parametrize("pdu", ["", "zz", "00", "079172"])
def test_what_cannot_be_read_is_said_and_can_be_kept(pdu: str) -> None:
    with pytest.raises(ProtocolError) as reason:
        MAILER.inbound(pdu, NOW)
    kept = MAILER.undecodable(pdu, str(reason.value), NOW)
    assert (kept.raw, kept.account, kept.key) == (pdu, "sim-1", MAILER.undecodable(pdu, "x", NOW).key)


def test_a_name_that_spells_a_number_is_nobody_to_answer() -> None:
    name = gsm7.pack(gsm7.encode("13800138000")).hex()
    part = MAILER.inbound(f"000414D0{name}00002301509102402302E834", NOW)
    assert isinstance(part, Part)
    assert part.text == "hi"
    assert not part.sender.is_mobile

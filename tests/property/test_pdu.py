import random
from datetime import UTC, datetime, timedelta

import pytest
from gsmmodem.pdu import decodeSmsPdu
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.modem import pdu
from gateway.channels.modem.pdu import Deliver, StatusReport, decode, encode
from gateway.domain.address import Address
from gateway.domain.errors import ProtocolError
from gateway.domain.message import Concat
from gateway.text import gsm7
from gateway.text.segments import Encoding, measure, split

MOBILE = Address("8613900001111")
SCTS = "62112231215423"
VALID = [
    "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07",
    "0791448720003023240DD0E474D81C0EBB010000111011315214000BE474D81C0EBB5DE3771B",
    "00440D91683109001011F1000062112231215423" + "09050003A702019069",
    "00440D91683109001011F1000862112231215423" + "0A0500030102026B6354C1",
    "07911326040000F0062A0D91683109001011F1621122312154236211223131642300",
]
TEXTS = st.text(st.sampled_from("CQ 0123456789€[]§`\f\x1b查询正品😀\U0002a6a5ÿ"), max_size=250) | st.text(max_size=120)


def reads_or_refuses(pdu_hex: str) -> None:
    try:
        decoded = decode(pdu_hex)
    except ProtocolError:
        return
    assert isinstance(decoded, Deliver | StatusReport)
    if isinstance(decoded, Deliver):
        decoded.text.encode()  # storable: no half surrogates
        decoded.sender.encode()


def delivered(submit_hex: str) -> Deliver:
    """What the recipient's modem shows of a SUBMIT, put together without the codec."""
    submit = bytes.fromhex(submit_hex)
    digits = submit[3]
    after = 5 + (digits + 1) // 2
    headed = submit[1] & 0x40
    tpdu = bytes([0x04 | headed]) + submit[3 : after + 2] + bytes.fromhex(SCTS) + submit[after + 2 :]
    decoded = decode("00" + tpdu.hex())
    assert isinstance(decoded, Deliver)
    return decoded


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    reads_or_refuses(data.hex())


@given(st.text(max_size=60))
def test_any_line_is_read_or_refused(line: str) -> None:
    reads_or_refuses(line)


@given(st.sampled_from(VALID), st.randoms(use_true_random=False), st.integers(1, 6))
def test_damaged_pdus_are_read_or_refused(valid: str, chance: random.Random, wounds: int) -> None:
    data = bytearray.fromhex(valid)
    for _ in range(wounds):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randrange(1, 9)]
            case 2:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case _:
                del data[at:]
    reads_or_refuses(data.hex())


@pytest.mark.parametrize("valid", VALID)
def test_cut_anywhere_it_is_refused_never_shortened(valid: str) -> None:
    for end in range(len(valid)):
        with pytest.raises(ProtocolError):
            decode(valid[:end])


@given(TEXTS, st.booleans(), st.integers(0, 255))
def test_what_we_write_arrives(text: str, wide: bool, reference: int) -> None:
    encoding = measure(text).encoding
    parts = split(text, wide=wide)
    seen = []
    for number, part in enumerate(parts, 1):
        concat = Concat(reference, len(parts), number, wide) if len(parts) > 1 else None
        encoded = encode(MOBILE, part, encoding, concat, status_report=True)
        message = delivered(encoded.pdu_hex)
        assert (message.sender, message.concat) == ("+8613900001111", concat)
        assert encoded.tpdu_length == len(encoded.pdu_hex) // 2 - 1
        seen.append(message.text)
    assert "".join(seen) == text


@given(TEXTS.filter(lambda text: not set(text) & set("`§ÿ\f\x1b") and max(text, default="") <= "\uffff"))
def test_the_library_reads_our_parts(text: str) -> None:
    encoding = measure(text).encoding
    parts = split(text)
    for number, part in enumerate(parts, 1):
        concat = Concat(7, len(parts), number) if len(parts) > 1 else None
        read = decodeSmsPdu(encode(MOBILE, part, encoding, concat, status_report=False).pdu_hex)
        assert (read["number"], read["text"]) == ("+8613900001111", part)


@given(TEXTS.filter(lambda text: measure(text).segments == 1), st.booleans())
def test_both_writers_agree(text: str, status_report: bool) -> None:
    encoding = Encoding.GSM7 if gsm7.is_gsm7(text) else Encoding.UCS2
    usual = encode(MOBILE, text, encoding, None, status_report=status_report)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdu, "_library_writes_it", lambda *_: False)
        assert encode(MOBILE, text, encoding, None, status_report=status_report) == usual


@given(
    st.datetimes(datetime(1992, 1, 1), datetime(2091, 12, 31)),  # noqa: DTZ001 - the zone is drawn below
    st.integers(-79, 79),
)
def test_times_keep_their_zone(moment: datetime, quarters: int) -> None:
    fields = f"{moment:%y%m%d%H%M%S}{abs(quarters):02d}"
    octets = bytearray.fromhex("".join(fields[at + 1] + fields[at] for at in range(0, 14, 2)))
    octets[6] |= 0x08 if quarters < 0 else 0
    decoded = decode(f"00040D91683109001011F10000{octets.hex()}00")
    assert isinstance(decoded, Deliver)
    offset = timedelta(minutes=15 * quarters)
    assert decoded.scts is not None
    assert decoded.scts.utcoffset() == offset
    assert decoded.scts == (moment.replace(microsecond=0, tzinfo=UTC) - offset)

"""Whatever a driver writes, and however it is sliced, the emulated modem behaves the same."""

import contextlib
import itertools
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.emulators.modem.at import AtLine, Carry
from gateway.emulators.modem.codec import BadPdu, submit
from gateway.emulators.modem.faults import Faults
from gateway.emulators.modem.handset import Handset, cut
from gateway.emulators.modem.phone import Identity, Phone

PDU = b"0031000D91683109000000F10008A70467E58BE2"
SCRIPT = (
    b"\x1bATE0\rAT+CMGF=0;+CMEE=1\r\nAT+CNMI=2,1,0,1,0\rAT+CMGL=4\rAT+FOO\rAT+CMGS=19\r"
    + PDU
    + b"\x1aAT+CSQ\rAT+CMGS=19\r0031\x1bAT+CMGS=19\rnonsense\x1aATI\r"
)


def talk(slices: list[bytes]) -> tuple[bytes, list[str]]:
    """Feed a fresh modem; return everything it said and the texts it carried."""
    line = AtLine(Phone(Identity(), Faults()))
    said, carried = bytearray(), []
    for piece in slices:
        events = line.feed(piece)
        while events:
            event = events.pop(0)
            if isinstance(event, bytes):
                said += event
            elif isinstance(event, Carry):
                carried.append(event.submit.text)
                events += line.settle(event)
    return bytes(said), carried


@given(st.lists(st.integers(0, len(SCRIPT))))
def test_slicing_changes_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SCRIPT)]
    slices = [SCRIPT[start:end] for start, end in itertools.pairwise(edges)]
    whole = talk([SCRIPT])
    assert talk(slices) == whole
    assert whole[1] == ["查询"]
    assert whole[0].count(b"OK\r\n") == 8  # all but +FOO and the PDU that is nonsense


@given(
    st.lists(
        st.sampled_from(
            [b"AT", b"\r", b"+CMGS=19", b";", b'"', b",", b"=", b"?", b"E1", b"+CPIN", b"\x1a", b"\x1b", PDU]
        )
        | st.binary(max_size=8)
    )
)
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    talk(pieces)
    assert talk([*pieces, b"\x1b\r\x1bAT\r"])[0].endswith(b"OK\r\n")


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_pdu_breaks_the_codec(pdu: bytes, length: int) -> None:
    with contextlib.suppress(BadPdu):
        submit(pdu, length)


@given(st.integers(0, len(PDU) - 1), st.sampled_from("0123456789ABCDEF"))
def test_no_mutation_breaks_the_codec(place: int, digit: str) -> None:
    hexadecimal = PDU.decode()
    mutated = bytes.fromhex(hexadecimal[:place] + digit + hexadecimal[place + 1 :])
    with contextlib.suppress(BadPdu):
        submit(mutated, len(mutated) - 1)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600), st.booleans())
def test_a_cut_text_is_whole_again_and_every_part_fits(text: str, wide: bool) -> None:
    assert "".join(cut(text, wide=wide)) == text
    for part in Handset("+8613900000001").compose(text, datetime.now(UTC), wide=wide):
        assert len(part) <= 164  # deliver() itself refuses more than 140 octets of user data

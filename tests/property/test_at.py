from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.modem.at import LONGEST_LINE, Event, Scanner

TOKENS = [
    b"\r\nOK\r\n",
    b"\r\n> ",
    b">",
    b" ",
    b"\r",
    b"\n",
    b"AT+CMGS=20\r\r\n",
    b'\r\n+CMTI: "SM",3\r\n',
    b"\r\n+CDS: 25\r\n",
    b"0011AABB\r\n",
    b"+CMGL: 1,1,,20\r\n",
    b"\r\n+CMS ERROR: 500\r\n",
    b"\xff\xfe",
    b"\x1b\x1a",
    b"x" * (LONGEST_LINE - 1),
]
STREAMS = st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=12)), max_size=24).map(b"".join)


def events(slices: list[bytes]) -> list[Event]:
    scanner = Scanner()
    return [event for piece in slices for event in scanner.feed(piece)]


@given(STREAMS, st.lists(st.integers(min_value=0), max_size=12))
def test_any_slicing_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    places = sorted(cut % (len(stream) + 1) for cut in cuts)
    slices = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    assert events(slices) == events([stream])


@given(STREAMS)
def test_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    assert events([stream[at : at + 1] for at in range(len(stream))]) == events([stream])


@given(st.binary(max_size=4 * LONGEST_LINE))
def test_no_bytes_raise_and_none_pile_up(stream: bytes) -> None:
    scanner = Scanner()
    scanner.feed(stream)
    assert len(scanner._rest) <= LONGEST_LINE

from array import array

import pytest

from gateway.emulators.caller import rtp
from gateway.emulators.caller.recording import Recording
from gateway.emulators.caller.rtp import Packet, unpack
from gateway.wire import g711

# ITU-T G.711 tables 1a and 2a, in 16 bits: code word to value at the decoder's output.
VECTORS = {
    g711.ALAW: {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0x80: 5504, 0xFF: 848},
    g711.ULAW: {0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0xFE: 8, 0xEF: 132},
}


@pytest.mark.parametrize("kind", VECTORS)
def test_code_words_of_the_standard(kind: int) -> None:
    for octet, value in VECTORS[kind].items():
        assert list(g711.decode(bytes([octet]), kind)) == [value]


@pytest.mark.parametrize("kind", VECTORS)
def test_what_is_decoded_is_encoded_back(kind: int) -> None:
    octets = bytes(range(256))
    assert g711.decode(g711.encode(g711.decode(octets, kind), kind), kind) == g711.decode(octets, kind)


def test_a_packet_as_it_travels() -> None:
    packet = Packet(8, 0x1234, 0xDEADBEEF, 0x01020304, b"sound", marker=True)
    assert packet.pack() == bytes.fromhex("80 88 1234 deadbeef 01020304") + b"sound"
    assert unpack(packet.pack()) == packet


def test_padding_extension_and_sources_are_no_sound() -> None:
    head = bytes.fromhex("b1 08 0001 00000000 00000001 00000002 bede 0001 00000000")
    assert unpack(head + b"sound" + bytes([0, 0, 3])) == Packet(8, 1, 0, 1, b"sound")


@pytest.mark.parametrize(
    "data", [b"", b"\x80", bytes(12), b"\x00" * 20, b"\xb0\x08" + bytes(10), b"\xa0\x08" + bytes(9) + b"\xff"]
)
def test_what_is_no_packet(data: bytes) -> None:
    assert unpack(data) is None


def test_a_key_as_events() -> None:
    payloads = list(rtp.presses("#", packets=2))
    assert [payload.hex() for payload, _ in payloads] == ["0b0a00a0", "0b0a0140"] + ["0b8a0140"] * 3
    assert [first for _, first in payloads] == [True, False, False, False, False]


def test_packets_are_placed_by_their_own_clock() -> None:
    heard = Recording()
    loud = array("h", [1000] * 160)
    heard.put(loud, 1, 5000, 0.02)
    heard.put(loud, 1, 5000 + 320, 0.075)  # late by 15 ms, and one is lost
    assert list(heard.samples) == [1000] * 160 + [0] * 160 + [1000] * 160
    heard.put(loud, 2, 9, 1.0)  # another stream
    assert heard.seconds == 1.0
    assert heard.first == 0.02

import pytest

from gateway.domain.errors import ProtocolError
from gateway.emulators.caller import sip
from gateway.emulators.caller.sip import Offer, credentials, offer, unpack

INVITE = (
    b"INVITE sip:operator0@127.0.0.1:5062 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    b'f: "a" <sip:1@127.0.0.1>;tag=x\r\nt: <sip:operator0@127.0.0.1:5062>\r\ni: c1\r\nCSeq: 17 INVITE\r\n'
    b"Contact: <sip:asterisk@127.0.0.1:5060>\r\nl: 0\r\n\r\n"
)


def test_a_request_and_its_answer() -> None:
    request = unpack(INVITE)
    assert request
    assert (request.method, request.asked, request.first("call-id")) == ("INVITE", "INVITE", "c1")
    answer = unpack(sip.answer(request, 200, "OK", tag="t", contact="<sip:me@127.0.0.1>", body="v=0\r\n").pack())
    assert answer
    assert (answer.status, answer.reason, answer.body) == (200, "OK", "v=0\r\n")
    assert answer.first("to") == "<sip:operator0@127.0.0.1:5062>;tag=t"
    assert answer.headers["via"] == request.headers["via"]


def test_a_keep_alive_is_no_message() -> None:
    assert unpack(b"\r\n\r\n") is None


@pytest.mark.parametrize("data", [b"hello", b"SIP/2.0 abc OK\r\n\r\n", b"\xff\xfe", b"INVITE\r\n\r\n"])
def test_what_is_no_sip(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        unpack(data)


def test_digest_of_the_standard() -> None:
    # RFC 2617 §3.5 has qop; without it, as its §3.2.2.1 computes, a known value of RFC 2069's scheme.
    line = credentials('Digest realm="asterisk", nonce="n1", algorithm=MD5', "INVITE", "sip:1@h", "user", "secret")
    assert 'username="user"' in line
    assert 'response="' + sip._md5(f"{sip._md5('user:asterisk:secret')}:n1:{sip._md5('INVITE:sip:1@h')}") in line
    assert "qop=auth, nc=00000001" in credentials('Digest realm="r", nonce="n", qop="auth"', "INVITE", "u", "a", "b")


def test_an_offer_round_trips() -> None:
    assert offer(Offer("127.0.0.1", 4000, (8, 0), 101).pack()) == Offer("127.0.0.1", 4000, (8, 0), 101)
    assert offer(Offer("127.0.0.1", 4000, (0,)).pack()) == Offer("127.0.0.1", 4000, (0,))
    with pytest.raises(ProtocolError):
        offer("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 9\r\n")

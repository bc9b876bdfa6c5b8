import pytest

from gateway.channels.asterisk import agi
from gateway.channels.asterisk.agi import Environment, Fault, Parser, Reply, good_sound, pressed


def ready() -> Parser:
    parser = Parser()
    assert isinstance(parser.feed(b"agi_network: yes\n\n")[0], Environment)
    return parser


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\n", "no environment"),
        (b"agi_callerid: 1\nagi_callerid: 2\n", "an environment that says a thing twice"),
        (b"agi_: x\n" * 3000, "no environment"),
        (b"".join(b"agi_x%d: %s\n" % (n, b"y" * 100) for n in range(1000)), "an environment that is too long"),
        (b"agi_x: " + b"y" * 9000, "a line without an end"),
        (b"agi_x: " + b"y" * 9000 + b"\n", "a line that is too long"),
    ],
)
def test_what_is_no_environment(data: bytes, reason: str) -> None:
    parser = Parser()
    assert parser.feed(data) == [Fault(reason)]
    assert parser.feed(b"agi_network: yes\n\n") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello\n", "no reply"),
        (b"200 fine\n", "a reply without a result"),
        (b"200\n", "a reply without a result"),
        (b"\n", "no reply"),
        (b"520-usage\n" + b"x" * 100 * 1 + b"\n" + (b"y" * 1000 + b"\n") * 17, "a usage text that is too long"),
    ],
)
def test_what_is_no_reply(data: bytes, reason: str) -> None:
    assert ready().feed(data) == [Fault(reason)]


def test_a_note_may_hold_brackets() -> None:
    assert ready().feed(b"200 result=1 (a (b) c)\n") == [Reply(200, "1", "a (b) c")]


def test_commands_as_asterisk_takes_them() -> None:
    assert agi.stream_file("v/0a-b_1", "19*#") == b'STREAM FILE v/0a-b_1 "19*#"\n'
    assert agi.wait_for_digit(1500) == b"WAIT FOR DIGIT 1500\n"
    assert agi.get_data(2000, 15) == b'GET DATA "" 2000 15\n'
    assert agi.record_file("recordings/c1", 60000, 4, "#") == b'RECORD FILE recordings/c1 wav "#" 60000 BEEP s=4\n'
    assert agi.set_variable("GATEWAY_WAY", "queue_first") == b'SET VARIABLE GATEWAY_WAY "queue_first"\n'


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a b", "a&b", "a,b", "a\nb", "a/", "a//b", "é", "x" * 129])
def test_what_is_no_name_of_a_sound(name: str) -> None:
    assert not good_sound(name)


def test_keys_are_told_by_their_codes() -> None:
    assert [pressed(result, "0123456789*#") for result in ("48", "57", "42", "35", "0", "-1", "", "65", "9999")] == [
        *"09*#",
        *[""] * 5,
    ]

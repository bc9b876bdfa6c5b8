"""FastAGI's stream: any slicing gives the same events, and no bytes make it raise."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.asterisk import agi
from gateway.channels.asterisk.agi import Environment, Event, Fault, HungUp, Parser, Reply

STREAM = b"""\
agi_network: yes
agi_network_script: hotline
agi_callerid: 13900000001
agi_accountcode:

200 result=0 endpos=8000
200 result=49 endpos=3200
200 result=12 (timeout)
200 result=
100 result=0 Trying...
510 Invalid or unknown command
520-Invalid command syntax.  Proper usage follows:
anything: at all
200 result=1
520 End of proper usage.
511 Command Not Permitted on a dead channel or intercept routine
200 result=-1
HANGUP
"""
EVENTS = [
    Environment({"network": "yes", "network_script": "hotline", "callerid": "13900000001", "accountcode": ""}),
    Reply(200, "0", endpos=8000),
    Reply(200, "49", endpos=3200),
    Reply(200, "12", "timeout"),
    Reply(200),
    Reply(510, text="Invalid or unknown command"),
    Reply(520, text="wrong syntax"),
    Reply(511, text="Command Not Permitted on a dead channel or intercept routine"),
    Reply(200, "-1"),
    HungUp(),
]


def fed(data: bytes, cuts: list[int]) -> list[Event]:
    parser, events, before = Parser(), [], 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        events += parser.feed(data[before:cut])
        before = cut
    return events


@given(st.lists(st.integers(min_value=0)))
def test_any_slicing_gives_the_same_events(cuts: list[int]) -> None:
    assert fed(STREAM, cuts) == EVENTS


@given(st.binary(max_size=300), st.lists(st.integers(min_value=0), max_size=5))
def test_any_bytes_end_in_a_fault_at_most_and_slicing_does_not_matter(noise: bytes, cuts: list[int]) -> None:
    for start in (b"", b"agi_network: yes\n", b"agi_network: yes\n\n", b"agi_network: yes\n\n520-x\n"):
        whole = fed(start + noise, [])
        assert fed(start + noise, cuts) == whole
        assert [event for event in whole[:-1] if isinstance(event, Fault)] == []


@given(st.text())
def test_no_word_ends_its_command(word: str) -> None:
    builders: list[Callable[[], bytes]] = [
        lambda: agi.stream_file(word, "1"),
        lambda: agi.stream_file("beep", word),
        lambda: agi.record_file(word, 1, 1, "#"),
        lambda: agi.set_variable("GATEWAY_WAY", word),
        lambda: agi.set_variable(word, "x"),
    ]
    for build in builders:
        try:
            command = build()
        except ValueError:
            continue
        assert command.count(b"\n") == 1
        assert command.endswith(b"\n")
        assert command.isascii()
        assert b"\r" not in command
        assert b"," not in command

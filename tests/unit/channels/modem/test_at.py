import pytest

from gateway.channels.modem.at import (
    LONGEST_LINE,
    Booted,
    Echo,
    Event,
    Final,
    Line,
    Noise,
    Prompt,
    Registered,
    Routed,
    Scanner,
    StorageFull,
    Stored,
    Ussd,
    classify,
)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("OK", Final(ok=True)),
        ("ERROR", Final(ok=False)),
        ("+CMS ERROR: 500", Final(ok=False, family="CMS", code=500)),
        ("+CME ERROR: SIM busy", Final(ok=False, family="CME")),
        ('+CMTI: "SM",3', Stored("SM", 3)),
        ("+CMTI: ME, 12", Stored("ME", 12)),
        ('+CDSI: "SR",1', Stored("SR", 1)),
        ("+CREG: 5", Registered(5)),
        ('+CREG: 1,"00C3","0F1A"', Registered(1)),
        ("+CREG: 1,1", Line("+CREG: 1,1")),  # the answer to AT+CREG?
        ('+CREG: 2,1,"00C3","0F1A"', Line('+CREG: 2,1,"00C3","0F1A"')),
        ('+CUSD: 0,"60A8",72', Ussd(open=False, text="60A8", dcs=72)),
        ("+CUSD: 2", Ussd(open=False, text="", dcs=None)),
        ("RDY", Booted("RDY")),
        ("^SYSSTART", Booted("^SYSSTART")),
        ('^SMMEMFULL: "SM"', StorageFull()),
        ("^RSSI: 17", Noise("^RSSI: 17")),
        ("RING", Noise("RING")),
        ("AT+CMGS=20", Echo("AT+CMGS=20")),
        ("ATE0", Echo("ATE0")),
        ("0791683108", Line("0791683108")),
        ("ACDC", Line("ACDC")),  # hexadecimal, and no echo
        ("+CMGS: 12", Line("+CMGS: 12")),
        ("Quectel", Line("Quectel")),
    ],
)
def test_a_line_is_what_its_form_says(line: str, event: Event) -> None:
    assert classify(line) == event


def test_the_prompt_has_no_line_end() -> None:
    scanner = Scanner()
    assert scanner.feed(b"\r\n>") == []
    assert scanner.feed(b" ") == [Prompt()]


@pytest.mark.parametrize("echo", [b"AT+CSQ\r", b"AT+CSQ\r\n", b"AT+CSQ\r\r\n"])
def test_echo_comes_in_several_forms(echo: bytes) -> None:
    assert Scanner().feed(echo + b"\r\nOK\r\n") == [Echo("AT+CSQ"), Final(ok=True)]


def test_a_routed_pdu_is_taken_out_of_the_listing_it_falls_into() -> None:
    said = b"\r\n+CMGL: 1,1,,3\r\n+CDS: 2\r\n0011\r\n223344\r\n\r\nOK\r\n"
    assert Scanner().feed(said) == [Line("+CMGL: 1,1,,3"), Routed("0011"), Line("223344"), Final(ok=True)]


def test_a_routed_pdu_that_never_comes_takes_no_other() -> None:
    said = b'\r\n+CDS: 2\r\n+CMTI: "SM",1\r\n\r\nOK\r\n+CMGL: 1,1,,3\r\n223344\r\n'
    assert Scanner().feed(said) == [Stored("SM", 1), Final(ok=True), Line("+CMGL: 1,1,,3"), Line("223344")]


def test_bytes_of_no_alphabet_hide_nothing() -> None:
    said = b'\xff\xfe\x00\r\n\x80+CMTI: "SM",3\xff\r\n\xf0\x9f> '
    assert Scanner().feed(said) == [Stored("SM", 3), Prompt()]


def test_an_endless_line_is_dropped_and_the_next_one_heard() -> None:
    scanner = Scanner()
    for _ in range(1000):
        assert scanner.feed(b"x> AT " * 100) == []
    assert len(scanner._rest) <= LONGEST_LINE
    assert scanner.feed(b"\r\nOK\r\n") == [Noise("a line too long"), Final(ok=True)]

import string

from hypothesis import given
from hypothesis import strategies as st

from gateway.text import spoken
from gateway.voice.blocks import blocks
from gateway.voice.pieces import GAP, PAUSES, Pieces, Said

PIECES = Pieces([*blocks(), "电梯", "首次查询，是正品。"])

numbers = st.integers(0, 10**12 - 1).map(str)
decimals = st.tuples(st.integers(0, 10**6), st.integers(0, 999)).map(lambda two: f"{two[0]}.{two[1]}")
codes = st.text(string.ascii_letters + string.digits + "*- ", min_size=1, max_size=24)
days = st.dates().map(lambda day: day.isoformat())


def says(clause: str) -> None:
    """Hold a clause to its pieces: joined, they are its words, in order."""
    cut = PIECES.cut(clause)
    assert cut is not None, clause
    assert _words("".join(said.spoken for said in cut)) == _words(clause.upper())


def _words(text: str) -> str:
    return "".join(one for one in text if one.isalpha())


@given(numbers | decimals)
def test_every_number_weight_and_volume_can_be_said(value: str) -> None:
    for rule in (spoken.number, spoken.count, spoken.weight, spoken.volume):
        says(rule(value))


@given(st.integers(0, 10**10).map(str))
def test_every_amount_can_be_said(value: str) -> None:
    says(spoken.money(value))


@given(days, st.integers(0, 23), st.integers(0, 59))
def test_every_day_and_moment_can_be_said(day: str, hour: int, minute: int) -> None:
    says(spoken.date(day))
    says(spoken.month(day))
    says(spoken.date(day[5:]))
    says(spoken.moment(f"{day} {hour:02}:{minute:02}"))


@given(codes)
def test_every_code_plate_and_phone_can_be_said(value: str) -> None:
    for rule in (spoken.code, spoken.tail, spoken.phone, spoken.plate):
        if _words(rule(value)):
            says(rule(value))


@given(
    st.sampled_from(sorted(spoken.PROVINCES)), st.sampled_from(string.ascii_uppercase), codes, st.sampled_from("挂学警")
)
def test_every_province_can_be_said(province: str, letter: str, serial: str, kind: str) -> None:
    says(spoken.plate(f"{province}{letter}{serial}{kind}"))


def test_takes_the_longest_pieces_and_keeps_the_pauses() -> None:
    assert PIECES.cut("电梯零幺二，三四。") == [
        Said("电梯", GAP),
        Said("零", GAP),
        Said("幺二、", PAUSES["，"] - PAUSES["、"]),
        Said("三四、", PAUSES["。"] - PAUSES["、"]),
    ]
    assert PIECES.cut("二零二六年三月二十一日") == [
        Said("二零二六年", GAP),
        Said("三月、", 0.0),
        Said("二十一日、", 0.0),
    ]


def test_digits_of_a_group_are_said_two_in_a_breath() -> None:
    cut = PIECES.cut("幺六八八，零幺二三，四五六七，八九零四")
    assert cut is not None
    assert [said.spoken for said in cut] == [
        "幺六、",
        "八八、",
        "零幺、",
        "二三、",
        "四五、",
        "六七、",
        "八九、",
        "零四、",
    ]


def test_a_piece_that_ends_in_a_pause_gets_no_second_one() -> None:
    assert PIECES.cut("首次查询，是正品。") == [Said("首次查询，是正品。", 0.0)]


def test_what_is_not_there_is_not_said_in_part() -> None:
    assert PIECES.cut("电梯滨河小区") is None
    assert PIECES.cut("，。") is None
    assert PIECES.cut("") is None

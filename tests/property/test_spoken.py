"""Whatever a record holds, no digit and no sign is left to the ear, and none that was there is lost."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.proof import LONGEST_SPOKEN
from gateway.domain.reply import Clause, Plain
from gateway.text import spoken
from tests.builders.city import shipped_voice

VOICE = shipped_voice()
OF_ANY_TEXT = [spoken.code, spoken.tail, spoken.phone, spoken.plate, spoken.name]
DIGITS = str.maketrans("零幺一二三四五六七八九", "01123456789")

texts = st.text(max_size=60) | st.text("0123456789-*.年%kgml #蒙C号１٣²½Ⅳ（）", max_size=30)


def speakable(said: str) -> bool:
    return all(one.isalpha() or one in "，。；：" for one in said)


@given(st.sampled_from(OF_ANY_TEXT), texts)
@example(spoken.plate, "7688****8904")
@example(spoken.name, "1" * 5000)
@example(spoken.name, "٣" * 40 + "年")
def test_any_text_can_be_said(say: Callable[[str], str], text: str) -> None:
    assert speakable(say(text))


@given(
    st.sampled_from([spoken.number, spoken.count, spoken.weight, spoken.volume, spoken.money])
    | st.sampled_from([spoken.date, spoken.month, spoken.moment]),
    st.text(max_size=20) | st.from_regex(r"\A[0-9]{1,4}([-:. ][0-9]{1,4}){0,4}\Z"),
)
def test_what_has_a_form_is_said_whole_or_refused(say: Callable[[str], str], text: str) -> None:
    try:
        said = say(text)
    except ValueError:
        return
    assert said
    assert speakable(said)


@given(st.from_regex(r"\A[0-9]{1,24}\Z"))
def test_every_digit_of_a_code_or_a_phone_is_heard_in_order(digits: str) -> None:
    assert spoken.code(digits).translate(DIGITS).replace("，", "") == digits
    assert spoken.phone(digits).translate(DIGITS).replace("，", "") == digits
    assert all(len(group) <= 5 for group in spoken.code(digits).split("，"))


def value_of(said: str) -> int:
    """Read a number in characters the other way round, as a child does: digit times unit, 万 and 亿 close a part."""
    total = part = digit = 0
    for character in said:
        if character in "亿万":
            total += (part + digit) * {"亿": 10**8, "万": 10**4}[character]
            part = digit = 0
        elif character in "千百十":
            part += (digit or 1) * {"千": 1000, "百": 100, "十": 10}[character]
            digit = 0
        else:
            digit = "零一二三四五六七八九".index(character)
    return total + part + digit


@given(st.integers(0, 10**12 - 1) | st.integers(0, 20_000))
def test_a_number_in_characters_is_the_number(value: int) -> None:
    said = spoken.number(str(value))
    assert value_of(said) == value
    assert "零零" not in said
    assert not said.endswith("零") or value == 0


names = ["product", "maker", "batch_no", "countersign", "origin", "address", "owner", "station", "recall_reason"]


@pytest.mark.parametrize(("record_type", "name"), [("liquor", "GENUINE_FIRST"), ("lpg", "CYL_OK"), ("lift", "ELEV_OK")])
@given(st.dictionaries(st.sampled_from(names), texts))
@example({"product": "\x011\x02瓶\x03{{ code }}"})
def test_an_answer_is_short_and_speakable_whatever_its_names(
    record_type: str, name: str, values: dict[str, str]
) -> None:
    fixed: dict[str, Plain] = {
        "code": "1688****8904",
        "cylinder_no": "****5678",
        "lift_no": "012345",
        "danger": False,
        "spec_ml": 500,
        "produced_on": "2026-12-31",
        "next_inspection": "2026-11-30",
        "last_maintenance_on": "2026-12-28",
        "emergency_phone": "0473-00000000",
    }
    said = VOICE.spoken([Clause(name, {**fixed, **values}, record_type)])
    assert all(speakable(line) and "\n" not in line for line in said)
    assert sum(one.isalpha() for line in said for one in line) <= LONGEST_SPOKEN

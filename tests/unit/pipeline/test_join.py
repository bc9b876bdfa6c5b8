"""When the parts of a long text are enough: pure."""

from functools import partial

import pytest

from gateway.domain.inquiry import GAP
from gateway.domain.question import Intent
from gateway.pipeline.join import Ripe, joined, ripe
from gateway.pipeline.reading import read
from tests.builders.messages import liquor_code

CODE, OTHER = liquor_code(1), liquor_code(2)
reading = partial(read, lift_digits=6)


def enough(parts: dict[int, str], total: int, *, asked: bool = False, waited: bool = False) -> Ripe | None:
    return ripe(parts, total, reading, asked=asked, waited=waited)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({1: "一", 2: "二", 3: "三"}, "一二三"),
        ({3: "三", 1: "一", 2: "二"}, "一二三"),
        ({1: "一", 3: "三"}, f"一{GAP}三"),
        ({2: "二"}, f"{GAP}二{GAP}"),
        ({3: "三"}, f"{GAP}三"),
    ],
)
def test_parts_are_joined_in_order_with_a_gap_where_one_is_missing(parts: dict[int, str], text: str) -> None:
    assert joined(parts, 3) == text


def test_all_parts_are_enough_whatever_they_say() -> None:
    assert enough({1: "你", 2: "好"}, 2) == Ripe("你好", final=True)
    assert enough({1: "你", 2: "好"}, 2, asked=True) == Ripe("你好", final=True)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({2: f"CX {CODE} 谢谢"}, id="the first part is missing: it may say report"),
        pytest.param({1: f"CX {CODE}"}, id="the code touches the edge"),
        pytest.param({1: f"CX {CODE} {OTHER[:9]}"}, id="half a second code touches the edge"),
        pytest.param({1: "请问这瓶酒"}, id="no code yet"),
        pytest.param({1: f"CX {CODE[:14]} 是真的吗"}, id="mistyped, but the right one may follow"),
        pytest.param({1: f"投诉 {CODE} 是假的"}, id="a report is taken whole"),
        pytest.param({1: f"CX {CODE[:8]}", 3: f"{CODE[8:]} 谢谢"}, id="a missing part stands inside the code"),
    ],
)
def test_it_waits(parts: dict[int, str]) -> None:
    assert enough(parts, 3) is None


def test_a_code_between_other_words_in_the_first_part_is_answered_early() -> None:
    early = enough({1: f"CX {CODE} 是真的吗"}, 3)
    assert early == Ripe(f"CX {CODE} 是真的吗{GAP}", final=False)
    assert enough({1: f"CX {CODE} 是真的吗"}, 3, asked=True) is None


def test_a_text_of_more_parts_than_are_read_is_not_read_with_each_of_them() -> None:
    assert enough({1: f"CX {CODE} 是真的吗"}, 10)
    assert enough({1: f"CX {CODE} 是真的吗"}, 11) is None
    assert enough({1: f"CX {CODE} 是真的吗"}, 255, waited=True)


def test_after_the_wait_whatever_is_here_is_judged() -> None:
    assert enough({2: CODE[8:]}, 2, waited=True) == Ripe(f"{GAP}{CODE[8:]}", final=True)


@pytest.mark.parametrize("cut", range(1, len(CODE)))
def test_no_half_of_a_code_is_ever_a_code(cut: int) -> None:
    """A verdict on half a code would be a false answer: sixteen digits may begin a twenty-digit code."""
    for text in (f"CX {CODE[:cut]}{GAP}", f"CX {GAP}{CODE[cut:]}", f"CX {CODE[:cut]}{GAP}{CODE[cut:]}"):
        question = reading(text)
        assert question.tokens == ()
        assert question.cut


def test_codes_around_a_gap_are_read_and_the_torn_one_is_asked_for() -> None:
    question = reading(f"CX {CODE} 和 {OTHER[:5]}{GAP} 谢谢")
    assert [token.key for token in question.tokens] == [CODE]
    assert question.cut
    assert question.intent is Intent.QUERY


def test_the_first_intent_counts_and_a_code_makes_a_question_of_a_call_for_help() -> None:
    assert reading(f"投诉 假货{GAP} {CODE} 这瓶").intent is Intent.REPORT
    assert reading(f"怎么查{GAP} {CODE} 这瓶").intent is Intent.QUERY


@pytest.mark.parametrize("text", [GAP, GAP * 3, f"{GAP}\x00{GAP}", ""])
def test_nothing_but_gaps_asks_nothing(text: str) -> None:
    question = reading(text)
    assert (question.tokens, question.fault) == ((), None)

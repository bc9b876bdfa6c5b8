"""What a step of a ticket must say."""

import msgspec
import pytest

from gateway.filing.tickets import TicketChange


def changed(**fields: object) -> TicketChange:
    return msgspec.convert(fields, TicketChange)


def test_a_hand_over_says_whom_to_and_an_end_what_the_citizen_is_told() -> None:
    assert changed(state="handed_over", handed_to="12315").handed_to == "12315"
    assert changed(state="closed", answer="已查处").answer == "已查处"
    with pytest.raises(msgspec.ValidationError, match=r"handed_to: .*转往何处"):
        changed(state="handed_over")
    with pytest.raises(msgspec.ValidationError, match=r"answer: .*答复"):
        changed(state="closed", note="查实")


@pytest.mark.parametrize("answer", ["见http://a.b/c", "见www.fx100", "见fx100.cn", "见 HTTPS://X", "x.com查询"])
def test_an_answer_never_holds_an_address_to_follow(answer: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="网址"):
        changed(state="closed", answer=answer)


@pytest.mark.parametrize("answer", ["每瓶52.5元", "详见公告。请放心", "净含量3.5kg,com 不符"])
def test_an_answer_may_hold_stops_and_numbers(answer: str) -> None:
    assert changed(state="closed", answer=answer).answer == answer


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "lost"},
        {"state": "handed_over", "handed_to": "110"},
        {"state": "closed", "answer": "长" * 101},
        {"state": "in_progress", "note": ""},
        {"state": "in_progress", "reporter": "x"},
    ],
)
def test_anything_else_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        changed(**fields)

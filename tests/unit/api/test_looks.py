"""No verdict without a look, and no look that says more than its verdict."""

import pytest

from gateway.api.looks import Tone, look_of
from gateway.api.pages import dialable
from gateway.domain.records.goods import UNSAFE
from gateway.domain.records.registry import REGISTRY
from gateway.domain.verdict import Verdict

# What may be said in comfort, and of nothing else.
GOOD = {
    Verdict.GENUINE_FIRST,
    Verdict.SELF_REPEAT,
    Verdict.TRACE_OK,
    Verdict.CYL_OK,
    Verdict.FILL_ALLOWED,
    Verdict.STATION_OK,
    Verdict.ELEV_OK,
}


@pytest.mark.parametrize("verdict", Verdict)
def test_only_good_verdicts_look_good(verdict: Verdict) -> None:
    for record_type in (None, *REGISTRY):
        look = look_of(verdict, record_type)
        assert (look.tone is Tone.GOOD) is (verdict in GOOD)
        assert look.sign
        assert ("是正品" in look.headline) is (verdict in (Verdict.GENUINE_FIRST, Verdict.SELF_REPEAT))
        assert ("可以充装" in look.headline) is (verdict is Verdict.FILL_ALLOWED)


@pytest.mark.parametrize("record_type", ["lpg", "vehicle", "station", "lift"])
def test_not_to_find_a_thing_accuses_nobody(record_type: str) -> None:
    assert look_of(Verdict.UNKNOWN, record_type).tone is Tone.CARE
    assert look_of(Verdict.UNKNOWN, "liquor").tone is Tone.DANGER


@pytest.mark.parametrize("reason", UNSAFE)
def test_unfit_goods_look_dangerous(reason: str) -> None:
    assert look_of(Verdict.TRACE_INCOMPLETE, "meat", ("NO_FARM", reason)).tone is Tone.DANGER
    assert look_of(Verdict.TRACE_INCOMPLETE, "meat", ("NO_FARM",)).tone is Tone.CARE


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("应急0473-0000000，举报12315。", ["0473-0000000", "12315"]),
        ("或拨打400-6422-365。", ["400-6422-365"]),
        ("有效至2026-11-22，批号A0312345", []),
        ("例：CX 1688012345678904", []),
        ("<b>12315</b>", ["12315"]),
    ],
)
def test_only_telephone_numbers_can_be_tapped(text: str, phones: list[str]) -> None:
    html = dialable(text)
    assert html.count("<a ") == len(phones)
    assert all(f'href="tel:{phone}"' in html for phone in phones)
    assert "<b>" not in html

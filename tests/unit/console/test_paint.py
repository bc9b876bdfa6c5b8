"""Colours and squares lose no character, whatever is written."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.console.difference import difference
from gateway.console.paint import Sheets, painted
from gateway.domain.proof import Source
from gateway.domain.reply import Clause
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.render.workshop import RenderWorkshop
from gateway.settings import shipped

FOLDERS = (shipped("sms_templates"),)
COMMON = {"report_number": "12315", "hotline": "400-6422-365"}
WORKSHOP = RenderWorkshop(
    SmsRenderer(FOLDERS, "【放心100】", COMMON),
    VoiceRenderer(FOLDERS, COMMON),
)


def proof(text: str, **values: str) -> Sheets:
    source = Source("lpg", "cyl_overdue", text, "")
    return Sheets("cyl_overdue", WORKSHOP.bench(source).proof(Clause("CYL_OVERDUE", values, "lpg")))


@given(st.text(alphabet="{}%# 可省optional12end请勿超期\n", max_size=60))
def test_a_painted_template_is_the_template(source: str) -> None:
    assert "".join(text for text, _ in painted("cyl_overdue", source)) == source


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    runs = difference(before, after)
    assert "".join(text for kind, text in runs if kind != "+") == before
    assert "".join(text for kind, text in runs if kind != "-") == after


@given(st.text(alphabet="警告ab1 \n😀", max_size=90))
def test_squares_are_what_the_carrier_counts(value: str) -> None:
    sheets = proof("超期，请勿使用{{ owner }}。", owner=value)
    characters = [character for sheet in sheets.sheets for character, look in sheet if look not in ("e", "h")]
    assert len(characters) == sheets.units
    assert len(sheets.sheets) == sheets.segments
    assert {len(sheet) for sheet in sheets.sheets} == {70}


def test_each_square_says_where_it_comes_from() -> None:
    sheets = proof(
        "超期{{ cylinder_no }}，请勿使用。{% optional 1 %}联系{{ owner }}。{% endoptional %}",
        cylinder_no="****5678",
        owner="甲站",
    )
    [sheet] = sheets.sheets
    looks = dict(sheet)
    assert (looks["【"], looks["5"], looks["期"], looks["联"], looks["甲"]) == ("s", "d", "m", "o2", "d o2")
    assert looks[""] == "e"


def test_what_does_not_fit_goes_by_level_and_is_named() -> None:
    text = "超期，请勿使用。{% optional 2 %}二{{ owner }}{% endoptional %}{% optional 1 %}一{% endoptional %}"
    sheets = proof(text, owner="长" * 60)
    assert sheets.segments == 1
    assert sheets.dropped == ["二" + "长" * 60]
    assert sheets.text.endswith("一")


def test_a_value_is_never_a_template() -> None:
    assert "{{ 7 * 7 }}" in proof("超期，请勿使用{{ owner }}。", owner="{{ 7 * 7 }}").text

"""A firm's own words for its goods (R11): used for its own, never for a warning, never instead of an answer."""

from pathlib import Path

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.judgement import clause
from gateway.domain.reply import Clause
from gateway.domain.verdict import Decision, Verdict
from gateway.render.sms import SmsRenderer
from tests.builders.city import COMMON, ROOT
from tests.builders.traces import FIRST, NOW, a_liquor, a_trace

GENUINE = Decision(Verdict.GENUINE_FIRST, "first query")


def a_renderer(folder: Path, name: str, words: str) -> SmsRenderer:
    path = folder / "firms" / "factory-1" / "liquor" / f"{name}.j2"
    path.parent.mkdir(parents=True)
    path.write_text(words, "utf-8")
    return SmsRenderer([ROOT / "sms_templates", folder], "【放心100】", COMMON)


def an_answer(firm: str | None) -> Clause:
    said = clause(a_trace(a_liquor()), FIRST, GENUINE, NOW)
    return Clause(said.name, said.values, said.record_type, firm)


def test_its_own_goods_are_answered_in_its_words(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path, "genuine_first", "感谢选用{{ product }}，是正品。")
    assert renderer.reply([an_answer("factory-1")]).text == "【放心100】感谢选用河套王，是正品。"


@pytest.mark.parametrize("firm", [None, "factory-2"])
def test_others_goods_are_not(tmp_path: Path, firm: str | None) -> None:
    renderer = a_renderer(tmp_path, "genuine_first", "感谢选用{{ product }}，是正品。")
    assert "感谢" not in renderer.reply([an_answer(firm)]).text


def test_words_that_cannot_be_filled_in_leave_the_answer_to_ours(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path, "genuine_first", "{{ no_such_value }}，是正品。")
    assert "首次查询，是正品" in renderer.reply([an_answer("factory-1")]).text


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("repeat_warn", "放心，是正品", "a firm may word only"),
        ("recalled", "一切正常", "a firm may word only"),
        ("genuine_first", "感谢选用", "must say 正品"),
    ],
)
def test_a_warning_is_never_a_firms_to_word(tmp_path: Path, name: str, words: str, said: str) -> None:
    with pytest.raises(TemplateFault, match=said):
        a_renderer(tmp_path, name, words)

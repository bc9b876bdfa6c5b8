"""What every renderer must do, of texts and of speech, whatever its words are."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Clause
from gateway.ports import Renderer
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.text.segments import measure

# Makes a renderer that says each name in these words; `{{ v }}` is a value, level-marked parts may go.
Maker: TypeAlias = Callable[[Mapping[str, str]], Renderer]
Says: TypeAlias = Callable[[Sequence[Clause]], str]
SaysIn: TypeAlias = Callable[[Mapping[str, str]], Says]  # in these words


class WordsContract:
    """Of texts and of speech; subclassed once per renderer, with a `said` fixture: its words, made to one string."""

    def test_clauses_keep_their_order(self, said: SaysIn) -> None:
        says = said({"HELP": "帮助{{ v }}。", "RESEND": "请重发。"})
        text = says([Clause("HELP", {"v": "甲"}), Clause("RESEND", {}), Clause("HELP", {"v": "乙"})])
        assert text.index("帮助甲。") < text.index("请重发。") < text.index("帮助乙。")

    def test_a_record_type_s_own_words_come_before_the_common_ones(self, said: SaysIn) -> None:
        says = said({"UNKNOWN": "通用", "lift/UNKNOWN": "查无此梯"})
        assert "查无此梯" in says([Clause("UNKNOWN", {}, "lift")])
        assert "通用" in says([Clause("UNKNOWN", {}, "liquor")])

    def test_no_words_or_no_value_is_a_fault_and_never_half_an_answer(self, said: SaysIn) -> None:
        says = said({"HELP": "帮助：{{ v }}"})
        for clause in (Clause("NOTHING", {}), Clause("HELP", {}), Clause("HELP", {"v": None})):
            with pytest.raises(TemplateFault):
                says([Clause("HELP", {"v": "甲"}), clause])
        assert "帮助：在" in says([Clause("HELP", {"v": "在"})])

    def test_a_missing_value_drops_its_block(self, said: SaysIn) -> None:
        says = said({"HELP": "帮助{% optional 1 %}，批号{{ v }}{% endoptional %}。"})
        assert "帮助，批号甲。" in says([Clause("HELP", {"v": "甲"})])
        assert "帮助。" in says([Clause("HELP", {"v": None})])


class RendererContract(WordsContract):
    """Of texts; subclassed once per renderer, with a `make` fixture besides."""

    @pytest.fixture
    def said(self, make: Maker) -> SaysIn:
        def maker(words: Mapping[str, str]) -> Says:
            renderer = make(words)
            return lambda clauses: renderer.reply(clauses).text

        return maker

    def test_a_clause_is_said_behind_one_signature(self, make: Maker) -> None:
        reply = make({"HELP": "帮助：{{ v }}"}).reply([Clause("HELP", {"v": 1})])
        assert reply.text == "【放心100】帮助：1"
        assert reply.segments == (reply.text,)

    def test_clauses_keep_their_order_a_line_each(self, make: Maker) -> None:
        clauses = [Clause("HELP", {"v": "一"}), Clause("HELP", {"v": "二"}), Clause("RESEND", {})]
        reply = make({"HELP": "{{ v }}。", "RESEND": "请重发。"}).reply(clauses)
        assert reply.text == "【放心100】一。\n二。\n请重发。"

    def test_segments_are_the_text_and_as_few_as_it_takes(self, make: Maker) -> None:
        renderer = make({"HELP": "{{ v }}{% optional 1 %}，{{ w }}{% endoptional %}"})
        for size in (1, 61, 62, 63, 64, 127, 128, 200):
            reply = renderer.reply([Clause("HELP", {"v": "瓶" * size, "w": "甲"})])
            assert "".join(reply.segments) == reply.text
            bare = measure("【放心100】" + "瓶" * size)
            assert (len(reply.segments), reply.encoding) == (bare.segments, bare.encoding)
            assert "瓶" * size in reply.text


def write(folder: Path, words: Mapping[str, str], suffix: str) -> None:
    for name, source in words.items():
        path = folder / f"{name.lower() if '/' in name else f'common/{name.lower()}'}{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")


class TestSmsRenderer(RendererContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Maker:
        def maker(words: Mapping[str, str]) -> Renderer:
            write(tmp_path, words, ".j2")
            return SmsRenderer([tmp_path], "【放心100】", {})

        return maker


class TestVoiceRenderer(WordsContract):
    @pytest.fixture
    def said(self, tmp_path: Path) -> SaysIn:
        def maker(words: Mapping[str, str]) -> Says:
            write(
                tmp_path, {name: text.replace("{{ v }}", "{{ v|name }}") for name, text in words.items()}, ".voice.j2"
            )
            renderer = VoiceRenderer([tmp_path], {})
            return lambda clauses: "".join(renderer.spoken(clauses))

        return maker

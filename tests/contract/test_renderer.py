"""What every renderer of texts must do, whatever its words are."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Clause
from gateway.ports import Renderer
from gateway.render.sms import SmsRenderer
from gateway.text.segments import measure

# Makes a renderer that says each name in these words; `{{ v }}` is a value, level-marked parts may go.
Maker: TypeAlias = Callable[[Mapping[str, str]], Renderer]


class RendererContract:
    """Subclassed once per renderer, with a `make` fixture."""

    def test_a_clause_is_said_behind_one_signature(self, make: Maker) -> None:
        reply = make({"HELP": "帮助：{{ v }}"}).reply([Clause("HELP", {"v": 1})])
        assert reply.text == "【放心100】帮助：1"
        assert reply.segments == (reply.text,)

    def test_clauses_keep_their_order_a_line_each(self, make: Maker) -> None:
        clauses = [Clause("HELP", {"v": "一"}), Clause("HELP", {"v": "二"}), Clause("RESEND", {})]
        reply = make({"HELP": "{{ v }}。", "RESEND": "请重发。"}).reply(clauses)
        assert reply.text == "【放心100】一。\n二。\n请重发。"

    def test_no_words_or_no_value_is_a_fault_and_never_half_a_text(self, make: Maker) -> None:
        renderer = make({"HELP": "帮助：{{ v }}"})
        for clause in (Clause("NOTHING", {}), Clause("HELP", {}), Clause("HELP", {"v": None})):
            with pytest.raises(TemplateFault):
                renderer.reply([Clause("HELP", {"v": 1}), clause])

    def test_segments_are_the_text_and_as_few_as_it_takes(self, make: Maker) -> None:
        renderer = make({"HELP": "{{ v }}{% optional 1 %}，{{ w }}{% endoptional %}"})
        for size in (1, 61, 62, 63, 64, 127, 128, 200):
            reply = renderer.reply([Clause("HELP", {"v": "瓶" * size, "w": "甲"})])
            assert "".join(reply.segments) == reply.text
            bare = measure("【放心100】" + "瓶" * size)
            assert (len(reply.segments), reply.encoding) == (bare.segments, bare.encoding)
            assert "瓶" * size in reply.text

    def test_a_fault_leaves_the_renderer_as_it_was(self, make: Maker) -> None:
        renderer = make({"HELP": "{{ v }}"})
        with pytest.raises(TemplateFault):
            renderer.reply([Clause("HELP", {})])
        assert renderer.reply([Clause("HELP", {"v": "在"})]).text == "【放心100】在"


class TestSmsRenderer(RendererContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Maker:
        def maker(words: Mapping[str, str]) -> Renderer:
            (tmp_path / "common").mkdir()
            for name, source in words.items():
                (tmp_path / "common" / f"{name.lower()}.j2").write_text(source, encoding="utf-8")
            return SmsRenderer([tmp_path], "【放心100】", {})

        return maker

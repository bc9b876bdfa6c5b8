from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import LONGEST_SPOKEN
from gateway.domain.reply import Clause, Plain
from gateway.render.voice import VoiceRenderer


def renderer_of(root: Path, files: Mapping[str, str], **common: Plain) -> VoiceRenderer:
    for name, source in files.items():
        path = root / f"{name}.voice.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return VoiceRenderer([root], common)


def said(root: Path, source: str, **values: Plain) -> tuple[str, ...]:
    return renderer_of(root, {"common/help": source}).spoken([Clause("HELP", values)])


def test_each_line_is_a_piece_and_empty_ones_are_none(tmp_path: Path) -> None:
    source = "首次查询，是正品。\n\n  {% if a %}\n尾号{{ code|tail }}。\n{% else %}\n无。\n{% endif %}\n。\n"
    assert said(tmp_path, source, a=1, code="1688****8904") == ("首次查询，是正品。", "尾号八九零四。")
    assert said(tmp_path, source, a=0, code=None) == ("首次查询，是正品。", "无。")


def test_clauses_are_said_one_after_the_other(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/danger": "请撤离。", "common/help": "甲，\n乙。"})
    assert renderer.spoken([Clause("DANGER", {}), Clause("HELP", {})]) == ("请撤离。", "甲，", "乙。")
    assert renderer.spoken([]) == ()


def test_a_missing_value_drops_its_block_and_fails_outside(tmp_path: Path) -> None:
    source = "甲。\n{% optional 1 %}批号{{ batch_no|code }}。{% endoptional %}\n乙。"
    assert said(tmp_path, source, batch_no=None) == said(tmp_path, source) == ("甲。", "乙。")
    assert said(tmp_path, source, batch_no="A1") == ("甲。", "批号A幺。", "乙。")
    for values in ({}, {"code": None}):
        with pytest.raises(TemplateFault, match=r"common/help\.voice\.j2:2: "):
            said(tmp_path, "甲。\n{{ code|tail }}。", **values)


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [((20, 20, 20), "甲乙丙"), ((20, 21, 20), "甲丙"), ((20, 20, 41), "甲乙"), ((LONGEST_SPOKEN + 9, 1, 1), "甲")],
)
def test_what_makes_it_too_long_goes_and_never_what_must_be_said(
    tmp_path: Path, sizes: tuple[int, int, int], kept: str
) -> None:
    last, first = "{% optional 2 %}{{ b|name }}。{% endoptional %}", "{% optional 1 %}{{ c|name }}。{% endoptional %}"
    words = {name: name * size for name, size in zip("甲乙丙", sizes, strict=True)}
    lines = said(tmp_path, f"{{{{ a|name }}}}。\n{last}\n{first}", a=words["甲"], b=words["乙"], c=words["丙"])
    assert lines == tuple(f"{words[name]}。" for name in kept)


def test_every_value_may_have_a_default_and_is_still_said_by_a_rule(tmp_path: Path) -> None:
    assert said(tmp_path, '{{ maker|default("12号厂")|name }}。') == ("十二号厂。",)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("甲。\n乙{{ code }}。", r"2: a value is said by a filter: code, count, date"),
        ('{{ code|default("x") }}', r"1: a value is said by a filter"),
        ("{{ code|tail if a else code }}", r"1: a value is said by a filter"),
        ("{% optional 1 %}\n{{ code }}{% endoptional %}", r"2: a value is said by a filter"),
        ("{{ br }}", r"1: a value is said by a filter"),
        ("甲。\n乙。\n请按0。", r"3: 0 would be read at random; write it as it is spoken"),
        ("{% if a %}\n甲{{ a|name }}\n请按１。{% endif %}", r"3: １ would be read at random"),
        ("{{ code|upper }}", r"1: Filter is not allowed"),
        ("{{ code|count(1) }}{% for a in b %}{% endfor %}", r"1: For is not allowed"),
        ("{{ code.x|name }}", r"1: Getattr is not allowed"),
    ],
)
def test_a_fault_is_found_at_the_start_with_its_line(tmp_path: Path, source: str, says: str) -> None:
    with pytest.raises(TemplateFault, match=rf"common/help\.voice\.j2:{says}"):
        renderer_of(tmp_path, {"common/help": source})


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(TemplateFault) as told:
        renderer_of(tmp_path, {"common/help": "甲\n{{ a }}", "lift/elev_ok": "{{ b.c }}", "lift/unknown": "乙"})
    assert [line.split(": ")[0] for line in str(told.value).splitlines()] == [
        f"{tmp_path}/common/help.voice.j2:2",
        f"{tmp_path}/lift/elev_ok.voice.j2:1",
    ]


@pytest.mark.parametrize(
    ("source", "value", "says"),
    [("甲\n{{ a|date }}", "明天", "2: '明天' is no day or month"), ("{{ a|name }}", True, "1: a yes/no value cannot")],
)
def test_a_value_that_cannot_be_said_is_named(tmp_path: Path, source: str, value: Plain, says: str) -> None:
    with pytest.raises(TemplateFault, match=rf"common/help\.voice\.j2:{says}"):
        said(tmp_path, source, a=value)


def test_texts_and_speech_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "help.j2").write_text("{{ code }}", encoding="utf-8")
    with pytest.raises(TemplateFault, match=r"no templates \(\*\.voice\.j2\)"):
        VoiceRenderer([tmp_path], {})
    with pytest.raises(TemplateFault, match=r"no template lift/elev_ok\.voice\.j2 or common/elev_ok\.voice\.j2"):
        renderer_of(tmp_path, {"common/help": "甲"}).spoken([Clause("ELEV_OK", {}, "lift")])


def test_common_values_are_there(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/help": "请拨{{ hotline|phone }}。"}, hotline="400-6422-365")
    assert renderer.spoken([Clause("HELP", {})]) == ("请拨四零零，六四二二，三六五。",)

from pathlib import Path

import pytest

from gateway import settings
from gateway.domain.errors import TemplateFault
from gateway.render.lines import Lines, listed_words


def lines(tmp_path: Path, source: str) -> Lines:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "a.voice.j2").write_text(source, "utf-8")
    return Lines([tmp_path], {"report_number": "12315"})


def test_lines_without_values_are_fixed_whatever_stands_round_them(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        "{% if gas %}\n请开窗。\n{% elif air %}\n请等待。\n{% else %}\n请离开。\n{% endif %}\n"
        "{% if sure %}{% optional 2 %}未用农药。{% endoptional %}{% endif %}\n"
        "举报请拨{{ report_number|phone }}。\n请开窗。\n",
    )
    assert found.fixed() == ["请开窗。", "请等待。", "请离开。", "未用农药。", "举报请拨幺二三幺五。"]
    assert found.fragments() == []


def test_words_round_values_are_fragments_without_their_signs(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        "{% optional 1 %}编码尾号{{ code|tail }}，{{ day|date }}生产，合格。{% endoptional %}\n"
        "请联系{% optional 4 %}{{ owner|name }}{% endoptional %}"
        "{% optional 2 %}{{ phone|phone }}，或{% endoptional %}。\n"
        "该瓶{% if good %}可用{% else %}不可用{% endif %}。\n",
    )
    assert found.fixed() == []
    assert found.fragments() == ["编码尾号", "生产", "合格", "请联系", "或", "该瓶", "可用", "不可用"]


def test_a_template_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateFault, match=r"a\.voice\.j2"):
        lines(tmp_path, "{% if %}")


def test_the_shipped_templates_give_every_verdict() -> None:
    found = Lines([settings.shipped("sms_templates")], settings.ServiceSettings().values)
    assert {"首次查询，是正品。", "禁止充装。", "电梯状况正常。", "系统繁忙，暂时无法查询，"} <= set(found.fixed())
    assert {"编码尾号", "检验有效至", "末次维保"} <= set(found.fragments())
    assert not any(one.isdecimal() for text in (*found.fixed(), *listed_words()) for one in text)

"""The words shipped with the gateway pass the checks that operators' words must pass."""

from datetime import UTC, datetime

import pytest

from gateway.domain.classes import class_of, short_name
from gateway.domain.proof import Source
from gateway.domain.records.registry import REGISTRY
from gateway.domain.safety import forbidden, missing, needs_two
from gateway.domain.specimens import notice
from gateway.domain.verdict import Verdict
from tests.unit.console.test_paint import WORKSHOP

NOW = datetime(2026, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize("key", WORKSHOP.keys(), ids="/".join)
def test_shipped_words_are_written_as_operators_must_write(key: tuple[str, str]) -> None:
    source = WORKSHOP.shipped(*key)
    assert source is not None
    assert WORKSHOP.faults(source, None) == []
    for clause in notice(key[1], NOW):
        proof = WORKSHOP.bench(source).proof(clause)
        assert forbidden(key[1], proof.text) == []
        assert missing(key[1], proof.must) == []
        assert "".join(run.text for run in proof.runs) == proof.text


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_class_and_a_name(verdict: Verdict) -> None:
    assert short_name(verdict)
    assert needs_two(verdict.lower()) is (class_of(verdict).value != "unavail")


def test_what_only_a_court_may_say_is_never_said() -> None:
    assert forbidden("unknown", "未查到，是假货，见http://x.cn") == ["假货", "http://"]
    assert forbidden("unknown", "是正品") == ["是正品"]
    assert forbidden("genuine_first", "首次查询，是正品") == []


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("{{ a", 1, "这里要成对写 {{ }}"),
        ("一\n{% optional %}x{% endoptional %}", 2, "可省部分要写省去的次序"),
        ("{% if a %}x", 1, "选择没有结束"),
        ("x{% endoptional %}", 1, "这里没有开始可省部分"),
        ("{{ a|upper }}", 1, "没有"),
        ("{% set a = 1 %}", 1, "不能给值起名"),
        ("{% include 'x' %}", 1, "不能引用别的模板"),
        ("a\x07b", 1, "控制字符"),
        ("", 1, "短信不能是空的"),
        ("长" * 2001, 1, "模板太长"),
    ],
)
def test_faults_are_told_in_chinese_at_their_line(text: str, line: int, told: str) -> None:
    [fault] = WORKSHOP.faults(Source("lpg", "cyl_ok", text, ""), None)
    assert fault.line == line
    assert told in fault.text


def test_spoken_words_have_their_own_faults() -> None:
    for text, told in (("编码{{ code }}。", "要写明读法"), ("共3次。", "要写成汉字")):
        [fault] = WORKSHOP.faults(Source("lpg", "cyl_ok", "可用", text), None)
        assert (fault.part, told in fault.text) == ("voice", True)


def test_every_type_is_known() -> None:
    assert set(REGISTRY) <= {record_type for record_type, _ in sorted(WORKSHOP.keys())} | {"flour", "tomato"}

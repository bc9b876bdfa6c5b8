from pathlib import Path

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Plain
from gateway.render.language import CLOSE, MAX_SOURCE, MIDDLE, OPEN, Words

PATH = Path("liquor/genuine_first.j2")


def rendered(source: str, **values: Plain) -> str:
    return Words(source, PATH).render({"br": "\n", **values})


def optional(level: int, text: str) -> str:
    return f"{OPEN}{level}{MIDDLE}{text}{CLOSE}"


def test_line_breaks_and_the_blanks_around_them_are_for_reading() -> None:
    source = "  {{ a }}，\n   批号\n\n\t{{ b }}  \r\n。 完\n"
    assert rendered(source, a="河套王", b="A1") == "  河套王，批号A1。 完"


def test_br_sends_a_line_break() -> None:
    assert rendered("一{{ br }}\n二") == "一\n二"


def test_an_optional_block_stands_between_its_marks() -> None:
    source = "甲{% optional 2 %}，{{ a }}{% endoptional %}\n{% optional 1 %}乙{% endoptional %}"
    assert rendered(source, a=5) == "甲" + optional(2, "，5") + optional(1, "乙")


@pytest.mark.parametrize("values", [{}, {"a": None}])
def test_a_missing_value_drops_its_optional_block_and_fails_outside(values: dict[str, Plain]) -> None:
    assert rendered("甲{% optional 1 %}，{{ a }}、{{ b }}{% endoptional %}", b="有", **values) == "甲"
    with pytest.raises(TemplateFault, match=r"liquor/genuine_first\.j2:2: "):
        rendered("甲\n{{ a }}", **values)


def test_an_empty_string_and_zero_are_values() -> None:
    assert rendered("{% optional 1 %}（{{ a }}{{ n }}）{% endoptional %}", a="", n=0) == optional(1, "（0）")


def test_a_name_that_the_block_itself_asks_for_is_not_required() -> None:
    source = "{% optional 1 %}甲{% if a is present %}{{ a }}{% endif %}{{ b|default('无') }}{% endoptional %}"
    assert rendered(source, a=None) == optional(1, "甲无")
    assert rendered(source, a="有", b="B") == optional(1, "甲有B")


def test_if_else_compare_and_reckon() -> None:
    source = '{% if kind == "phone" %}电话{% elif n - 1 > 1 %}{{ n + 1 }}{% else %}其他{% endif %}'
    assert rendered(source, kind="phone", n=0) == "电话"
    assert rendered(source, kind="x", n=3) == "4"
    assert rendered(source, kind=None, n=2) == "其他"


@pytest.mark.parametrize(
    ("source", "line"),
    [("{{ a }}", 1), ("甲\n\n{% if a > 1 %}乙{% endif %}", 3), ("甲\n{{ flag }}", 2), ("甲\n{{ 1 + a }}", 2)],
)
def test_a_fault_while_rendering_names_file_and_line(source: str, line: int) -> None:
    with pytest.raises(TemplateFault, match=rf"^liquor/genuine_first\.j2:{line}: "):
        rendered(source, a=None, flag=True)


REFUSED = [
    "{% for c in a %}{{ c }}{% endfor %}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ a * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ a|replace('a', 'aa') }}",
    "{{ a.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ a[0] }}",
    "{{ a ~ a }}",
    "{% set a = a ~ a %}",
    "{% macro m() %}{% endmacro %}{{ m() }}",
    "{% call m() %}{% endcall %}",
    "{{ a() }}",
    "{{ [1] }}",
    "{{ {'a': 1} }}",
    "{{ a is divisibleby 3 }}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% raw %}{{ x }}",
    "{{ a|default(a.b) }}",
    "{% optional 1 %}{{ a.b }}{% endoptional %}",
    "{% optional 1 %}{% optional 2 %}x{% endoptional %}{% endoptional %}",
    "{% optional 0 %}x{% endoptional %}",
    "{% optional 100 %}x{% endoptional %}",
    "{% optional x %}x{% endoptional %}",
    "{% optional 1 %}x",
    "{% endoptional %}",
    "{{",
    "{{ }}",
    "x\x01y",
    r"{{ '\x01' }}",
    r"{{ a|default('\n') }}",
    "x" * (MAX_SOURCE + 1),
    "{{ " + "(" * 1900 + "1" + ")" * 1900 + " }}",
    "{% if 1 %}" * 150 + "{% endif %}" * 150,
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source[:40])
def test_what_could_run_away_or_reach_out_is_not_in_the_language(source: str) -> None:
    with pytest.raises(TemplateFault, match=r"^liquor/genuine_first\.j2:"):
        Words(source, PATH)


def test_a_refusal_says_where_and_what_is_allowed() -> None:
    with pytest.raises(TemplateFault, match=r"genuine_first\.j2:3: Getattr is not allowed; a template may use names"):
        Words("甲\n乙\n{{ a.b }}", PATH)
    with pytest.raises(TemplateFault, match=r"genuine_first\.j2:2: control character U\+0003; delete it"):
        Words("甲\n\x03", PATH)


@pytest.mark.parametrize("name", ["range", "dict", "lipsum", "cycler", "namespace", "self", "loop", "caller"])
def test_no_name_is_there_but_the_values(name: str) -> None:
    with pytest.raises(TemplateFault):
        rendered("{{ " + name + " }}")


def test_a_value_that_looks_like_a_template_is_text() -> None:
    injected = "{{ 7*7 }}{% for x in y %}{{ self }}"
    assert rendered("瓶：{{ product }}", product=injected) == "瓶：" + injected

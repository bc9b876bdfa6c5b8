from itertools import combinations
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Clause
from gateway.render.fitting import MANDATORY, Piece, fit, whole
from gateway.render.language import CLOSE, MIDDLE, OPEN, Words
from gateway.text.segments import measure
from tests.builders.city import shipped_renderer

SIGNATURE = "【放心100】"
RENDERER = shipped_renderer()

# No blanks or line breaks: what tidying does is tested by itself, and here text is compared exactly.
runs = st.sampled_from(["", "A", "1234567890" * 5, "瓶", "，批号A0312", "农残检测合格" * 4, "🐑", "羊" * 60]) | st.text(
    "瓶A1€🐑", max_size=40
)
clauses = st.lists(st.lists(st.builds(Piece, st.integers(0, 3), runs), min_size=1, max_size=5), min_size=1, max_size=3)


def joined(said: list[list[Piece]], kept: set[int]) -> str:
    lines = ["".join(piece.text for piece in clause if piece.level in kept) for clause in said]
    return SIGNATURE + "\n".join(line for line in lines if line)


@given(clauses)
def test_the_fewest_segments_and_in_them_the_lowest_levels(said: list[list[Piece]]) -> None:
    fewest = measure(joined(said, {MANDATORY})).segments
    levels = sorted({piece.level for clause in said for piece in clause} - {MANDATORY})
    fitting = [
        chosen
        for size in range(len(levels) + 1)
        for chosen in combinations(levels, size)
        if measure(joined(said, {MANDATORY, *chosen})).segments <= fewest
    ]
    best = max(fitting, key=lambda chosen: [level in chosen for level in levels])
    fitted = fit(SIGNATURE, said)
    assert fitted.text == joined(said, {MANDATORY, *best})
    assert fitted.size.segments == fewest


@given(clauses)
def test_what_holds_everything_is_what_would_be_chosen(said: list[list[Piece]]) -> None:
    marked = ["".join(f"{OPEN}{p.level}{MIDDLE}{p.text}{CLOSE}" if p.level else p.text for p in each) for each in said]
    everything = whole(SIGNATURE, marked)
    assert everything.text == joined(said, {0, 1, 2, 3})
    if everything.size.segments == 1:
        assert everything == fit(SIGNATURE, said)


@given(clauses, runs)
def test_a_more_dispensable_part_takes_nothing_from_the_others(said: list[list[Piece]], more: str) -> None:
    before = fit(SIGNATURE, said).text
    after = fit(SIGNATURE, [*said[:-1], [*said[-1], Piece(9, more)]]).text
    assert after in (before, fit(SIGNATURE, [*said[:-1], [*said[-1], Piece(MANDATORY, more)]]).text, before + more)


@given(clauses, runs)
def test_a_part_that_must_be_said_is_said_whole(said: list[list[Piece]], more: str) -> None:
    assert fit(SIGNATURE, [*said, [Piece(MANDATORY, more)]]).text.endswith(more)


@given(
    st.dictionaries(
        st.sampled_from(["product", "batch_no", "maker", "produced_on", "countersign"]), st.text(max_size=100)
    )
)
@example({"product": "{{ ().__class__.__base__.__subclasses__() }}"})
@example({"product": f"{OPEN}1\x02瓶{CLOSE}{{% optional 1 %}}"})
def test_no_value_becomes_a_template_or_breaks_a_line(values: dict[str, str]) -> None:
    clause = Clause("GENUINE_FIRST", {"product": "酒", "spec_ml": 500, **values}, "liquor")
    reply = RENDERER.reply([clause])
    assert reply.text.isprintable()
    assert "".join(reply.segments) == reply.text
    assert reply.text.endswith("是正品。") or "首次查询，是正品。验证字：" in reply.text


words = """
    {{ }} {% %} {# #} ( ) [ ] ' - ** .b ~ |upper |default 1 瓶 a
    optional if else endif endoptional for in endfor set = raw endraw present is
    """.split()  # noqa: SIM905 - quotes round each would hide the words
tokens = st.sampled_from([*words, " ", "\n", "{% optional 1 %}", "{% endoptional %}", "{{ a }}", "{% set a = a ~ a %}"])


@given(st.lists(tokens, max_size=14).map("".join) | st.text())
@example("{{" + "-" * 3000 + "1}}")
@example("{{" + "not " * 900 + "1}}")
@example("{{" + "1+" * 1900 + "1}}")
def test_any_source_compiles_or_is_a_fault_and_what_compiles_stays_small(source: str) -> None:
    value = "值" * 60
    try:
        text = Words(source, Path("x.j2")).render({"a": value, "x": 1, "br": "\n"})
    except TemplateFault:
        return
    assert len(text) <= len(source) * (1 + len(value))

"""What holds for every text, and for every way to write a code."""

import re
import unicodedata

from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from gateway.domain.code import CodeBook, is_issued
from gateway.domain.question import MAX_REMARK, MAX_TOKENS, Intent, Question, Token, TokenKind, understand
from gateway.domain.question.digits import ASIDE
from gateway.pipeline.reading import read
from gateway.text.normalise import normalise

SEPARATORS = st.sampled_from(
    [" ", "  ", "-", ".", ",", "、", "，", "。", "/", "_", "\n", "\r\n", "　", "－", "\u200b", "—", "·"]
)
ALIKE = {"0": "OoQD", "1": "Iil|!", "2": "Z", "5": "S", "8": "B", "6": "G"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

# Any text at all, lone surrogates included, and texts made of what codes are made of.
ANY_TEXT = st.text(st.characters(), max_size=300)
CODE_LIKE = st.text(
    st.sampled_from([*"0123456789OoQDIil|!ZSBG 〇零一二两幺-.,#:/【】①²٣\u200b\ud800\x00CXDTJB蒙查电梯举报退订在"]),
    max_size=120,
)
TEXTS = ANY_TEXT | CODE_LIKE


@st.composite
def codes(draw: st.DrawFn) -> str:
    long = draw(st.booleans())
    head = str(draw(st.integers(1, 9))) + ("9" if long else str(draw(st.integers(0, 8))))
    body = head + draw(
        st.text("0123456789", min_size=17, max_size=17) if long else st.text("0123456789", min_size=13, max_size=13)
    )
    return f"{body}{mod_11_10.calc_check_digit(body)}"


def keys(question: Question) -> list[str]:
    return [token.key for token in question.tokens]


@given(text=TEXTS, lift_digits=st.sampled_from([5, 6]), open_start=st.booleans(), open_end=st.booleans())
@example(text="\ud83d", lift_digits=6, open_start=False, open_end=False)
@example(text="{{7*7}}{% for %}" * 700, lift_digits=6, open_start=True, open_end=True)
@example(text="1" * 10_000, lift_digits=6, open_start=False, open_end=False)
def test_no_text_can_upset_it(text: str, lift_digits: int, *, open_start: bool, open_end: bool) -> None:
    question = understand(text, lift_digits=lift_digits, open_start=open_start, open_end=open_end)
    assert len(question.tokens) <= MAX_TOKENS
    assert len(set(keys(question))) == len(question.tokens)
    assert len(question.remark) <= MAX_REMARK
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in question.remark)
    assert "\x00" not in question.redacted
    question.redacted.encode()  # no half of a surrogate pair
    assert (question.intent is Intent.MALFORMED) == (question.fault is not None)
    assert not (question.cut and not (open_start or open_end))
    for token in question.tokens:
        assert (token.kind is TokenKind.ISSUED) == (is_issued(token.key) and token.otherwise is None)
        assert (token.kind is TokenKind.FOREIGN) == (token.otherwise is not None)
        assert token.kind is not TokenKind.LIFT or len(token.key) == lift_digits
        assert not token.corrected or token.kind is TokenKind.ISSUED


@given(TEXTS)
def test_plain_form_is_plain_already(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS)
def test_what_is_stored_is_understood_alike(text: str) -> None:
    question = understand(text)
    if question.pin is None and "*" not in question.redacted:
        again = understand(question.redacted)
        assert (again.intent, again.tokens, again.fault) == (question.intent, question.tokens, question.fault)


@given(
    codes(),
    st.lists(st.tuples(st.integers(1, 19), SEPARATORS), max_size=19),
    st.sampled_from(["", "CX", "查 ", "c x:"]),
)
def test_separators_anywhere_in_a_code_do_not_matter(code: str, cuts: list[tuple[int, str]], keyword: str) -> None:
    text = code
    for place, separator in sorted(dict(cuts).items(), reverse=True):
        text = text[:place] + separator + text[place:] if place < len(code) else text
    # A stretch of a long code that passes the check by itself is a code by rule, whatever stands beside it.
    assume(text == code or not any(is_issued(stretch) for stretch in re.split("[^0-9]+", normalise(text))))
    assume(text == code or not ASIDE.search(normalise(text)))  # nor is a day, `2026-05-01`, taken for groups of a code
    question = understand(keyword + text)
    assert (question.intent, keys(question)) == (Intent.QUERY, [code])


@given(codes())
def test_full_width_is_the_same_code(code: str) -> None:
    assert keys(understand(code.translate(FULL_WIDTH))) == [code]


@given(codes(), st.integers(0, 19), st.integers(1, 9), SEPARATORS | st.just(""))
def test_one_wrong_digit_never_names_another_code(code: str, place: int, shift: int, separator: str) -> None:
    place %= len(code)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    text = separator.join(wrong[i : i + 4] for i in range(0, len(wrong), 4))
    assert all(token.kind is not TokenKind.ISSUED for token in understand(text).tokens)


@given(codes(), codes(), st.text("0123456789", max_size=12), SEPARATORS.filter(lambda s: s != "\u200b"))
def test_digits_are_never_joined_across_a_code(one: str, other: str, stray: str, separator: str) -> None:
    question = understand(separator.join(filter(None, [one, stray, other])))
    issued = [token.key for token in question.tokens if token.kind is TokenKind.ISSUED]
    assert issued == list(dict.fromkeys([one, other]))


@given(codes(), st.data())
def test_a_look_alike_is_read_only_when_one_code_comes_of_it(code: str, data: st.DataObject) -> None:
    places = [i for i, digit in enumerate(code) if digit in ALIKE]
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=6)) if places else []
    text = "".join(data.draw(st.sampled_from(ALIKE[d])) if i in chosen else d for i, d in enumerate(code))
    for token in understand(text).tokens:
        if token.kind is TokenKind.ISSUED:
            assert token.key == code
            assert token.corrected == bool(chosen)


@given(st.lists(codes() | CODE_LIKE, max_size=5).map("".join), st.integers(0, 400))
def test_what_a_part_answers_early_stands_in_the_whole(text: str, place: int) -> None:
    sure = {TokenKind.ISSUED}
    whole = {t.key for t in _all(text) if t.kind in sure}
    early = [t.key for t in understand(text[:place], open_end=place < len(text)).tokens if t.kind in sure]
    late = [t.key for t in understand(text[place:], open_start=place > 0).tokens if t.kind in sure]
    assert {*early, *late} <= whole or len(whole) == MAX_TOKENS


@given(
    st.sampled_from(["", "CX", "cx", "Cx", "cX", "FW", "fw", "DT", "查", "查询", "查验", "防伪", "举报", "T"]),
    st.sampled_from(["", " ", "  ", "#"]),
    codes() | st.text("0123456789", min_size=15, max_size=17),
    st.sampled_from(["", " ", "\n", "?"]),
    st.integers(5, 6),
)
def test_a_plain_question_is_read_as_it_would_be_understood(
    keyword: str, blank: str, code: str, end: str, lift_digits: int
) -> None:
    text = f"{keyword}{blank}{code}{end}"
    assert read(text, lift_digits) == understand(text, lift_digits=lift_digits)


def _all(text: str) -> tuple[Token, ...]:
    return understand(text).tokens


@given(st.binary(min_size=16, max_size=16), st.integers(1, 9), st.integers(0, 9), st.data())
def test_a_code_leads_back_to_its_index(key: bytes, klass: int, version: int, data: st.DataObject) -> None:
    book = CodeBook({version: key})
    index = data.draw(st.integers(0, book.capacity(version) - 1))
    code = book.issue(klass, version, index)
    assert is_issued(code)
    assert book.index_of(code) == index

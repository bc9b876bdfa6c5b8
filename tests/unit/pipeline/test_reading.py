import pytest

from gateway.domain.question import Intent, TokenKind
from gateway.domain.verdict import Verdict
from gateway.pipeline.reading import keyed
from tests.builders.messages import liquor_code

CODE = liquor_code(1)


@pytest.mark.parametrize(("keys", "digits"), [("012345", 6), ("01234", 5)])
def test_as_many_keys_as_a_lift_s_number_has_are_a_lift(keys: str, digits: int) -> None:
    [token] = keyed(keys, digits).tokens
    assert (token.key, token.kind) == (keys, TokenKind.LIFT)


def test_a_code_is_a_code() -> None:
    question = keyed(CODE, 6)
    assert question.intent is Intent.QUERY
    assert [(token.key, token.kind) for token in question.tokens] == [(CODE, TokenKind.ISSUED)]
    assert question.redacted == CODE


@pytest.mark.parametrize(
    ("keys", "fault", "lift"),
    [
        ("1", Verdict.MALFORMED, False),
        ("01234", Verdict.MALFORMED, True),
        ("0123456", Verdict.MALFORMED, True),
        (CODE[:10], Verdict.MALFORMED, False),
        ("13800000001", Verdict.WRONG_KIND, False),
    ],
)
def test_anything_else_was_meant_for_one_and_is_wrong(keys: str, fault: Verdict, lift: bool) -> None:
    question = keyed(keys, 6)
    assert (question.intent, question.fault, question.lift) == (Intent.MALFORMED, fault, lift)


def test_a_key_too_few_or_too_many_is_no_other_code() -> None:
    for keys in (CODE[:-1], CODE + "1", "2" * 16):
        [token] = keyed(keys, 6).tokens
        assert (token.kind, token.otherwise) == (TokenKind.FOREIGN, Verdict.MALFORMED)


def test_an_id_number_is_not_kept() -> None:
    assert keyed("11010519491231002X"[:17], 6).redacted == "11010519491231002"
    assert "1990" not in keyed("110101199003070978", 6).redacted

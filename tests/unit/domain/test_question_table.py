"""Every line of `question_table.txt`: what people send, and what is understood."""

import re
from pathlib import Path

import pytest

from gateway.domain.question import Question, TokenKind, understand
from gateway.domain.verdict import Verdict

TABLE = Path(__file__).with_name("question_table.txt")
ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\([rn])")


def unescaped(cell: str) -> str:
    return ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else {"r": "\r", "n": "\n"}[m[2]], cell)


def lines() -> list[tuple[str, str, str]]:
    rows = [line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("# ") and line != "#"]
    cells = [row.split("|") for row in rows]
    assert all(len(row) == 4 for row in cells), "a line needs: text | intent | keys | note"
    return [(unescaped(text.removesuffix(" ")), intent.strip(), keys.strip()) for text, intent, keys, _ in cells]


def shown(question: Question) -> str:
    if question.fault:
        return question.fault
    signs = {Verdict.MALFORMED: "?", Verdict.WRONG_KIND: "!"}
    return " ".join(
        token.key + "*" * token.corrected + (signs[token.otherwise] if token.otherwise else "")
        for token in question.tokens
    )


@pytest.mark.parametrize(("text", "intent", "keys"), lines())
def test_what_people_send(text: str, intent: str, keys: str) -> None:
    question = understand(text)
    assert (question.intent, shown(question)) == (intent, keys)
    assert all((token.otherwise is not None) == (token.kind is TokenKind.FOREIGN) for token in question.tokens)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(lines()) >= 150

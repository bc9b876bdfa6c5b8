"""A question's text, understood; also where parts of it are missing."""

import re
from dataclasses import replace
from typing import Final

from gateway.domain.code import is_issued
from gateway.domain.inquiry import GAP
from gateway.domain.question import MAX_TOKENS, Intent, Question, Token, TokenKind, understand

# What most people send: a code alone, or behind a keyword that asks for nothing but a query. It is understood to be
# just that, and to look for anything else in it would take five times as long.
_PLAIN: Final = re.compile(r"(?:(?:CX|cx|Cx|FW|fw|查询|查验|查|防伪) ?)?([1-9][0-9]{15})")


def read(text: str, lift_digits: int) -> Question:
    """Understand a text that may hold `GAP`s: a code that touches one is never taken for whole."""
    plain = _PLAIN.fullmatch(text)
    if plain and is_issued(plain[1]):
        return Question(Intent.QUERY, text, (Token(plain[1], TokenKind.ISSUED),))
    if GAP not in text:
        return understand(text, lift_digits=lift_digits)
    pieces = text.split(GAP)
    last = len(pieces) - 1
    read_ones = [
        understand(piece, lift_digits=lift_digits, open_start=at > 0, open_end=at < last)
        for at, piece in enumerate(pieces)
        if piece
    ]
    return _merged(read_ones) if read_ones else understand("", lift_digits=lift_digits)


def keyed(keys: str, lift_digits: int) -> Question:
    """Understand what a caller keyed: a lift's number where it has its length, else a code."""
    if len(keys) == lift_digits:
        return understand(keys, lift_digits=lift_digits)
    question = understand(f"CX{keys}", lift_digits=lift_digits)  # nothing else can be meant, however short it is
    lift = abs(len(keys) - lift_digits) == 1  # a key too few or too many
    return replace(question, redacted=question.redacted.removeprefix("CX"), lift=lift)


def _merged(questions: list[Question]) -> Question:
    """Lay the pieces together: what the first one wants, with the codes of all."""
    tokens = {token.key: token for question in questions for token in question.tokens}
    intents = [question.intent for question in questions]
    wanted = next((intent for intent in intents if intent is not Intent.NONE), Intent.NONE)
    if tokens and wanted in (Intent.HELP, Intent.MALFORMED):
        wanted = Intent.QUERY
    return replace(
        questions[0],
        intent=wanted,
        redacted=" … ".join(question.redacted for question in questions),
        tokens=tuple(tokens.values())[:MAX_TOKENS],
        fault=None if tokens else next((question.fault for question in questions if question.fault), None),
        cut=any(question.cut for question in questions),
        remark=" … ".join(question.remark for question in questions if question.remark),
        need=next((question.need for question in questions if question.need), None),
        place=next((question.place for question in questions if question.place), None),
    )

"""From the text of a message to what it asks (DOMAIN 3.5). Pure; never raises, whatever the text."""

from gateway.domain.question.understand import understand
from gateway.domain.question.values import MAX_REMARK, MAX_TOKENS, Intent, Need, Question, Token, TokenKind

__all__ = ["MAX_REMARK", "MAX_TOKENS", "Intent", "Need", "Question", "Token", "TokenKind", "understand"]

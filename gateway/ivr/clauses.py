"""What a flow says: fixed sentences, and values in them."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.text import spoken

# What a flow may say of what it knows, `{{ ticket|code }}`, and how.
VALUE: Final = re.compile(r"\{\{ *(?P<name>\w+)\|(?P<filter>\w+) *\}\}")
# Cuts a clause: words, value, words, …
PIECES: Final = re.compile(r"(\{\{.*?\}\})")
VALUES: Final = frozenset({"ticket", "keyed"})
FILTERS: Final = MappingProxyType({"code": spoken.code, "tail": spoken.tail})
# A clause that is nothing but this is the whole last answer.
ANSWER: Final = "{{ answer }}"


def filled(clause: str, values: Mapping[str, str]) -> list[str]:
    """Say the values in a clause; each group of one is a clause by itself, so that few sounds say all of them."""
    parts: list[str] = []
    for piece in PIECES.split(clause):
        if value := VALUE.fullmatch(piece):
            parts += FILTERS[value["filter"]](values[value["name"]]).split("，")
        else:
            parts.append(piece)
    return [part for part in parts if part]

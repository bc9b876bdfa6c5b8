"""How one text differs from another, character by character, as Chinese is read."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

_LEAST: Final = 2  # equal characters between two changes; fewer are taken into them
_VARIES: Final = re.compile(r"[0-9*]+")


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Return runs of (kind, text): `=` in both, `-` only before, `+` only after."""
    runs: list[tuple[str, str]] = []
    gone = come = ""
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for at, (tag, a, b, c, d) in enumerate(codes):
        short = tag == "equal" and b - a < _LEAST and 0 < at < len(codes) - 1
        if tag == "equal" and not short:
            runs += _changed(gone, come)
            gone = come = ""
            runs.append(("=", before[a:b]))
        else:
            gone, come = gone + before[a:b], come + after[c:d]
    return runs + _changed(gone, come)


def _changed(gone: str, come: str) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in (("-", gone), ("+", come)) if text]


def signature(runs: Sequence[tuple[str, str]]) -> str:
    """Return what makes two differences the same change: what went and what came, whatever the numbers in it."""
    return "\0".join(f"{kind}{_VARIES.sub('#', text)}" for kind, text in runs if kind != "=")

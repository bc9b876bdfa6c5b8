"""One plain form for whatever a handset sends, before anybody looks for codes in it."""

import unicodedata
from typing import Final

# Blank in the eye of the sender though not of category Zs: the empty braille cell.
_BLANK: Final = "\u2800"
# Invisible, yet not of category Cf: variation selectors and the keycap frame (a keypad emoji is a digit,
# one of those selectors and the frame), the grapheme joiner, the Hangul fillers.
_INVISIBLE: Final = frozenset(
    [*map(chr, range(0xFE00, 0xFE10)), "\u20e3", "\u034f", "\u115f", "\u1160", "\u3164", "\uffa0"]
)
_MEMORY: Final = 10_000  # code points remembered; more than any language's everyday stock


def _fold(char: str) -> str:
    """Return what stands for one character before NFKC: itself, a space, U+FFFD or nothing."""
    category = unicodedata.category(char)
    if char.isspace() or category in {"Zs", "Zl", "Zp"} or char == _BLANK:
        return " "
    if category in {"Cc", "Cf"} or char in _INVISIBLE:
        return ""
    if category == "Cs":  # half of a broken pair: no database and no log can store it
        return "\ufffd"
    if category != "Nd" and not char.isascii() and any("0" <= c <= "9" for c in unicodedata.normalize("NFKC", char)):
        return " "  # ① ² ½ ⒈ ㋀: NFKC would grow a list mark or a footnote into a digit of the code beside it
    return char


class _Folds(dict[int, str]):
    """`_fold` as a table for `str.translate`, filled as characters are met."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold(chr(code_point))
        if len(self) < _MEMORY:
            self[code_point] = folded
        return folded


_FOLDS: Final = _Folds()


def normalise(text: str) -> str:
    """Return `text` in NFKC, without controls and invisible characters; every white space is a space.

    Full-width forms and mathematical digits become ASCII. Digits of other scripts stay as they are and are no
    digits of a code. List marks and footnotes (① ²) become spaces. Applying it twice changes nothing; it never raises.
    """
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", text.translate(_FOLDS))

import sys
import unicodedata

import pytest

from gateway.text.normalise import normalise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("CX 1688", "CX 1688"),
        ("ＣＸ１６８８－０１２３", "CX1688-0123"),
        ("1688　0123", "1688 0123"),  # ideographic space
        ("16\u200b88\ufeff01\u00ad23", "16880123"),  # zero-width space, byte order mark, soft hyphen
        ("16\x0088\x1b01", "168801"),
        ("1688\r\n0123\t4567\u2028", "1688  0123 4567 "),
        ("1\ufe0f\u20e32\ufe0f\u20e3", "12"),  # keypad emoji
        ("①1688", " 1688"),
        ("1688②", "1688 "),
        ("1688²", "1688 "),
        ("1688½", "1688 "),
        ("⒈1688", " 1688"),
        ("㋀1688", " 1688"),
        ("𝟏𝟔", "16"),
        ("٣٤", "٣٤"),  # other scripts' digits: untouched, and no digits of a code
        ("一百二十", "一百二十"),
        ("\ud83d蒙", "\ufffd蒙"),
        ("😀", "😀"),
    ],
)
def test_plain_form(text: str, plain: str) -> None:
    assert normalise(text) == plain


def test_no_character_grows_into_a_digit_unless_it_is_one_or_survives_a_second_pass() -> None:
    wrong = []
    for code_point in range(sys.maxunicode + 1):
        char = chr(code_point)
        plain = normalise(f"a{char}b")
        grown = any("0" <= c <= "9" for c in plain) and unicodedata.category(char) != "Nd"
        if grown or normalise(plain) != plain:
            wrong.append(hex(code_point))
    assert wrong == []

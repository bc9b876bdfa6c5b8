import re
from itertools import pairwise

import pytest
from ffx import FF1

from gateway.domain.code import (
    RECORD_TYPE_OF_CLASS,
    CodeBook,
    check_passes,
    fault_of,
    grouped,
    is_bar_code,
    is_digits,
    is_ear_tag,
    is_id_number,
    is_issued,
    klass,
    masked,
    record_type,
    version,
)
from gateway.domain.errors import BadSettings
from gateway.domain.verdict import Verdict

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
LONG_KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("radix", "tweak", "plain", "cipher"),
    [  # NIST, SP 800-38G examples with intermediate values, FF1 samples 1 to 3
        (10, "", "0123456789", "2433477484"),
        (10, "39383736353433323130", "0123456789", "6124200773"),
        (36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    ],
)
def test_library_computes_the_samples_of_nist(radix: int, tweak: str, plain: str, cipher: str) -> None:
    ff1 = FF1(KEY, radix=radix)
    assert ff1.encrypt(plain, tweak=bytes.fromhex(tweak)) == cipher
    assert ff1.decrypt(cipher, tweak=bytes.fromhex(tweak)) == plain


# Printed labels outlive every release: these lines may be added to and never changed.
VECTORS = [
    # class, version, index, code
    (1, 6, 0, "1655352686433421"),
    (1, 6, 1, "1697554858263361"),
    (4, 6, 1, "4608190699596235"),
    (6, 0, 9_999_999_999_999, "6051665821044402"),
    (9, 6, 123_456, "9688470310235449"),
    (1, 9, 0, "19829103440541572921"),
    (2, 9, 99_999_999_999_999_999, "29769834251868492538"),
]


@pytest.fixture(scope="module")
def book() -> CodeBook:
    return CodeBook({0: KEY, 6: KEY, 9: LONG_KEY})


@pytest.mark.parametrize(("kind", "number", "index", "code"), VECTORS)
def test_codes_once_printed_stay_what_they_are(book: CodeBook, kind: int, number: int, index: int, code: str) -> None:
    assert book.issue(kind, number, index) == code
    assert book.index_of(code) == index
    assert is_issued(code)
    assert (klass(code), version(code)) == (kind, number)


def test_same_index_of_two_classes_gives_unrelated_codes(book: CodeBook) -> None:
    assert book.issue(1, 6, 7)[2:] != book.issue(2, 6, 7)[2:]


def test_neighbouring_indexes_do_not_look_it(book: CodeBook) -> None:
    bodies = sorted(int(book.issue(1, 6, index)[2:-1]) for index in range(100))
    assert min(b - a for a, b in pairwise(bodies)) > 10**6


@pytest.mark.parametrize(
    "code",
    [
        "1688012345678901",  # check digit
        "0688012345678904",
        "1788012345678903",  # a version without a key
        "1000000000000",
        "",
        "蒙C12345",
        "１６８８０１２３４５６７８９０４",
    ],
)
def test_no_index_behind_what_is_not_ours(book: CodeBook, code: str) -> None:
    assert book.index_of(code) is None


def test_no_index_without_the_versions_key(book: CodeBook) -> None:
    code = CodeBook({3: KEY}).issue(1, 3, 42)
    assert is_issued(code)
    assert book.index_of(code) is None


def test_a_key_that_comes_later_is_asked_for_and_kept() -> None:
    there: dict[int, bytes] = {}
    book = CodeBook({1: KEY}, there.get)
    code = CodeBook({2: LONG_KEY}).issue(1, 2, 42)
    assert book.index_of(code) is None
    there[2] = LONG_KEY
    assert book.index_of(code) == 42
    there.clear()
    assert book.issue(1, 2, 42) == code


def test_sixteen_digits_of_version_nine_are_a_long_code_cut_short(book: CodeBook) -> None:
    assert check_passes("1900000000000006")
    assert not is_issued("1900000000000006")  # one long code in ten begins with sixteen digits that pass
    assert book.index_of("1900000000000006") is None


def test_another_key_gives_another_index(book: CodeBook) -> None:
    assert CodeBook({6: LONG_KEY}).index_of(book.issue(1, 6, 42)) != 42


@pytest.mark.parametrize(
    ("kind", "number", "index", "said"),
    [
        (0, 6, 1, "class 0"),
        (10, 6, 1, "class 10"),
        (1, 6, -1, "index -1"),
        (1, 6, 10**13, "room for 0 to 9999999999999"),
        (1, 9, 10**17, "room for 0 to 99999999999999999"),
    ],
)
def test_issue_refuses_what_has_no_place_in_a_code(
    book: CodeBook, kind: int, number: int, index: int, said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        book.issue(kind, number, index)


def test_issue_names_the_missing_key(book: CodeBook) -> None:
    with pytest.raises(BadSettings, match="version 4: no such key"):
        book.issue(1, 4, 1)


@pytest.mark.parametrize("keys", [{6: b"short"}, {6: b""}, {10: KEY}, {-1: KEY}])
def test_unusable_keys_are_refused_by_version(keys: dict[int, bytes]) -> None:
    with pytest.raises(BadSettings, match=f"version {next(iter(keys))}"):
        CodeBook(keys)


def test_a_book_shows_its_versions_and_never_its_keys(book: CodeBook) -> None:
    assert book.versions == {0, 6, 9}
    assert KEY.hex() not in repr(book)
    assert str(KEY) not in repr(book)


@pytest.mark.parametrize(
    ("digits", "passes"),
    [
        ("1688012345678904", True),
        ("1688012345678901", False),
        ("07945", True),  # ISO 7064, its own example of MOD 11,10
        ("", False),
        ("168801234567890X", False),
        ("１６８８０１２３４５６７８９０４", False),
        ("²688012345678904", False),
    ],
)
def test_check_digit(digits: str, passes: bool) -> None:
    assert check_passes(digits) is passes


def test_every_single_wrong_digit_is_caught() -> None:
    code = "1688012345678904"
    for place in range(16):
        for digit in "0123456789".replace(code[place], ""):
            assert not check_passes(code[:place] + digit + code[place + 1 :])


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("19012345678901234561", True),
        ("1688012345678904", True),
        ("16012345678901234566", False),  # twenty digits are version 9's
        ("07945", False),
        ("1688012345678901", False),
    ],
)
def test_shape_of_an_issued_code(code: str, ours: bool) -> None:
    assert is_issued(code) is ours


def test_record_type_is_the_class_digits() -> None:
    book = CodeBook({1: KEY})
    assert {kind: record_type(book.issue(kind, 1, 5)) for kind in range(1, 10)} == {**RECORD_TYPE_OF_CLASS, 9: None}
    assert record_type("6901234567892") is None
    assert record_type("蒙C12345") is None


def test_for_the_eye() -> None:
    assert grouped("1688012345678904") == "1688 0123 4567 8904"
    assert grouped("19012345678901234561") == "1901 2345 6789 0123 4561"
    assert masked("1688012345678904") == "1688****8904"
    assert masked("012345") == "****2345"


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("6901234567892", Verdict.WRONG_KIND),
        ("6901234567890", Verdict.MALFORMED),  # its check digit is wrong
        ("4006381333931", Verdict.MALFORMED),  # a good bar code, not of a Chinese maker
        ("115080200000001", Verdict.WRONG_KIND),  # pig, district 150802
        ("168801234567890", Verdict.MALFORMED),  # one of ours that lost a digit
        ("11010519491231002X", Verdict.WRONG_KIND),  # GB 11643, the standard's own example
        ("110105194912310020", Verdict.MALFORMED),
        ("1688012345678901", Verdict.MALFORMED),
    ],
)
def test_what_is_wrong_with_a_key_nobody_knows(key: str, verdict: Verdict) -> None:
    assert fault_of(key) is verdict


def test_lookers_take_any_text() -> None:
    for text in ("", "²", "٣٤٣٤", "蒙", "\ud83d", "1" * 10_000):
        assert not any(look(text) for look in (is_bar_code, is_ear_tag, is_id_number, is_issued))
    assert not is_digits("²")
    assert not is_digits("")

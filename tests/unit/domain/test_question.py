import re
from time import process_time

import pytest

from gateway.domain.code import check_passes
from gateway.domain.question import Intent, Token, TokenKind, understand
from gateway.domain.question.values import MAX_REMARK
from gateway.domain.verdict import Verdict

CODE = "1688012345678904"
OTHER = "4100987654321011"
ID = "150802199003071235"


def keys(text: str, **edges: bool) -> list[str]:
    return [token.key for token in understand(text, **edges).tokens]


# --- tokens ---------------------------------------------------------------------------------------------------


def test_a_mistyped_code_is_looked_up_before_it_is_called_mistyped() -> None:
    question = understand("CX 1688012345678901")
    assert question.tokens == (Token("1688012345678901", TokenKind.FOREIGN, otherwise=Verdict.MALFORMED),)
    assert question.fault is None


def test_an_answer_can_say_that_look_alikes_were_read() -> None:
    assert understand("I688O12345678904").tokens == (Token(CODE, TokenKind.ISSUED, corrected=True),)


def test_a_look_alike_with_two_readings_is_not_guessed() -> None:
    middle = next(
        digits
        for digits in map("{:015d}".format, range(10**14, 10**14 + 5000))
        if check_passes(f"1{digits}") and check_passes(f"{digits}1")
    )
    assert understand(f"I{middle}").tokens == (Token(f"1{middle}", TokenKind.ISSUED, corrected=True),)
    question = understand(f"I{middle}l")
    assert (question.tokens, question.fault) == ((), Verdict.MALFORMED)


@pytest.mark.parametrize(
    ("digits", "text", "key"), [(5, "DT01234", "01234"), (5, "01234", "01234"), (6, "DT012345", "012345")]
)
def test_a_citys_lift_numbers_have_the_configured_length(digits: int, text: str, key: str) -> None:
    assert understand(text, lift_digits=digits).tokens == (Token(key, TokenKind.LIFT),)


def test_six_digits_are_no_lift_where_lifts_have_five() -> None:
    assert understand("DT012345", lift_digits=5).fault is Verdict.MALFORMED


# --- reports --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "remark", "place"),
    [
        (f"JB{CODE} 在五原县XX超市买的假酒", "在五原县XX超市买的假酒", "五原县XX超市"),
        (f"举报 {CODE}，地点：临河区胜利路3号。酒有怪味", "地点:临河区胜利路3号。酒有怪味", "临河区胜利路3号"),
        ("投诉：电梯012345困人", "电梯 困人", None),
        ("我要投诉，现在很生气", "现在很生气", None),
        ("JB", "", None),
        (f"JB {CODE}", "", None),
        (f"{CODE} JB", "", None),
        (f"举报张三{ID}卖假酒", f"张三{'*' * 18}卖假酒", None),
        ("举报\x00\x1b[31m假酒\u202e", "[31m假酒", None),
        ("举报 第一行\n第二行", "第一行 第二行", None),
    ],
)
def test_what_a_report_tells(text: str, remark: str, place: str | None) -> None:
    question = understand(text)
    assert question.intent is Intent.REPORT
    assert (question.remark, question.place) == (remark, place)


def test_a_long_complaint_is_kept_to_its_limit() -> None:
    question = understand("举报" + "假酒" * 5000)
    assert question.intent is Intent.REPORT
    assert question.remark == "假酒" * (MAX_REMARK // 2)


def test_an_acknowledgement_keeps_its_ticket() -> None:
    question = understand("SD 12345678 4")
    assert (question.intent, question.tokens, question.remark) == (Intent.ACK, (), "12345678 4")


# --- what may be stored ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "redacted", "pin"),
    [
        ("CQ 蒙C12345 #1234", "CQ 蒙C12345 #****", "1234"),
        ("CQ 蒙C12345 ＃１２３４", "CQ 蒙C12345 #****", "1234"),
        ("CQ蒙C12345#1 2 3 4", "CQ蒙C12345#****", "1234"),
        ("CQ 蒙C12345 #12345678", "CQ 蒙C12345 #****", "12345678"),
        ("CQ 蒙C12345 #12", "CQ 蒙C12345 #****", None),  # too short for a PIN, and no less secret
        ("蒙C12345 #1234", "蒙C12345 #****", "1234"),
        ("CQ 7200001234567893 #1234", "CQ 7200001234567893 #****", "1234"),
        ("CQ #7200001234567893#", "CQ #7200001234567893#", None),
        ("CQ 蒙C12345 872126", "CQ 蒙C12345 ****", None),  # without its mark it opens nothing
        ("CQ 蒙C12345 密码：872126", "CQ 蒙C12345 密码:****", None),
        ("#872126 CQ 蒙C12345", "**** CQ 蒙C12345", None),
        ("蒙C12345 pin 8721", "蒙C12345 pin ****", None),
        ("蒙C12345 CX " + CODE, "蒙C12345 CX " + CODE, None),
        (f"CX {CODE} #1234", f"CX {CODE} #1234", None),
        (f"我是{ID}", f"我是{'*' * 18}", None),
        ("15080219900307118x", "*" * 18, None),
        ("１５０８０２１９９００３０７１２３５", "*" * 18, None),
        (f"CX{CODE}，{ID}", f"CX{CODE},{'*' * 18}", None),
        ("150802 19900307 1235", "*" * 20, None),
        (f"{'好' * 2000}{ID}", f"{'好' * 2000}{'*' * 18}", None),  # also where nobody reads any more
        ("假酒，在五原！", "假酒，在五原！", None),  # untouched when there is nothing to hide
        ("a\x00b\ud83dc", "ab\ufffdc", None),
    ],
)
def test_secrets_do_not_get_stored(text: str, redacted: str, pin: str | None) -> None:
    question = understand(text)
    assert (question.redacted, question.pin) == (redacted, pin)


def test_a_pin_is_no_code_and_no_remark() -> None:
    question = understand("CQ 蒙C12345 #1234")
    assert question.tokens == (Token("蒙C12345", TokenKind.PLATE),)
    assert "1234" not in understand("举报 CQ 蒙C12345 #9876").remark


def test_an_id_number_is_never_a_key() -> None:
    for text in (ID, f"CX{ID}", f"CX {ID} {CODE}", "150802 19900307 1235", "1508 0219 9003 0712 35"):
        assert all(token.key.find("199003") < 0 for token in understand(text).tokens), text


def test_a_question_in_a_log_shows_no_text() -> None:
    shown = repr(understand(f"CQ 蒙C12345 #1234 JB {CODE} 在五原"))
    assert not re.search(r"1234|五原|蒙C", shown)


# --- parts that are still missing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found", "cut"),
    [
        (CODE, [], True),  # a seventeenth digit may follow
        (f"{CODE} ", [CODE], False),
        (f"{CODE}。谢谢", [CODE], False),
        ("1688 0123 4567 8904 ", [], True),  # put together from groups, and a group may follow
        ("1688 0123 4567 8904元", ["1688012345678904"], False),
        ("CX 168801234", [], True),
        ("CX 1688 0123 -", [], True),
        (f"{CODE} {OTHER}", [CODE], True),
        ("DT012345", [], True),
        ("DT012345 ", ["012345"], False),
        ("012345 ", [], True),  # alone only if nothing follows
        ("DT012345号 ", ["012345"], False),
        ("蒙C12345", [], True),
        ("蒙C12345 ", ["蒙C12345"], False),
        (f"https://fx100.example/q/{CODE}", [], True),
        (f"https://fx100.example/q/{CODE} ", [CODE], False),
        ("CX 1688012345678901", [], True),  # not mistyped either: not all here
        ("你好，我买了瓶酒", [], False),
        ("I688O12345678904", [], True),
    ],
)
def test_a_token_at_an_open_end_waits(text: str, found: list[str], cut: bool) -> None:
    question = understand(text, open_end=True)
    assert ([t.key for t in question.tokens], question.cut, question.fault) == (found, cut, None)


@pytest.mark.parametrize(
    ("text", "found", "cut"),
    [
        (CODE, [], True),
        (f" {CODE}", [CODE], False),
        (f"，{CODE}", [CODE], False),
        (" 1688 0123 4567 8904", [], True),
        ("码1688 0123 4567 8904", [CODE], False),
        ("8904 谢谢", [], True),
        ("谢谢", [], False),
    ],
)
def test_a_token_at_an_open_start_waits(text: str, found: list[str], cut: bool) -> None:
    question = understand(text, open_start=True)
    assert ([t.key for t in question.tokens], question.cut, question.fault) == (found, cut, None)


@pytest.mark.parametrize("text", ["TD", "T", "退订", "收到", "SJ"])
@pytest.mark.parametrize("edge", ["open_start", "open_end"])
def test_no_command_is_read_into_a_part(text: str, edge: str) -> None:
    assert understand(text, **{edge: True}).intent not in {Intent.OPTOUT, Intent.ACK, Intent.DETAIL}


def test_a_code_cut_by_the_reading_limit_is_not_read() -> None:
    for length in range(640, 671):
        assert keys("好" * length + CODE + "5") == []


# --- long texts -----------------------------------------------------------------------------------------------


def test_a_long_text_without_a_code_of_ours_is_no_question() -> None:
    chat = "我们昨天买的那瓶酒味道不对，" * 10
    assert understand(chat).intent is Intent.NONE
    assert understand(chat + "单号20260501123456789").intent is Intent.NONE
    assert keys(chat + CODE) == [CODE]


@pytest.mark.parametrize(
    "junk",
    [
        "1 " * 5000,
        "I1" * 5000,
        "1!" * 5000,
        "1234567890123456 " * 600,
        "蒙C" * 5000,
        "#" * 10_000,
        " " * 10_000,
        "【" * 10_000,
        "的" * 9_990 + "【x】",
        "https://" * 1250,
        "https://a/01/12345678/10/" + "a/" * 5000,
        "请问" * 5000,
        "怎么" * 5000,
        "收到了谢谢" * 2000,
        "退订了吧" * 2500,
        "在a" * 5000,
        "查真伪的吗" * 2000 + "x",
        "①" * 10_000,
        "\u200b" * 10_000,
        "{{7*7}}" * 1400,
        "".join(map(chr, range(0x3400, 0x3400 + 10_000))),
    ],
)
def test_junk_takes_no_more_time_the_longer_it_is(junk: str) -> None:
    """Five times the text may cost no more than some ten times the time; a runaway pattern costs hundreds."""
    understand(junk)  # tables are filled
    short = min(_seconds(junk[: len(junk) // 5]) for _ in range(5))
    whole = min(_seconds(junk) for _ in range(5))
    assert whole < 12 * short + 0.02


@pytest.mark.parametrize("words", ["防伪码", "我想要", "查验证真伪", "退订TD退订"])
@pytest.mark.parametrize("length", [60, 134, 670])
def test_words_that_can_be_cut_in_two_ways_are_not_tried_in_all(words: str, length: int) -> None:
    text = (words * length)[:length] + "x"
    understand(text)
    assert _seconds(text) < 0.05  # two readings a word would take hours; one takes a tenth of a millisecond


def _seconds(text: str) -> float:
    begin = process_time()
    understand(text)
    return process_time() - begin

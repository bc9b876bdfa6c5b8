import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.voice.normalise import Unspeakable, guard, normalise


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("电梯012345：检验有效至2026-11。", "电梯零幺二，三四五：检验有效至二零二六年十一月。"),
        ("编码1688012345678904", "编码幺六八八，零幺二三，四五六七，八九零四"),
        ("编码1688 0123 4567 8904，", "编码幺六八八，零幺二三，四五六七，八九零四，"),
        ("请拨0473-0000000或12315。", "请拨零四七三，零零零，零零零零或幺二三幺五。"),
        ("热线400-6422-365", "热线四零零，六四二二，三六五"),
        ("手机13800000001", "手机幺三八，零零零零，零零零幺"),
        ("2026-05-01 10:20", "二零二六年五月一日十点二十分"),
        ("2026-02-30", "二零二六年二月三十日"),
        ("蒙C12345可充装", "内蒙古C，幺二三四五可充装"),
        ("蒙C***12：禁止充装", "内蒙古C，尾号幺二：禁止充装"),
        ("瓶号****5678", "瓶号尾号五六七八"),
        ("充装14.5kg，500ml，2kg", "充装十四点五公斤，五百毫升，两公斤"),
        ("压力1.6MPa", "压力一点六兆帕"),
        ("批号A0312", "批号A零三幺二"),
        ("许可证TS4215012-2027", "许可证TS四二幺五，零幺二，二零二七"),
        ("０４７３－０００００００", "零四七三，零零零，零零零零"),
        ("【放心100】首次查询，是正品。", "放心一百，首次查询，是正品。"),
        ("首次查询，是正品。", "首次查询，是正品。"),
    ],
)
def test_says_what_is_ours_by_our_rules(text: str, said: str) -> None:
    assert normalise(text) == said


@pytest.mark.parametrize(
    ("text", "said"), [("价格¥12.5", "价格十二点五元"), ("占3/4", "占四分之三"), ("约30%", "约百分之三十")]
)
def test_leaves_the_rest_to_the_general_rules(text: str, said: str) -> None:
    assert normalise(text) == said


@pytest.mark.parametrize("nothing", ["", "。", " ，", "***", "😀"])
def test_refuses_what_has_no_sound(nothing: str) -> None:
    with pytest.raises(Unspeakable):
        normalise(nothing)


@pytest.mark.parametrize("digit", ["3", "３", "٣", "³", "①", "Ⅳ", "½", "〇"])
def test_lets_no_digit_through(digit: str) -> None:
    with pytest.raises(Unspeakable, match="at random"):
        guard(f"第{digit}次")


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_or_leaves_a_digit(text: str) -> None:
    try:
        said = normalise(text)
    except Unspeakable:
        return
    assert not any(unicodedata.category(one)[0] == "N" for one in said)
    assert all(one.isalpha() or one in "，。；：、！？ " for one in said)

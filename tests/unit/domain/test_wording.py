"""What libraries and records say in English paths, said to its sender."""

import pytest

from gateway.domain.wording import understood


@pytest.mark.parametrize(
    ("message", "path", "reason"),
    [
        ("Object missing required field `applied_on` - at `$.pesticides[0]`", "pesticides[0].applied_on", "必填"),
        ("Object missing required field `phone` - at `$.recall`", "recall.phone", "必填"),
        ("Object missing required field `@context`", "@context", "必填"),
        ("Expected `str` of length <= 60 - at `$.product`", "product", "太长，最多60个字"),
        ("Expected `float` < 80.0 - at `$.alcohol_vol`", "alcohol_vol", "应小于80"),
        ("Expected `int` >= 1 - at `$.spec_ml`", "spec_ml", "不能小于1"),
        ("Invalid enum value 'x' - at `$.state`", "state", "不在可选项内"),
        ("planted_on: 2026-07-13 种植日期应早于采收日期", "planted_on", "种植日期应早于采收日期"),
        ("feeds.to_on: 2026-01-01 结束日期早于开始日期 - at `$.feeds[2]`", "feeds[2].to_on", "结束日期早于开始日期"),
        ("animals[1].ear_tag: 1 耳标首位应为3 - at `$`", "animals[1].ear_tag", "耳标首位应为3"),
        ("scrap_on: 2001-01 应晚于制造日期 - at `$.cylinders[0]`", "cylinders[0].scrap_on", "应晚于制造日期"),
        ("Object contains unknown field `x y` - at `$.fill`", "fill.x y", "没有“x y”这一项"),
        (
            "Expected `datetime` with a timezone component - at `$.at`",
            "at",
            "时间须写明时区，如2026-05-10T12:00:00+08:00",
        ),
        ("Number out of range - at `$.weight_kg`", "weight_kg", "数字超出范围"),
        ("Expected `object`, got `str`", "", "应为对象"),
        ("inspection.next_on: 2026-06-31 不是存在的日期 - at `$.inspection`", "inspection.next_on", "不是存在的日期"),
        ("a sentence nobody foresaw - at `$.x`", "x", "a sentence nobody foresaw"),
    ],
)
def test_what_msgspec_says_is_said_in_chinese(message: str, path: str, reason: str) -> None:
    fault = understood(message)

    assert (fault.path, fault.reason) == (path, reason)

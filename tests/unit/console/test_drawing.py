"""Bars stand within their picture, names and values and all."""

import re

from gateway.console.drawing import Bar, bars

_WIDTH = 640


def test_a_long_value_behind_the_longest_bar_is_not_cut_off() -> None:
    shown = "12,345 突增，平常 0.12"
    drawn = str(bars("", [Bar("177700…", 12345, shown), Bar("1", 1, "1")]))
    [begins] = [float(x) for x, text in re.findall(r'class="strong" x="([\d.]+)"[^>]*>([^<]+)', drawn) if text == shown]
    assert begins + sum(10 if one.isascii() else 17 for one in shown) <= _WIDTH


def test_a_long_name_in_front_is_not_cut_off() -> None:
    name = "短信卡 百分之九十九的人等"
    drawn = str(bars("", [Bar(name, 1, "1")]))
    [ends] = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="end"', drawn)]
    assert ends >= sum(10 if one.isascii() else 17 for one in name)


def test_names_and_addresses_are_escaped() -> None:
    drawn = str(bars('"><x', [Bar("<script>", 1, "<b>", '/x?"><i')]))
    assert not re.search(r"<(script|b>|i>|x)", drawn)

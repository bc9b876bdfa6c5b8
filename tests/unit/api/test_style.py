"""The colours of the public pages stand apart enough to be read by everybody (WCAG 2.2, 1.4.3 and 1.4.6)."""

import re
from importlib import resources

import pytest

CSS = resources.files("gateway.api").joinpath("static", "public.css").read_text("utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", CSS)) | {"white": "#ffffff"}
AAA = 7.0  # for text of any size


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("ink", "paper"),
        ("ink", "card"),
        ("soft", "paper"),
        ("soft", "card"),
        ("brand", "paper"),
        ("white", "brand"),
        ("good", "good-bg"),
        ("ink", "good-bg"),
        ("care", "care-bg"),
        ("care", "paper"),
        ("ink", "care-bg"),
        ("danger", "danger-bg"),
        ("danger-bg", "paper"),
    ],
)
def test_text_stands_out(text: str, behind: str) -> None:
    assert contrast(text, behind) >= AAA


def test_the_page_loads_nothing_from_elsewhere() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS

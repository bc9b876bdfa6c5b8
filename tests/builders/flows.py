"""Flows: those that are shipped, and small ones with one thing made different."""

from collections.abc import Callable
from pathlib import Path

from gateway.ivr.flow import Flow
from gateway.ivr.reader import read

FOLDER = Path(__file__).parents[2] / "ivr_flows"
SHIPPED = ("hotline", "station")

SMALL = """\
about: 小
start: main
steps:
  main:
    menu: 请按一。
    keys: {"1": code}
    silence: {say: 没有按键。}
    wrong: {say: 没有这个选项。}
    failed: end
  code:
    collect: 请输入编码。
    takes: code
    then: answer
    silence: {say: 没有编码。}
    wrong: {say: 没有编码。}
    failed: end
  answer:
    answer: code
    then: main
    malformed: {retry: code}
    limited: end
    failed: end
    texted: main
    unspoken: end
  end:
    hangup: 再见。
"""


def shipped(name: str) -> Flow:
    return read((FOLDER / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml", name)


def small(*changes: tuple[str, str], has_clip: Callable[[str], bool] | None = None) -> Flow:
    """Return the small flow, each `before` in its text replaced by its `after`."""
    text = SMALL
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return read(text, "small.yaml", "small", has_clip=has_clip)

"""Where the steps of a flow stand in its picture, and how the arrows run: without colours, counts or a file format."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import graphlay

from gateway.ivr import steps
from gateway.ivr.clauses import ANSWER, VALUE
from gateway.ivr.drafting import Area, Line, Point, place
from gateway.ivr.flow import Flow
from gateway.ivr.steps import Exit, Step, exits

KIND_WORDS: Final = {
    steps.Say: "播放",
    steps.Goto: "转到",
    steps.Menu: "菜单",
    steps.Collect: "输入",
    steps.Answer: "查询",
    steps.Sms: "短信",
    steps.Record: "录音",
    steps.Transfer: "转接",
    steps.Hangup: "挂断",
}
_EXIT_WORDS: Final = {
    "then": "", "silence": "未按键", "wrong": "按错", "malformed": "有误", "limited": "超限", "refused": "不能发",
    "texted": "改发短信", "unspoken": "无法播报",
}  # fmt: skip
FONT, LINE = 14, 20  # pixels
_PADDING: Final = 12
_LONGEST: Final = 13  # characters of what a step says that are shown
LABEL: Final = 13
# As wide as what is counted may be: after an arrow's words, and in a box.
COUNT: Final = " 00000 100%"
COUNTS: Final = "进00000 挂00000"


@dataclass(frozen=True, slots=True)
class Box:
    """A step: its upper left corner, its size, its lines."""

    step: str
    kind: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one step to another, for one or several exits; its words stand at `at`."""

    source: str
    target: str
    exits: tuple[str, ...]
    words: str
    points: tuple[Point, ...]
    at: Point | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A flow, laid out."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def wide(text: str, font: float = FONT) -> float:
    """Return how wide a line is, about: a Chinese character is as wide as high, a Latin one six tenths of it."""
    return sum(font if unicodedata.east_asian_width(one) in "WFA" else 0.6 * font for one in text)


def lay_out(flow: Flow, *, counted: bool = False) -> Picture:
    """Place every step, from the left to the right in the order of a call.

    `counted`: with room for what is counted, after the words of each arrow and as one more line of each box.
    """
    more = COUNT if counted else ""
    graph, places = graphlay.Graph(), {name: at for at, name in enumerate(flow.steps)}
    texts = {name: _lines(name, step, counted=counted) for name, step in flow.steps.items()}
    sizes = {name: (_width(lines), LINE * len(lines) + 2 * _PADDING) for name, lines in texts.items()}
    for name in flow.steps:
        width, height = sizes[name]
        graph.node(name, width=width, height=height, rank=_rank(flow, name))
    ways = _ways(flow)
    for (source, target), names in ways.items():
        words = _words(flow.steps[source], names)
        size: dict[str, Any] = {"label_size": [wide(words + more, LABEL) + 6, LABEL + 6]} if words + more else {}
        graph.edge(source, target, **size)
    drawn = graphlay.layout(graph, options=_OPTIONS)
    corner = _corner(drawn)
    boxes = []
    for name, step in flow.steps.items():
        centre, (width, height) = drawn.nodes[places[name]]["center"], sizes[name]
        place = centre["x"] - width / 2 - corner.x, centre["y"] - height / 2 - corner.y
        boxes.append(Box(name, KIND_WORDS[type(step)], texts[name], *place, width, height))
    lines = [tuple(Point(one["x"] - corner.x, one["y"] - corner.y) for one in edge["points"]) for edge in drawn.edges]
    arrows = [
        Arrow(source, target, names, _words(flow.steps[source], names), points, None)
        for ((source, target), names), points in zip(ways.items(), lines, strict=True)
    ]
    arrows = label(boxes, arrows, more)
    right = max([box.x + box.width for box in boxes] + [point.x for arrow in arrows for point in arrow.points])
    low = max([box.y + box.height for box in boxes] + [point.y for arrow in arrows for point in arrow.points])
    return Picture(flow.about, right + _MARGIN, low + _MARGIN, tuple(boxes), tuple(arrows))


def _rank(flow: Flow, name: str) -> str:
    """Return where a step stands for certain: calls begin on the left and end on the right."""
    if name == flow.start:
        return "first"
    return "last" if not any(exits(flow.steps[name])) else "free"


_MARGIN: Final = 40
_OPTIONS: Final = {
    "spacing": {"layer_gap": 110.0, "node_gap": 34.0, "dummy_gap": 24.0, "port_gap": 20.0},
    "cycles": {"strategy": "follow_flow"},
}


def label(boxes: Sequence[Box], arrows: Sequence[Arrow], more: str = "") -> list[Arrow]:
    """Return the arrows with a place for their words and `more`, each on its own line."""
    taken = [Area(box.x, box.y, box.width, box.height) for box in boxes]
    placed: dict[int, Point] = {}
    # Whoever has the least room chooses first.
    for at in sorted(range(len(arrows)), key=lambda one: _room(arrows[one])):
        arrow = arrows[at]
        if arrow.words + more:
            others: list[Line] = [other.points for other in arrows if other is not arrow]
            size = wide(arrow.words + more, LABEL) + 4, LABEL + 4.0
            placed[at] = place(arrow.points, size, taken, others)
            taken.append(Area.round(placed[at], size))
    return [replace(arrow, at=placed.get(at)) for at, arrow in enumerate(arrows)]


def _room(arrow: Arrow) -> float:
    """Return how much of its line is left beside its words."""
    return sum(abs(b.x - a.x) + abs(b.y - a.y) for a, b in pairwise(arrow.points)) - wide(arrow.words, LABEL)


def _corner(drawn: graphlay.Layout) -> Point:
    """Return what is to be taken off, so that all of it stands right of and below the margin; room for the title."""
    xs = [n["center"]["x"] - n["size"]["width"] / 2 for n in drawn.nodes]
    ys = [n["center"]["y"] - n["size"]["height"] / 2 for n in drawn.nodes]
    for edge in drawn.edges:
        xs += [one["x"] for one in edge["points"]]
        ys += [one["y"] for one in edge["points"]]
    return Point(min(xs) - _MARGIN, min(ys) - 2 * _MARGIN)


def _ways(flow: Flow) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the exits by where they lead; what tries the same step again is told in its box."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, step in flow.steps.items():
        for way, exit_ in exits(step):
            if not _again(name, exit_):
                found[name, exit_.to].append(way)
    return {ends: tuple(names) for ends, names in found.items()}


def _again(name: str, exit_: Exit) -> bool:
    return exit_.retry and exit_.to == name


def _words(step: Step, names: tuple[str, ...]) -> str:
    return "、".join(filter(None, (way_word(step, name) for name in names)))


def way_word(step: Step, name: str) -> str:
    """Return a way out in a few characters; empty for the one that goes on."""
    if name == "failed":
        return "几次未成" if isinstance(step, steps.Menu | steps.Collect) else "系统故障"
    if name.startswith("alone "):
        return f"只按{name[-1]}"
    return _EXIT_WORDS.get(name, name)


def _lines(name: str, step: Step, *, counted: bool) -> tuple[str, ...]:
    lines = [f"{KIND_WORDS[type(step)]} {name}"]
    said = "" if isinstance(step, steps.Goto | steps.Answer | steps.Sms) else "".join(step.say[:1])
    said = "（上次的答复）" if said == ANSWER else VALUE.sub("…", said).strip("。，")
    if said:
        lines.append(said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…")
    if isinstance(step, steps.Menu | steps.Collect) and step.tries > 1:
        lines.append(f"未按、按错再问，共{step.tries}次")
    return (*lines, COUNTS) if counted else tuple(lines)


def _width(lines: tuple[str, ...]) -> float:
    return max(map(wide, lines)) + 2 * _PADDING

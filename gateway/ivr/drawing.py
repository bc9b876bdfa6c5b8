"""Draws a picture of a flow as SVG, plain enough for any browser and for print."""

from collections.abc import Callable
from html import escape
from typing import Final

from gateway.ivr.drafting import Line, Point
from gateway.ivr.picture import FONT, LABEL, LINE, Arrow, Box, Picture, wide

_FILLS: Final = {
    "菜单": "#e8f0fe", "输入": "#e8f0fe", "查询": "#e6f4ea", "短信": "#e6f4ea", "录音": "#fef7e0", "转接": "#fce8e6",
    "挂断": "#f1f3f4", "播放": "#ffffff", "转到": "#ffffff",
}  # fmt: skip
_FONTS: Final = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
_TITLE, _PLAIN = 'fill="#202124" font-weight="bold"', 'fill="#5f6368"'
_ROUND: Final = 6.0

# How often an arrow was taken; None: nothing is written.
Count = Callable[[Arrow], int | None]


def svg(picture: Picture, count: Count = lambda _: None) -> str:
    """Return the picture; `count` adds to each arrow how often it was taken."""
    width, height = round(picture.width), round(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{_FONTS}" font-size="{FONT}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#5f6368"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="40" y="44" font-size="20" font-weight="bold" fill="#202124">{escape(picture.title)}</text>',
        *(_line(arrow) for arrow in picture.arrows),
        *(_box(box) for box in picture.boxes),
        *(_words(arrow, count(arrow)) for arrow in picture.arrows),
        "</svg>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _line(arrow: Arrow) -> str:
    return (
        f'<path d="{path(arrow.points)}" fill="none" stroke="#5f6368" stroke-width="1.3" marker-end="url(#tip)">'
        f"<title>{escape(arrow.source)} → {escape(arrow.target)}</title></path>"
    )


def path(points: Line) -> str:
    """Return a line through the points, its corners rounded."""
    written = [f"M{points[0].x:.1f} {points[0].y:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _toward(corner, before), _toward(corner, after)
        written.append(f"L{start.x:.1f} {start.y:.1f}Q{corner.x:.1f} {corner.y:.1f} {end.x:.1f} {end.y:.1f}")
    written.append(f"L{points[-1].x:.1f} {points[-1].y:.1f}")
    return "".join(written)


def _toward(corner: Point, other: Point) -> Point:
    dx, dy = other.x - corner.x, other.y - corner.y
    length = max(abs(dx), abs(dy), 0.001)
    share = min(_ROUND, length / 2) / length
    return Point(corner.x + dx * share, corner.y + dy * share)


def _box(box: Box) -> str:
    middle = box.x + box.width / 2
    texts = "".join(
        f'<text x="{middle:.1f}" y="{box.y + 12 + LINE * at + FONT:.1f}" text-anchor="middle"'
        f" {look}>{escape(line)}</text>"
        for at, (line, look) in enumerate(zip(box.lines, (_TITLE, _PLAIN, _PLAIN), strict=False))
    )
    return (
        f'<g id="step-{escape(box.step)}"><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}"'
        f' height="{box.height:.1f}" rx="6" fill="{_FILLS[box.kind]}" stroke="#9aa0a6"/>{texts}</g>'
    )


def _words(arrow: Arrow, count: int | None) -> str:
    words = arrow.words if count is None else f"{arrow.words} {count}".strip()
    if not words or arrow.at is None:
        return ""
    width, height = wide(words, LABEL) + 4, LABEL + 4
    x, y = arrow.at.x, arrow.at.y
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height}" fill="#ffffff"/>'
        f'<text x="{x:.1f}" y="{y + LABEL * 0.36:.1f}" font-size="{LABEL}" text-anchor="middle" fill="#1a73e8">'
        f"{escape(words)}</text>"
    )

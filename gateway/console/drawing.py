"""Small charts as SVG, made here: lengths are attributes, so that no style is needed; each bar leads to its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

_WIDTH: Final = 640
_ROW = 24
_NARROWEST, _WIDEST = 110, 320  # of names in front of bars
_LETTER, _WIDE = 10, 17  # how wide a letter and a Chinese character are on a phone, where they are drawn largest
_HOURS: Final = 24
_COLUMN, _HEIGHT = 21, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is, how much, where its rows are; `loud` where it is out of the ordinary."""

    label: str
    value: float
    shown: str
    link: str = ""
    loud: bool = False


def bars(says: str, rows: Sequence[Bar]) -> Markup:
    """Draw bars from the left, one below the other, each with its name and its value."""
    most = max((row.value for row in rows), default=0) or 1
    left = min(_WIDEST, max(_NARROWEST, 16 + max((_length(row.label) for row in rows), default=0)))
    # So much is left for the longest bar that each value stands in full behind its own.
    room = max(40, _WIDTH - left - 12 - max((_length(row.shown) for row in rows), default=0))
    parts = []
    for place, row in enumerate(rows):
        y = place * _ROW
        length = max(1.0, room * row.value / most)
        drawn = (
            f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{escape(row.label)}</text>'
            f'<rect class="{"loud" if row.loud else "bar"}" x="{left}" y="{y + 4}" width="{length:.1f}" height="16"'
            f' rx="2"/><text class="strong" x="{left + length + 6:.1f}" y="{y + 16}">{escape(row.shown)}</text>'
        )
        parts.append(f'<a href="{escape(row.link)}">{drawn}</a>' if row.link else drawn)
    return _svg(says, len(rows) * _ROW, "".join(parts))


def _length(text: str) -> int:
    return sum(_LETTER if one.isascii() else _WIDE for one in text)


def hours(says: str, series: Mapping[str, Mapping[int, int]], links: Mapping[str, Mapping[int, str]]) -> Markup:
    """Draw the hours of the day, a row of columns for each series, its name in front; each column leads to its rows."""
    most = max((count for counts in series.values() for count in counts.values()), default=0) or 1
    left = _WIDTH - _HOURS * _COLUMN
    parts = []
    for place, (name, counts) in enumerate(series.items()):
        base = (place + 1) * (_HEIGHT + 10)
        columns = "".join(
            _column(left + hour * _COLUMN, base, count / most, f"{name} {hour}:00 {count:,}", links[name].get(hour, ""))
            for hour, count in sorted(counts.items())
            if count
        )
        label = f'<text x="{left - 10}" y="{base - 4}" text-anchor="end">{escape(name)}</text>'
        axis = f'<line class="axis" x1="{left}" x2="{_WIDTH}" y1="{base}.5" y2="{base}.5"/>'
        parts.append(f"{label}{columns}{axis}")
    foot = len(series) * (_HEIGHT + 10) + 16
    ticks = "".join(
        f'<text x="{left + hour * _COLUMN + _COLUMN / 2}" y="{foot}" text-anchor="middle">{hour}</text>'
        for hour in range(0, _HOURS, 3)
    )
    return _svg(says, foot + 4, "".join(parts) + ticks)


def _column(left: float, base: float, share: float, says: str, link: str) -> str:
    """Draw one column, a `share` of the height; low ones are met by the pointer too, over all of it."""
    height = _HEIGHT * share
    drawn = (
        f'<rect class="hit" x="{left}" y="{base - _HEIGHT}" width="{_COLUMN}" height="{_HEIGHT}"/>'
        f'<rect class="bar" x="{left + 2}" y="{base - height:.1f}" width="{_COLUMN - 4}" height="{height:.1f}" rx="1"/>'
    )
    return f'<a href="{escape(link)}" aria-label="{escape(says)}">{drawn}</a>' if link else drawn


def _svg(says: str, height: int, inside: str) -> Markup:
    return Markup(  # noqa: S704 - every text in it is escaped above
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {max(height, 1)}" role="group" aria-label="{escape(says)}">'
        f"{inside}</svg>"
    )

"""A flow's picture with a day's counts on it, as SVG in the colours of the page: each box leads to its step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from markupsafe import Markup, escape

from gateway.ivr import steps
from gateway.ivr.drawing import path
from gateway.ivr.flow import Flow
from gateway.ivr.picture import FONT, KIND_WORDS, LABEL, LINE, Arrow, Box, Picture, lay_out, way_word, wide
from gateway.ivr.ports import Way
from gateway.ivr.steps import Hangup, exits

# Ways out that stand in no flow: the caller hung up before he had what he wanted, or with his answer; and where the
# call went when the dialogue was over.
GAVE_UP, DONE = "hangup", "done"
_WAYS: Final = {Way.HANG_UP.value, Way.QUEUE.value, Way.QUEUE_FIRST.value, Way.NUMBER.value}
_LOOKS: Final = {
    "菜单": "ask", "输入": "ask", "查询": "does", "短信": "does", "录音": "does", "转接": "goes", "挂断": "ends",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Out:
    """One way out of a step, and how often it was taken."""

    name: str
    word: str
    to: str  # empty: the call is over
    calls: int


@dataclass(frozen=True)
class Counted:
    """What a day's calls did in a flow."""

    flow: Flow
    counts: Mapping[tuple[str, str], int]

    @cached_property
    def entered(self) -> Mapping[str, int]:
        """Return how often each step was come to; every visit ends by one way out."""
        found = dict.fromkeys(self.flow.steps, 0)
        for (step, _), calls in self.counts.items():
            if step in found:
                found[step] += calls
        return found

    @cached_property
    def calls(self) -> int:
        """Return how many calls are over."""
        return sum(calls for (step, exit_), calls in self.counts.items() if self._ends(step, exit_))

    def _ends(self, step: str, exit_: str) -> bool:
        known = self.flow.steps.get(step)
        return known is not None and exit_ in _WAYS | {DONE} and exit_ not in dict(exits(known))

    def gave_up(self, step: str) -> int:
        """Return how many hung up here without what they had called for."""
        return 0 if isinstance(self.flow.steps[step], Hangup) else self.counts.get((step, GAVE_UP), 0)

    @cached_property
    def lost(self) -> int:
        """Return how many gave up anywhere."""
        return sum(map(self.gave_up, self.flow.steps))

    @cached_property
    def worst(self) -> str | None:
        """Return where most gave up; None: nobody did."""
        most = max(self.flow.steps, key=self.gave_up)
        return most if self.gave_up(most) else None

    def taken(self, arrow: Arrow) -> int:
        """Return how often an arrow was taken."""
        return sum(self.counts.get((arrow.source, name), 0) for name in arrow.exits)

    def share(self, calls: int, step: str) -> float:
        """Return the share of those who were at a step."""
        return calls / self.entered[step] if self.entered[step] else 0.0

    def outs(self, step: str) -> list[Out]:
        """Return all ways out of a step in the order of the flow, then how calls ended there."""
        known = self.flow.steps[step]
        found = []
        for name, exit_ in exits(known):
            calls = self.counts.get((step, name), 0)
            found.append(Out(name, way_word(known, name), exit_.to, calls))
        named = {out.name for out in found}
        for (at, name), calls in sorted(self.counts.items()):
            if at == step and name not in named:
                ends = Out(name, "", "", calls)
                found.append(ends)
        return found


class Pictures:
    """Lays flows out, each once as long as it stays the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Flow, Picture]] = {}

    def of(self, flow: Flow) -> Picture:
        """Return a flow's picture; it takes a tenth of a second the first time."""
        kept = self._kept.get(flow.name)
        if kept is None or kept[0] != flow:
            kept = self._kept[flow.name] = flow, lay_out(flow, counted=True)
        return kept[1]


def draw(picture: Picture, counted: Counted, says: str, words: Sequence[str]) -> Markup:
    """Draw it; `words`: what stands before the calls that came, and before those that were given up."""
    width, height = round(picture.width), round(picture.height)
    inside = "".join(
        [
            *(_line(arrow, counted) for arrow in picture.arrows),
            *(_box(box, counted, words) for box in picture.boxes),
            *(_words(arrow, counted) for arrow in picture.arrows),
        ]
    )
    return Markup(  # noqa: S704 - every text in it is escaped below
        f'<svg class="flow" viewBox="0 40 {width} {height - 40}" width="{width}" height="{height - 40}" role="group"'
        f' aria-label="{escape(says)}"><defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        f' markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
        f"{inside}</svg>"
    )


def _line(arrow: Arrow, counted: Counted) -> str:
    look = "way" if counted.taken(arrow) else "way idle"
    return f'<path class="{look}" d="{path(arrow.points)}" marker-end="url(#tip)"/>'


def _box(box: Box, counted: Counted, words: Sequence[str]) -> str:
    middle, gave_up = box.x + box.width / 2, counted.gave_up(box.step)
    came = f"{words[0]} {counted.entered[box.step]:,}"
    if gave_up:
        came += f"　{words[1]} {gave_up:,}"
    lines = [*box.lines[:-1], came]
    looks = ["strong", *[""] * (len(lines) - 2), "count"]
    texts = "".join(
        f'<text class="{look}" x="{middle:.1f}" y="{box.y + 12 + LINE * at + FONT:.1f}" text-anchor="middle">'
        f"{escape(line)}</text>"
        for at, (line, look) in enumerate(zip(lines, looks, strict=True))
    )
    look = "leak" if box.step == counted.worst else _LOOKS.get(box.kind, "")
    return (
        f'<a href="#step-{escape(box.step)}"><rect class="step {look}" x="{box.x:.1f}" y="{box.y:.1f}"'
        f' width="{box.width:.1f}" height="{box.height:.1f}" rx="6"/>{texts}</a>'
    )


def _words(arrow: Arrow, counted: Counted) -> str:
    calls, words = counted.taken(arrow), arrow.words
    if calls:  # only the ways that were taken: a word of another would be read as what the number counts
        step = counted.flow.steps[arrow.source]
        names = (name for name in arrow.exits if counted.counts.get((arrow.source, name)))
        share = f"{calls:,} {round(100 * counted.share(calls, arrow.source))}%"
        words = f"{'、'.join(filter(None, (way_word(step, name) for name in names)))} {share}".strip()
    if not words or arrow.at is None:
        return ""
    width, height = wide(words, LABEL) + 4, LABEL + 4
    x, y = arrow.at.x, arrow.at.y
    return (
        f'<rect class="paper" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height}"/>'
        f'<text class="{"taken" if calls else "idle"}" x="{x:.1f}" y="{y + LABEL * 0.36:.1f}" text-anchor="middle">'
        f"{escape(words)}</text>"
    )


def kind(step: steps.Step) -> str:
    """Return what sort of step it is, in two characters."""
    return KIND_WORDS[type(step)]

"""The hotline's flows: what calls did in them on a day, where callers gave up, and how each prompt sounds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from gateway.console import exporting
from gateway.console.dates import day_of
from gateway.console.exporting import Grid
from gateway.console.flowchart import DONE, GAVE_UP, Counted, Out, Pictures, draw, kind
from gateway.console.page import get, post
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.ivr import steps
from gateway.ivr.flow import Flow
from gateway.ivr.ports import Way
from gateway.ivr.prompts import prompts, prompts_of

_VIEWERS: Final = frozenset({Role.ADMIN, Role.WORDING, Role.REGULATOR})
_MAKERS: Final = frozenset({Role.ADMIN, Role.WORDING})
_WORD: Final = noted("流程")
_FIRST: Final = date(2020, 1, 1)
_PICTURES: Final = Pictures()
# Ways out that a flow does not name.
_ENDS: Final = {
    GAVE_UP: noted("挂断，没听到要的"),
    DONE: noted("听完答复，挂断"),
    Way.QUEUE.value: noted("转到人工"),
    Way.QUEUE_FIRST.value: noted("优先转到人工"),
    Way.NUMBER.value: noted("转到救援电话"),
}
_ON: Final = noted("接着")
_ENDED: Final = noted("通话结束")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A fixed sentence, and the name of its sound; None: it has none."""

    text: str
    clip: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """One step as the list shows it."""

    name: str
    kind: str
    came: int
    gave_up: int
    worst: bool
    answers: bool  # its calls are questions, which have pages of their own
    outs: Sequence[Out]
    prompts: Sequence[Prompt]


def _day(visit: Visit) -> date:
    """Return the day that is asked for; today for what is none."""
    here = today(visit.now)
    try:
        return min(max(day_of(visit.request.query.get("day", ""), here) or here, _FIRST), here)
    except ValueError:
        return here


def _flow(visit: Visit) -> Flow:
    flow = visit.site.hotline.flows.get(visit.request.match_info["name"])
    if flow is None:
        raise Refusal(Why.UNKNOWN, "没有这个流程")
    return flow


async def _counted(visit: Visit, flow: Flow, day: date) -> Counted:
    return Counted(flow, await visit.look(lambda books: books.flows.counts(day, flow.name)))


def _lacking(visit: Visit, flow: Flow) -> list[str]:
    """Return a flow's sentences that have no sound."""
    said = prompts(flow)
    return [one for one, clip in zip(said, visit.site.hotline.sounds(said), strict=True) if clip is None]


def _stops(visit: Visit, counted: Counted) -> list[Stop]:
    """Return the steps in the order of the flow; those that nobody names stand at its end."""
    found = []
    for name, step in counted.flow.steps.items():
        said = list(dict.fromkeys(prompts_of(step)))
        sounds = visit.site.hotline.sounds(said)
        found.append(
            Stop(
                name,
                kind(step),
                counted.entered[name],
                counted.gave_up(name),
                name == counted.worst,
                isinstance(step, steps.Answer),
                counted.outs(name),
                [Prompt(text, clip) for text, clip in zip(said, sounds, strict=True)],
            )
        )
    return found


def _way(out: Out, step: steps.Step) -> str:
    """Return a way out in words, as the catalogue has them."""
    if not out.to:
        return _ENDED if isinstance(step, steps.Hangup) else _ENDS.get(out.name, out.name)
    return out.word or _ON


async def index(visit: Visit) -> web.Response:
    """`GET /flows`: all of them, with what a day's calls came to."""
    day = _day(visit)
    rows = []
    for name, flow in sorted(visit.site.hotline.flows.items()):
        rows.append((name, flow, await _counted(visit, flow, day), len(_lacking(visit, flow))))
    return visit.render("flows.html", rows=rows, **_made(visit), **_days(visit, day))


def _made(visit: Visit) -> dict[str, Any]:
    """Return who can make missing sounds, and whether this person may have it done."""
    hotline = visit.site.hotline
    engine = hotline.engine if hotline.configured else "no hotline"
    return {"engine": engine, "may": visit.user.role in _MAKERS}


async def make(visit: Visit) -> web.Response:
    """`POST /flows/{name}/make`: have the missing sounds made, behind all callers; the page shows how far that is."""
    flow, hotline = _flow(visit), visit.site.hotline
    lacking = _lacking(visit, flow)
    back = f"/flows/{quote(flow.name)}"
    if not lacking:
        return visit.go(back, visit._("录音齐全"))
    if not hotline.engines:
        raise Refusal(Why.CONFLICT, "现在合成不了：没有合成引擎，或它没有起来")
    wanted = hotline.prepare(lacking)
    return visit.go(back, visit._("正在合成 {} 段，来电优先").format(wanted))


def _days(visit: Visit, day: date) -> dict[str, Any]:
    here = today(visit.now)
    after = day + timedelta(1)
    return {"on": day, "before": day - timedelta(1), "after": after if after <= here else None, "today": day == here}


async def _values(visit: Visit) -> dict[str, Any]:
    flow, day = _flow(visit), _day(visit)
    counted = await _counted(visit, flow, day)
    picture = await asyncio.to_thread(_PICTURES.of, flow)
    says = visit._("{} 的图：每一步来了多少、从哪里走。下面的清单是同样的内容").format(flow.about)
    return {
        "flow": flow,
        "counted": counted,
        "picture": draw(picture, counted, says, (visit._("来"), visit._("放弃"))),
        "stops": _stops(visit, counted),
        "way": lambda out, name: _way(out, flow.steps[name]),
        "lacking": len(_lacking(visit, flow)),
        **_made(visit),
        "hotline_here": visit.site.hotline.configured,
        **_days(visit, day),
    }


async def show(visit: Visit) -> web.Response:
    """`GET /flows/{name}`."""
    return visit.render("flow.html", **await _values(visit))


async def parts(visit: Visit) -> web.Response:
    """`GET /flows/{name}/parts`: what changes while it is looked at."""
    return visit.render("flow_parts.html", **await _values(visit))


async def table(visit: Visit) -> web.Response:
    """`GET /flows/{name}.{kind}`: the same as a file."""
    flow, day = _flow(visit), _day(visit)
    counted = await _counted(visit, flow, day)
    rows = [
        (name, kind(step), visit._(_way(out, step)), out.to, out.calls, counted.entered[name])
        for name, step in flow.steps.items()
        for out in counted.outs(name)
    ]
    headings = [
        visit._(word) for word in (noted("步骤"), noted("种类"), noted("走法"), noted("去"), noted("次"), noted("来"))
    ]
    return exporting.download(Grid(f"{flow.name}-{day}", headings, rows), visit.request.match_info["kind"])


PAGES = (
    get("/flows", index, roles=_VIEWERS, word=_WORD, entry=True),
    get("/flows/{name}.{kind:csv|xlsx}", table, roles=_VIEWERS, word=_WORD),
    get("/flows/{name}", show, roles=_VIEWERS, word=_WORD),
    get("/flows/{name}/parts", parts, roles=_VIEWERS, word=_WORD, quiet=True),
    post("/flows/{name}/make", make, roles=_MAKERS, word=_WORD),
)

"""What citizens read and hear: all of it in one list, and each verdict's words in an editor."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from gateway.console.difference import difference
from gateway.console.page import get
from gateway.console.studio import Shelved
from gateway.console.titles import title
from gateway.console.view import SILENT, View
from gateway.console.visit import Visit
from gateway.domain.access import Role
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.errors import Refusal, Why
from gateway.domain.proof import COMMON, LONGEST_SPOKEN
from gateway.domain.safety import TYPES, verdict_of
from gateway.domain.specimens import verdicts_of
from gateway.filing.wordings import SUBMITTED, Wording

READERS = frozenset({Role.ADMIN, Role.WORDING, Role.REGULATOR})
WRITERS = frozenset({Role.ADMIN, Role.WORDING})
WORD = "用语"
NEAR_FULL = 60  # characters
SECONDS_A_CHARACTER = 20 / LONGEST_SPOKEN


def kind_of(name: str) -> str:
    """Return the class of a verdict by its template's name; `plain` for a notice."""
    verdict = verdict_of(name)
    return class_of(verdict).value if verdict else "plain"


async def show(visit: Visit) -> web.Response:
    """`GET /wordings`: one row a verdict, grouped by record type."""
    shelf = await visit.site.studio.shelf(visit.now)
    live, drafts = await visit.look(lambda books: (books.wordings.live(), books.wordings.drafts()))
    query = visit.request.query
    filters = {name: query.get(name, "") for name in ("type", "class", "state", "q")}
    visit.site.backstage.start(lambda: visit.site.usage.warm(visit.now))  # who is here may ask for it next
    used = await _used(visit, [one.source.key for one in shelf]) if filters["state"] == "unused" else frozenset()
    rows = [_row(one, live, drafts, used) | _heard(visit, one) for one in shelf]
    shown = [row for row in rows if _fits(row, filters)]
    groups = [(kind, [row for row in shown if row["type"] == kind]) for kind in TYPES]
    return visit.render(
        "wordings.html",
        groups=[
            (kind, TYPES[kind], found, _common(kind, rows) if not any(filters.values()) else [])
            for kind, found in groups
            if found
        ],
        total=len(rows),
        shown=len(shown),
        filters=filters,
        types=TYPES,
        classes=list(VerdictClass),
        waiting=sum(one.state == SUBMITTED for one in drafts),
        faults=sorted({fault for node in await _nodes(visit) for fault in node["faults"]}),
    )


async def _used(visit: Visit, keys: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return which words were said of late: a type's own, else the common ones."""
    own, told = frozenset(keys), await visit.site.usage.lately(visit.now)
    named = ((record_type or COMMON, verdict.lower()) for record_type, verdict in told)
    return frozenset(key if key in own else (COMMON, key[1]) for key in named)


async def _nodes(visit: Visit) -> list[dict[str, Any]]:
    since = visit.now - SILENT
    return await visit.look(lambda books: books.wordings.nodes(since))


def _heard(visit: Visit, one: Shelved) -> dict[str, Any]:
    """Return how words sound: how long, the clips that say them where all are there, how many lines have none."""
    clips = visit.site.hotline.sounds(one.spoken)
    characters = sum(letter.isalpha() for clause in one.spoken for letter in clause)
    return {
        "seconds": max(1, round(characters * SECONDS_A_CHARACTER)) if characters else 0,
        "clips": ".".join(clip for clip in clips if clip) if None not in clips else "",
        "silent": visit.site.voicing.silent(one.fixed),
    }


def _row(
    one: Shelved, live: Sequence[Wording], drafts: Sequence[Wording], used: frozenset[tuple[str, str]]
) -> dict[str, Any]:
    key = one.source.key
    return {
        "type": key[0],
        "name": key[1],
        "title": title(key[1]),
        "kind": kind_of(key[1]),
        "shelved": one,
        "used": key in used or verdict_of(key[1]) is None,  # of notices nobody keeps whether they were said
        "live": next((found for found in live if found.key == key), None),
        "draft": next((found for found in drafts if found.key == key), None),
    }


def _fits(row: dict[str, Any], filters: dict[str, str]) -> bool:
    draft, shelved = row["draft"], row["shelved"]
    states = {
        "": True,
        "draft": draft is not None,
        "submitted": draft is not None and draft.state == SUBMITTED,
        "long": shelved.longest > NEAR_FULL,
        "silent": row["silent"] > 0,
        "unused": not row["used"],
        "published": row["live"] is not None,
    }
    return (
        filters["type"] in ("", row["type"])
        and filters["class"] in ("", row["kind"])
        and states.get(filters["state"], True)
        and all(word in f"{row['title']}\n{shelved.text}" for word in filters["q"].split())
    )


def _common(kind: str, rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the verdicts of a type that are said in the common words, with their titles."""
    own = {row["name"] for row in rows if row["type"] == kind}
    shared = {row["name"] for row in rows if row["type"] == COMMON}
    return [
        (verdict.lower(), title(verdict.lower()))
        for verdict in verdicts_of(kind)
        if verdict.lower() not in own and verdict.lower() in shared
    ]


async def edit(visit: Visit) -> web.Response:
    """`GET /wordings/{type}/{name}`: the editor; without a draft, what is live."""
    return shown(visit, await view_of(visit))


async def view_of(visit: Visit, typed: tuple[str, str] | None = None) -> View:
    """Return the words at this address. Raises `Refusal` where there are none."""
    key = visit.request.match_info["type"], visit.request.match_info["name"]
    view = await visit.site.studio.view(key, visit.now, typed=typed, sample=_sample(visit), of=_of(visit))
    if view is None:
        raise Refusal(Why.UNKNOWN, "没有这条用语")
    return view


def _sample(visit: Visit) -> int:
    """Return which specimen is looked at; of one that is asked for, that one."""
    text = visit.request.query.get("sample", "") or visit.field("sample")
    if text.isascii() and text.isdigit() and len(text) == 1:
        return int(text)
    return 9 if _of(visit) else 1


def _of(visit: Visit) -> str:
    return (visit.request.query.get("of", "") or visit.field("of")).strip()[:64]


def shown(visit: Visit, view: View, template: str = "wording.html", **more: Any) -> web.Response:  # noqa: ANN401 - for the template
    """Return the editor, or a part of it."""
    record_type, name = view.source.key
    keys = visit.site.studio.keys()
    return visit.render(
        template,
        view=view,
        type=record_type,
        type_title=TYPES.get(record_type, record_type),
        name=name,
        title=title(name),
        kind=kind_of(name),
        paint_runs=visit.site.studio.painted(view.source),
        values=_values(view),
        sample=min(_sample(visit), max(0, len(view.shown) - 1)),
        of=_of(visit),
        may=visit.user.role in WRITERS,
        mine=view.draft is not None and visit.actor.name in view.draft.editors,
        others=[(one, TYPES[one], [(n, title(n), kind_of(n)) for t, n in keys if t == one]) for one in TYPES],
        counts=Counter(one for one, _ in keys),
        versions=_versions(view),
        against=difference(view.live_source.sms, view.source.sms) if view.changed else [],
        against_voice=difference(view.live_source.voice, view.source.voice) if view.changed else [],
        **more,
    )


def _values(view: View) -> list[tuple[str, str]]:
    """Return the values that may be put in, each with an example."""
    names: dict[str, str] = {}
    for one in view.specimens:
        for name, value in one.clause.values.items():
            if isinstance(value, str) and value:
                names.setdefault(name, value)
    return sorted(names.items())


def _versions(view: View) -> list[dict[str, Any]]:
    """Return the history, each with what changed against the one before."""
    found: list[dict[str, Any]] = []
    for at, one in enumerate(view.history):
        before = view.history[at + 1].sms if at + 1 < len(view.history) else view.shipped.sms
        found.append(
            {
                "version": one.version,
                "one": one,
                "live": view.live is not None and one.id == view.live.id,
                "may": one.reviewer is not None or not view.two,
                "runs": difference(before, one.sms),
            }
        )
    return [*found, {"version": 0, "one": None, "live": view.live is None, "may": True, "runs": []}]


PAGES = (
    get("/wordings", show, roles=READERS, word=WORD, entry=True),
    get("/wordings/{type:[a-z]+}/{name:[a-z_]+}", edit, roles=READERS, word=WORD),
)

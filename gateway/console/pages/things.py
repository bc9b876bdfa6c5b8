"""Labels and records: what is known of one thing, and what happened to it. A party sees its own only (T21)."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.console.page import get
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain import judgement
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.code import is_issued, klass, masked, record_type, version
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import STATE_WORDS
from gateway.domain.records.registry import REGISTRY
from gateway.domain.ways import way
from gateway.filing import search
from gateway.filing.books import Books
from gateway.filing.kept import Kept
from gateway.filing.labels import subject
from gateway.filing.things import plain
from gateway.ports import Lookup

_PARTIES: Final = frozenset({Role.FIRM, Role.COOPERATIVE, Role.STATION, Role.MAINTENANCE})
_DESK: Final = frozenset({Role.ADMIN, Role.AGENT, Role.REGULATOR})
_VIEWERS: Final = _DESK | _PARTIES
_MOST: Final = 50
_UNKNOWN: Final = "没有这个编码的标签或档案，或不属于本单位"


async def label(visit: Visit) -> web.Response:
    """`GET /labels/{code}`."""
    code = plain(visit.request.match_info["code"])[:32]
    found = await visit.look(lambda books: _label(books, visit, code))
    return visit.render("label.html", code=code, desk=visit.user.role in _DESK, **found)


def _label(books: Books, visit: Visit, code: str) -> Mapping[str, Any]:
    one = books.labels.one(code)
    lookup = Lookup(code, None)
    if is_issued(code):
        lookup = Lookup(code, record_type(code), klass(code), version(code), books.codes.index_of(code))
    trace = books.traces.find([lookup])[code]
    kept = _kept(books, trace.record_id)
    parties = (one.issued_to if one else None, *(kept.concerned if kept else ()))
    desk = visit.user.role in _DESK
    asked = books.questions.of_code(code, _MOST)
    if not search.may_see(visit.actor, parties) or (one is None and not trace.found and not (desk and asked)):
        raise Refusal(Why.UNKNOWN, _UNKNOWN)
    return {
        "one": one,
        "state": STATE_WORDS[one.state] if one else None,
        "trace": trace,
        "kept": kept,
        "steps": judgement.steps(trace, today(visit.now)),
        "asked": asked,
        "notes": books.cases.audit([subject(code)], _MOST) if desk else [],
        "party": _party(books, one.issued_to if one else None),
    }


def _kept(books: Books, record_id: str | None) -> Kept | None:
    kind, _, key = (record_id or "").partition("/")
    return books.records.get(kind, key) if key else None


def _party(books: Books, id_: str | None) -> str | None:
    party = books.parties.get(id_) if id_ else None
    return party.name if party else id_


async def record(visit: Visit) -> web.Response:
    """`GET /records/{type}/{key}`."""
    kind, key = visit.request.match_info["type"], visit.request.match_info["key"]
    found = await visit.look(lambda books: _record(books, visit, kind, key))
    return visit.render("record.html", desk=visit.user.role in _DESK, **found)


def _record(books: Books, visit: Visit, kind: str, key: str) -> Mapping[str, Any]:
    kept = books.records.get(kind, key) if kind in REGISTRY and key.isprintable() else None
    if kept is None or not search.may_see(visit.actor, kept.concerned):
        raise Refusal(Why.UNKNOWN, _UNKNOWN)
    versions = books.cases.record(kept.id)
    labels = books.cases.labels((), kept.id, (), _MOST)
    # Who has labels of a covert kind before him reads them off: a page shows their ends only.
    codes = [masked(row["code"]) for row in labels if row.get("code")]
    return {
        "kept": kept,
        "owner": _party(books, kept.owner),
        "steps": way(kind, kept.record, today(visit.now)),
        "versions": list(zip(versions, search.changed(versions), strict=True)),
        "events": books.events.of(kept.id),
        "labels": codes,
        "runs": [row for row in labels if row.get("klass") is not None],
        "notes": books.cases.audit([kept.id], _MOST) if visit.user.role in _DESK else [],
        "states": {state.value: word for state, word in STATE_WORDS.items()},
        "body": versions[0]["body"],
    }


PAGES = (
    get("/labels/{code}", label, roles=_VIEWERS, word=noted("查询")),
    get("/records/{type}/{key:.+}", record, roles=_VIEWERS, word=noted("查询")),
)

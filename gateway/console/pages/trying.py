"""A phone to try: what would be answered to a text or to keys, and why; nothing is counted or sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.console.page import get, post
from gateway.console.paint import Sheets
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.domain.code import EXAMPLE
from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Source
from gateway.pipeline.rehearsal import Rehearsed, Scene, Whom
from gateway.text import segments

_VIEWERS: Final = frozenset({Role.ADMIN, Role.WORDING, Role.AGENT})
_LONGEST: Final = 300
_WHOM: Final = (
    (Whom.FIRST, noted("普通市民，没问过")),
    (Whom.AGAIN, noted("刚问过又来问的同一人")),
    (Whom.AFTER, noted("别人问过之后的另一人")),
    (Whom.STATION, noted("充装站的登记号码，已报 PIN")),
    (Whom.HIDDEN, noted("隐藏号码")),
)
_VERSIONS: Final = (("live", noted("线上版")), ("draft", noted("草稿")))
# One click each; the codes are nobody's.
_EXAMPLES: Final = (
    (noted("例子里的码"), EXAMPLE),
    (noted("少一位的码"), EXAMPLE[:-1]),
    (noted("全角、带空格"), "ｃｘ　１６８８ ０１２３ ４５６７ ８９０４"),
    (noted("商品条码"), "6901234567892"),
    (noted("电梯"), "DT012345"),
    (noted("举报"), f"JB {EXAMPLE} 假酒"),
    (noted("怎么用"), "？"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the chosen words came to; `draft`: it is that of a draft."""

    draft: bool
    sheets: Sheets | None


def _scene(fields: Mapping[str, str]) -> Scene:
    whom = fields.get("whom", "")
    return Scene(
        text=fields.get("text", "")[:_LONGEST],
        whom=Whom(whom) if whom in set(Whom) else Whom.FIRST,
        number=fields.get("number", "")[:20],
        station=fields.get("station", "")[:32],
        dialled=fields.get("way") == "call",
        away=bool(fields.get("away")),
    )


async def show(visit: Visit) -> web.Response:
    """`GET /try`: an empty phone, or one with a text to send."""
    return await _page(visit, visit.request.query, None)


async def send(visit: Visit) -> web.Response:
    """`POST /try`."""
    names = ("text", "whom", "number", "station", "way", "away", "version")
    fields = {name: visit.field(name) for name in names}
    if not fields["text"].strip():
        return await _page(visit, fields, None)
    return await _page(visit, fields, await visit.site.rehearsal.play(_scene(fields)))


async def _page(visit: Visit, fields: Mapping[str, str], played: Rehearsed | None) -> web.Response:
    scene, draft = _scene(fields), fields.get("version") == "draft"
    words = await _words(visit, played, draft=draft) if played else None
    reply = played.replied.reply if played else None
    text = words.sheets.text if words and words.sheets and draft and words.draft else reply.text if reply else ""
    return visit.render(
        "try.html",
        scene=scene,
        version="draft" if draft else "live",
        versions=_VERSIONS,
        whom=_WHOM,
        examples=_EXAMPLES,
        played=played,
        words=words,
        editions=reply.editions if reply else (),
        text=text,
        size=segments.measure(text) if text else None,
        room={segments.Encoding.UCS2: 70, segments.Encoding.GSM7: 160},
        spoken=played.spoken if played else (),
        total=sum(played.took.get(step, 0.0) for step in ("normalise", "read", "answer", "say")) if played else 0.0,
        judged=_judged(played) if played else 0.0,
        first=played.replied.answers[0] if played and played.replied.answers else None,
    )


def _judged(played: Rehearsed) -> float:
    """Return what was neither looking up nor writing: counting and judging."""
    took = played.took
    return max(0.0, took.get("answer", 0.0) - took.get("find", 0.0) - took.get("write", 0.0))


async def _words(visit: Visit, played: Rehearsed, *, draft: bool) -> Words | None:
    """Return the words of the one clause that was said; None where there are several, or they are a firm's own."""
    reply, clauses = played.replied.reply, played.replied.clauses
    if reply is None or len(clauses) != 1 or len(reply.editions) != 1:
        return None
    [edition], [clause] = reply.editions, clauses
    record_type, _, name = edition.words.rpartition("/")
    workshop = visit.site.workshop
    shipped = workshop.shipped(record_type, name)
    if shipped is None:
        return None
    kept = await visit.look(lambda books: books.wordings.history(*shipped.key))
    said = next((one for one in kept if one.version == edition.version), None)
    written = await visit.look(lambda books: books.wordings.draft(*shipped.key)) if draft else None
    source: Source = written.source if written else said.source if said else shipped
    try:
        sheets = Sheets(source.name, workshop.bench(source).proof(clause))
    except TemplateFault:
        sheets = None
    return Words(written is not None, sheets)


PAGES = (
    get("/try", show, roles=_VIEWERS, word=noted("试用"), entry=True),
    post("/try", send, roles=_VIEWERS, word=noted("试用")),
)

"""What is done with a draft: seen, kept, tried, submitted, published, taken back."""

from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from uuid_utils.compat import uuid7

from gateway.console.page import Page, get, post
from gateway.console.pages.wordings import READERS, WORD, WRITERS, shown, view_of
from gateway.console.view import View
from gateway.console.visit import Undo, Visit
from gateway.console.writing import moment
from gateway.domain.errors import Refusal, Why
from gateway.domain.proof import MOST_CHARACTERS, Source
from gateway.filing import drafts
from gateway.filing.drafts import Edit

_HERE = "/wordings/{type:[a-z]+}/{name:[a-z_]+}"


def _key(visit: Visit) -> tuple[str, str]:
    return visit.request.match_info["type"], visit.request.match_info["name"]


def _place(visit: Visit) -> str:
    return "/wordings/{}/{}".format(*_key(visit))


def _typed(visit: Visit) -> tuple[str, str]:
    """Return both texts as they were typed. Raises `Refusal` for more than a template has."""
    typed = visit.field("sms"), visit.field("voice")
    if max(map(len, typed)) > MOST_CHARACTERS:
        raise Refusal(Why.INVALID, f"模板太长，最多 {MOST_CHARACTERS:,} 字")
    return typed


async def preview(visit: Visit) -> web.Response:
    """`POST …/preview`: what the text that is being typed comes to, as parts of the page; nothing is kept."""
    return shown(visit, await view_of(visit, _typed(visit)), "wording_parts.html")


async def parts(visit: Visit) -> web.Response:
    """`GET …/parts`: how far trial and replay are."""
    return shown(visit, await view_of(visit), "wording_parts.html")


async def save(visit: Visit) -> web.Response:
    """`POST …/save`: keep the draft. A script gets JSON, a form its page again."""
    try:
        draft = await _save(visit)
    except Refusal as err:
        if not _by_script(visit):
            raise
        return web.json_response({"fault": visit._(str(err))}, status=HTTPStatus.CONFLICT, headers=_headers(visit))
    if _by_script(visit):
        said = {"hash": draft, "at": moment(visit.now, visit.now)}
        return web.json_response(said, headers=_headers(visit))
    return visit.go(f"{_place(visit)}?sample={visit.field('sample')[:1]}")


async def _save(visit: Visit) -> str:
    """Keep what was typed, unless it is what is live already; return the draft's hash, empty where there is none."""
    sms, voice = _typed(visit)
    base = visit.field("base")
    edit = Edit(Source(*_key(visit), sms, voice), visit.field("was"), int(base) if base.isdigit() else 0)
    view = await view_of(visit, (sms, voice))
    if view.draft is None and not view.changed and not edit.was:
        return ""
    id_, now = uuid7(), visit.now
    kept = await visit.act(lambda books: drafts.save(books, visit.actor, edit, id_, now))
    return kept.hash


async def discard(visit: Visit) -> web.Response:
    """`POST …/discard`."""
    gone = await visit.act(lambda books: drafts.discard(books, visit.actor, _key(visit), visit.now))
    undo = Undo(f"{_place(visit)}/save", {"sms": gone.sms, "voice": gone.voice, "base": str(gone.base), "was": ""})
    return visit.go(_place(visit), visit._("草稿已放弃"), undo)


async def rebase(visit: Visit) -> web.Response:
    """`POST …/rebase`: keep the draft on top of what was published meanwhile."""
    await visit.act(lambda books: drafts.rebase(books, visit.actor, _key(visit), visit.now))
    return visit.go(_place(visit))


async def trial(visit: Visit) -> web.Response:
    """`POST …/trial`: over the records, and over the last questions; both run behind."""
    if "sms" in visit.form:
        await _save(visit)
    view = await view_of(visit)
    if view.faults:
        raise Refusal(Why.INVALID, "先改好写法，再试算")
    for kind in ("trial", "replay"):
        await visit.site.trials.start(kind, view.source, view.hash, view.live_source)
    return visit.go(f"{_place(visit)}#trial")


async def submit(visit: Visit) -> web.Response:
    """`POST …/submit`: ask for a second person."""
    view = await _ready(visit)
    note = visit.field("note").strip()
    await visit.act(lambda books: drafts.submit(books, visit.actor, view.source.key, view.hash, note, visit.now))
    return visit.go(_place(visit), visit._("已提交，等另一人复核"), Undo(f"{_place(visit)}/withdraw", label="撤回"))


async def publish(visit: Visit) -> web.Response:
    """`POST …/publish`: live on all nodes within two seconds."""
    view = await _ready(visit)
    note, before = visit.field("note").strip(), view.live_version
    version = await visit.act(
        lambda books: drafts.publish(books, visit.actor, view.source.key, view.hash, note, visit.now)
    )
    said = visit._("第 {} 版已上线").format(version)
    back = visit._("退回第 {} 版").format(before)
    return visit.go(_place(visit), said, Undo(f"{_place(visit)}/back", {"version": str(before)}, back))


async def _ready(visit: Visit) -> View:
    """Return a draft that has passed all checks, as it was on the page. Raises `Refusal`."""
    view = await view_of(visit)
    if view.draft is None or view.hash != visit.field("hash"):
        raise Refusal(Why.CONFLICT, "草稿后来改过，请看新的")
    if not view.passed:
        raise Refusal(Why.CONFLICT, "还有检查没有通过，不能发布")
    return view


async def withdraw(visit: Visit) -> web.Response:
    """`POST …/withdraw`."""
    await visit.act(lambda books: drafts.withdraw(books, visit.actor, _key(visit), visit.now))
    return visit.go(_place(visit), visit._("已撤回，可以接着改"))


async def back(visit: Visit) -> web.Response:
    """`POST …/back`: an earlier version is live again at once."""
    version = visit.field("version")
    if not (version.isascii() and version.isdigit()) or len(version) > 6:
        raise Refusal(Why.INVALID, "没有这一版")
    view, id_ = await view_of(visit), uuid7()
    now: datetime = visit.now
    await visit.act(
        lambda books: drafts.roll_back(books, visit.actor, view.source.key, int(version), view.shipped, id_, now)
    )
    return visit.go(_place(visit), visit._("第 {} 版已在线上").format(int(version)))


def _by_script(visit: Visit) -> bool:
    return "X-CSRF-Token" in visit.request.headers


def _headers(visit: Visit) -> dict[str, str]:
    return dict(visit.site.looks.headers)


def _post(path: str, handler: object, **more: object) -> Page:
    return post(f"{_HERE}{path}", handler, roles=WRITERS, word=WORD, **more)  # type: ignore[arg-type] # a handler


PAGES = (
    _post("/preview", preview),
    get(f"{_HERE}/parts", parts, roles=READERS, word=WORD, quiet=True),
    _post("/save", save),
    _post("/discard", discard),
    _post("/rebase", rebase),
    _post("/trial", trial),
    _post("/submit", submit),
    _post("/publish", publish),
    _post("/withdraw", withdraw),
    _post("/back", back),
)

"""The second person: what was submitted, as it would be read, and a decision."""

from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from gateway.console.difference import difference
from gateway.console.page import get, post
from gateway.console.pages.wordings import WORD, WRITERS, kind_of
from gateway.console.paint import Sheets
from gateway.console.titles import title
from gateway.console.visit import Undo, Visit
from gateway.domain.errors import Refusal, TemplateFault, Why
from gateway.domain.safety import TYPES
from gateway.filing import drafts
from gateway.filing.wordings import SUBMITTED, Wording

_ONE = "/wordings/reviews/{id:[0-9a-f-]{36}}"


async def show(visit: Visit) -> web.Response:
    """`GET /wordings/reviews`: all that wait for a second person."""
    drafts = await visit.look(lambda books: books.wordings.drafts())
    waiting = [(one, TYPES.get(one.record_type, one.record_type), title(one.name), kind_of(one.name))
               for one in drafts if one.state == SUBMITTED]  # fmt: skip
    return visit.render("reviews.html", waiting=waiting)


async def review(visit: Visit) -> web.Response:
    """`GET /wordings/reviews/{id}`: the difference, three texts, what the trial found, the note."""
    return await _shown(visit)


async def _shown(visit: Visit, fault: Refusal | None = None, status: int = HTTPStatus.OK) -> web.Response:
    draft = await _draft(visit)
    view = await visit.site.studio.view(draft.key, visit.now)
    if view is None:
        raise Refusal(Why.UNKNOWN, "没有这条用语")
    texts = []
    for one in view.specimens:
        try:
            texts.append((one.label, Sheets(draft.name, visit.site.workshop.bench(draft.source).proof(one.clause))))
        except TemplateFault:
            continue
    return visit.render(
        "review.html",
        status=status,
        view=view,
        draft=draft,
        type=draft.record_type,
        type_title=TYPES.get(draft.record_type, draft.record_type),
        name=draft.name,
        title=title(draft.name),
        kind=kind_of(draft.name),
        texts=texts,
        runs=difference(view.live_source.sms, draft.sms),
        voice_runs=difference(view.live_source.voice, draft.voice),
        mine=visit.actor.name in draft.editors,
        fault=fault,
        may=False,
    )


async def _draft(visit: Visit) -> Wording:
    """Return what is reviewed. Raises `Refusal` when it is no longer submitted."""
    try:
        id_ = UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这个页面") from err
    draft = await visit.look(lambda books: books.wordings.get(id_))
    if draft is None or draft.state != SUBMITTED or draft.version is not None:
        raise Refusal(Why.UNKNOWN, "没有要复核的：已经发布、退回或撤回了")
    return draft


async def approve(visit: Visit) -> web.Response:
    """`POST …/approve`: it goes live."""
    draft = await _draft(visit)
    view = await visit.site.studio.view(draft.key, visit.now)
    if view is not None and view.voiced.wanted:  # driven out since it was submitted
        await visit.site.hotline.make(view.voiced.wanted)
        view = await visit.site.studio.view(draft.key, visit.now)
    if view is None or view.hash != visit.field("hash"):
        raise Refusal(Why.CONFLICT, "草稿后来改过，请看新的")
    if not view.sound:
        raise Refusal(Why.CONFLICT, "还有检查没有通过，不能发布")
    if not view.passed:
        raise Refusal(Why.CONFLICT, "语音还在合成，过几秒再点一次")
    version = await visit.act(
        lambda books: drafts.approve(books, visit.actor, draft.id, visit.field("hash"), visit.now)
    )
    place = f"/wordings/{draft.record_type}/{draft.name}"
    back = visit._("退回第 {} 版").format(view.live_version)
    undo = Undo(f"{place}/back", {"version": str(view.live_version)}, back)
    return visit.go(place, visit._("第 {} 版已上线").format(version), undo)


async def decline(visit: Visit) -> web.Response:
    """`POST …/decline`: back to its writer, with a sentence."""
    draft = await _draft(visit)
    try:
        await visit.act(
            lambda books: drafts.decline(
                books, visit.actor, draft.id, visit.field("hash"), visit.field("why"), visit.now
            )
        )
    except Refusal as err:
        if err.field != "why":
            raise
        return await _shown(visit, err, HTTPStatus.UNPROCESSABLE_ENTITY)
    return visit.go("/wordings/reviews", visit._("已退回"))


PAGES = (
    get("/wordings/reviews", show, roles=WRITERS, word=WORD),
    get(_ONE, review, roles=WRITERS, word=WORD),
    post(f"{_ONE}/approve", approve, roles=WRITERS, word=WORD),
    post(f"{_ONE}/decline", decline, roles=WRITERS, word=WORD),
)

"""Files taken in: looked through first, then loaded; who loaded what. Recalls and the end of labels take two people."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import msgspec
from aiohttp import web
from aiohttp.web_request import FileField
from uuid_utils.compat import uuid7

from gateway.console import exporting
from gateway.console.dates import day_of
from gateway.console.exporting import Grid
from gateway.console.page import get, post
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.filing import proposals, uploads
from gateway.filing.records import may_file
from gateway.filing.uploads import CHECKED, CHECKING, FAILED, LOADED, LOADING, Upload

_EVERYWHERE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_LOADERS: Final = _EVERYWHERE | {Role.FIRM, Role.COOPERATIVE, Role.STATION, Role.MAINTENANCE}
_ROWS: Final = 50
_FILE: Final = 6 * 2**20  # a form with a file of 5 MB in it
_GROUPS: Final = 50
_SHOWN: Final = 10  # rows of one kind of fault
_WISHES: Final[Mapping[str, tuple[str, ...]]] = {
    "recall": ("record", "reason", "scope", "phone", "announced_on"),
    "void": ("first", "last", "reason"),
}
STATES: Final[Mapping[str, str]] = {
    CHECKING: noted("正在试导"),
    CHECKED: noted("试导完"),
    LOADING: noted("正在导入"),
    LOADED: noted("已导入"),
    FAILED: noted("没有做成"),
    "open": noted("等另一人"),
    "done": noted("已办"),
    "declined": noted("不办了"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Faults of one kind: in which column, why, in which rows."""

    column: str
    reason: str
    warning: bool
    count: int
    rows: tuple[int, ...]
    value: str


def _kinds(visit: Visit) -> Mapping[str, str]:
    """Return what this person may bring in a file: whoever is licensed does not write his own licence (R39)."""
    return {name: title for name, title in visit.site.loading.kinds.items() if may_file(visit.actor, name)}


async def index(visit: Visit, fault: Refusal | None = None, form: Mapping[str, str] | None = None) -> web.Response:
    """`GET /imports`."""
    party = None if visit.user.role in _EVERYWHERE else visit.user.party or ""
    listed = await visit.look(lambda books: books.uploads.listed(party, _ROWS))
    asked = await visit.look(lambda books: books.uploads.proposals(_ROWS))
    mine = {f"user:{visit.user.name}"}
    return visit.render(
        "imports.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        listed=listed,
        asked=[one for one in asked if party is None or one.actor in mine or one.wish.get("party") == party],
        kinds=_kinds(visit),
        states=STATES,
        fault=fault,
        form=form or {},
        day=today(visit.now).isoformat(),
        me=visit.actor.name,
    )


def _file(visit: Visit, kind: str) -> tuple[str, bytes]:
    """Return the name and the content of what was sent. Raises `Refusal`."""
    file, most = visit.form.get("file"), visit.site.loading.most_bytes
    if kind not in _kinds(visit):
        raise Refusal(Why.INVALID, "选一种登记表", "type")
    if not isinstance(file, FileField) or not file.filename:
        raise Refusal(Why.INVALID, "选一个文件", "file")
    content = file.file.read(most + 1)
    if len(content) > most:
        raise Refusal(Why.INVALID, "文件超过 5 MB，请拆开，或在机器上用命令导入", "file")
    if not content:
        raise Refusal(Why.INVALID, "文件是空的", "file")
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:255] or "-", content


async def send(visit: Visit) -> web.Response:
    """`POST /imports`: a file; it is looked through behind, and its page tells how far that is."""
    kind = visit.field("type")
    try:
        name, content = _file(visit, kind)
    except Refusal as refusal:
        return await index(visit, refusal, {"type": kind})
    user, now = visit.user, visit.now
    upload = Upload(uuid7(), kind, name, visit.actor.name, user.party, now, CHECKED, 0, now, None, None, kept=True)
    await visit.act(lambda books: books.uploads.add(upload, content))
    await _begin(visit, upload, dry_run=True, partial=False)
    return visit.go(f"/imports/{upload.id}")


async def _begin(visit: Visit, upload: Upload, *, dry_run: bool, partial: bool) -> None:
    state = CHECKING if dry_run else LOADING
    if not await visit.act(lambda books: books.uploads.begin(upload.id, state, visit.now)):
        raise Refusal(Why.CONFLICT, "这个文件正在处理，或已经导入")
    visit.site.backstage.start(lambda: _work(visit, upload, dry_run=dry_run, partial=partial))


async def _work(visit: Visit, upload: Upload, *, dry_run: bool, partial: bool) -> None:
    """Look through a file or load it, and write what came of it; whoever sent it may have left meanwhile."""
    archive, loading, actor = visit.site.archive, visit.site.loading, visit.actor
    content = await archive.look(lambda books: books.uploads.content(upload.id))
    if content is None:
        return
    result, remarks = await loading.take_in(
        upload.id, upload.type, upload.name, content, actor, partial=partial, dry_run=dry_run
    )
    merged = bool(result.get("merged"))
    state = FAILED if "fault" in result else LOADED if merged else CHECKED
    now = visit.site.clock.now()

    def end(books: Any) -> None:  # noqa: ANN401 - `Books`
        books.uploads.end(upload.id, state, result, remarks, now, keep=not merged)
        if merged:
            counts = {name: result[name] for name in ("added", "changed", "same", "rejected")}
            books.audit.note(now, actor.name, "file imported", f"upload/{upload.id}", type=upload.type, **counts)

    await archive.act(end)


async def show(visit: Visit) -> web.Response:
    """`GET /imports/{id}`: how far it is, and what was found; without scripts it comes again by itself."""
    upload = await _upload(visit)
    busy = upload.state in (CHECKING, LOADING)
    groups = _groups(upload.remarks)
    response = visit.render(
        "import.html",
        upload=upload,
        title=visit.site.loading.kinds.get(upload.type, upload.type),
        states=STATES,
        busy=busy,
        share=visit.site.loading.share(upload.id) or 0,
        groups=groups[:_GROUPS],
        kinds_of_faults=len(groups),
    )
    if busy:
        response.headers["Refresh"] = "2"
    return response


async def _upload(visit: Visit) -> Upload:
    try:
        id_ = UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这个文件") from err
    upload = await visit.look(lambda books: books.uploads.get(id_))
    if upload is None or not uploads.may_see(visit.actor, upload):
        raise Refusal(Why.UNKNOWN, "没有这个文件")
    return upload


def _groups(remarks: bytes | None) -> list[Group]:
    """Return faults by kind, the most frequent first, errors before warnings."""
    found: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for row, column, value, reason, weight in msgspec.json.decode(remarks) if remarks else ():
        found[weight, column, reason].append((row, value))
    groups = [
        Group(column, reason, weight != "error", len(rows), tuple(row for row, _ in rows[:_SHOWN]), rows[0][1])
        for (weight, column, reason), rows in found.items()
    ]
    return sorted(groups, key=lambda group: (group.warning, -group.count))


async def load(visit: Visit) -> web.Response:
    """`POST /imports/{id}/load`: all of it, or only what is good of it where somebody says so."""
    upload = await _upload(visit)
    await _begin(visit, upload, dry_run=False, partial=bool(visit.field("partial")))
    return visit.go(f"/imports/{upload.id}")


async def faults(visit: Visit) -> web.Response:
    """`GET /imports/{id}/faults.xlsx`."""
    upload, say = await _upload(visit), visit._
    rows = [
        [row or None, column, value, say("错误") if weight == "error" else say("提醒"), reason]
        for row, column, value, reason, weight in (msgspec.json.decode(upload.remarks) if upload.remarks else ())
    ]
    headings = [say("行"), say("列"), say("内容"), say("类别"), say("原因")]
    return exporting.download(Grid(f"{upload.name} {say('错行')}", headings, rows), "xlsx")


async def form(visit: Visit) -> web.Response:
    """`GET /imports/forms/{type}.xlsx`: the form to fill in."""
    kind = visit.request.match_info["type"]
    if kind not in _kinds(visit):
        raise Refusal(Why.UNKNOWN, "没有这个页面")
    headers = {**visit.site.looks.headers, "Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    return web.Response(body=visit.site.form(kind), content_type="application/octet-stream", headers=headers)


async def propose(visit: Visit) -> web.Response:
    """`POST /imports/proposals`: ask for a recall, or for the end of labels."""
    kind = visit.field("kind")
    wish = {name: visit.field(name).strip() for name in _WISHES.get(kind, ())}
    wish["party"] = visit.user.party or ""
    if "announced_on" in wish:
        wish["announced_on"] = _day(wish["announced_on"], visit.now)
    try:
        await visit.act(lambda books: proposals.propose(books, visit.actor, kind, wish, uuid7(), visit.now))
    except Refusal as refusal:
        return await index(visit, refusal, {**wish, "kind": kind})
    return visit.go("/imports#proposals", visit._("已提出，等另一人同意"))


def _day(written: str, now: datetime) -> str:
    """Return a day in its one form; what is none as it is, to be refused with the rest."""
    with suppress(ValueError):
        day = day_of(written, today(now))
        return day.isoformat() if day else ""
    return written


async def agree(visit: Visit) -> web.Response:
    """`POST /imports/proposals/{id}/agree`."""
    id_ = _proposal(visit)
    note = await visit.act(lambda books: proposals.agree(books, visit.actor, id_, visit.now))
    return visit.go("/imports#proposals", note)


async def decline(visit: Visit) -> web.Response:
    """`POST /imports/proposals/{id}/decline`."""
    id_ = _proposal(visit)
    await visit.act(lambda books: proposals.decline(books, visit.actor, id_, visit.now))
    return visit.go("/imports#proposals", visit._("不办了"))


def _proposal(visit: Visit) -> UUID:
    try:
        return UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这件事") from err


PAGES = (
    get("/imports", index, roles=_LOADERS, word=noted("导入"), entry=True),
    post("/imports", send, roles=_LOADERS, word=noted("导入"), most_bytes=_FILE),
    get("/imports/forms/{type}.xlsx", form, roles=_LOADERS, word=noted("导入")),
    post("/imports/proposals", propose, roles=_LOADERS, word=noted("导入")),
    post("/imports/proposals/{id}/agree", agree, roles=_LOADERS, word=noted("导入")),
    post("/imports/proposals/{id}/decline", decline, roles=_LOADERS, word=noted("导入")),
    get("/imports/{id}", show, roles=_LOADERS, word=noted("导入")),
    post("/imports/{id}/load", load, roles=_LOADERS, word=noted("导入")),
    get("/imports/{id}/faults.xlsx", faults, roles=_LOADERS, word=noted("导入")),
)

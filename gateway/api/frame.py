"""What every resource goes through: the key, then the body, then the act, then its answer."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from gateway.api import problems
from gateway.api.auth import Doorkeeper
from gateway.api.bodies import received, require_once
from gateway.api.problems import Fault, Refused
from gateway.api.resource import JSON, AnyResource, Call, Nothing
from gateway.domain.access import Actor
from gateway.filing.books import Archive, Books
from gateway.ports import Clock, First, Meter

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

LONGEST_KEY = 255
_LONG = 65_536  # bytes
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What resources stand in."""

    archive: Archive
    door: Doorkeeper
    clock: Clock
    meter: Meter

    def handler(self, resource: AnyResource) -> Handler:
        """Return what serves this resource."""
        decoder = msgspec.json.Decoder(resource.body)

        async def handle(request: web.Request) -> web.StreamResponse:
            response = await self._safely(resource, decoder, request)
            response.headers.update(_HEADERS)
            self.meter.count("requests", resource=resource.path, status=str(response.status))
            return response

        return handle

    async def _safely(
        self, resource: AnyResource, decoder: "msgspec.json.Decoder[Any]", request: web.Request
    ) -> web.StreamResponse:
        try:
            return await self._serve(resource, decoder, request)
        except Exception as err:  # a fault of ours is told as such, and costs this request only
            return refusal(err, request)

    async def _serve(
        self, resource: AnyResource, decoder: "msgspec.json.Decoder[Any]", request: web.Request
    ) -> web.StreamResponse:
        caller = await self.door.caller(request, resource.roles)
        parameters = _parameters(resource, request)
        sent = await _body(resource, request) if resource.has_body else b""
        body = decoder.decode(sent) if resource.has_body else Nothing()
        if len(sent) > _LONG:  # a document: others are answered meanwhile
            await asyncio.to_thread(require_once, sent)
        elif sent:
            require_once(sent)
        call = Call(parameters, body, self.clock.now(), request, caller)
        if resource.act is not None:
            first = await self.archive.act(lambda books: _once(resource, books, call, sent))
            return _written(resource, first)
        assert resource.view is not None  # noqa: S101 - a resource is one or the other
        answer = await resource.view(call)
        if isinstance(answer, web.StreamResponse):
            return answer
        return _written(resource, answer if isinstance(answer, First) else _first(resource, answer))


def refusal(err: Exception, request: web.Request) -> web.Response:
    """Return the problem that an exception comes to; log what nobody foresaw."""
    try:
        return problems.of(err).response()
    except Exception:  # `of` raises again what nobody foresaw: it is logged, and costs this request only
        log.exception("a request failed", extra={"method": request.method, "resource": _shown(request)})
        return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "系统内部错误，已记录，请稍后再试").response()


def idempotency_key(request: web.Request, caller: Actor | str) -> str | None:
    """Return under which key this request is remembered; None: it may happen again."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise Refused(HTTPStatus.BAD_REQUEST, f"Idempotency-Key 须为1至{LONGEST_KEY}个可见的ASCII字符")
    name = caller.name if isinstance(caller, Actor) else caller
    fields = (name, request.method, request.path, given)
    return sha256("\0".join(fields).encode("utf-8", "surrogateescape")).hexdigest()


def fingerprint(request: web.Request, sent: bytes) -> str:
    """Return what tells this request from another one under the same key."""
    return sha256(request.query_string.encode("utf-8", "surrogateescape") + b"\0" + sent).hexdigest()


def _once(resource: AnyResource, books: Books, call: Call[Any, Any], sent: bytes) -> First:
    """Act, unless this very request was answered before."""
    assert resource.act is not None  # noqa: S101 - the frame asks
    key = idempotency_key(call.request, call.actor)
    if key is None:
        return _first(resource, resource.act(books, call))
    earlier = books.replays.first(key, fingerprint(call.request, sent), call.now)
    if earlier is not None:
        return earlier
    first = _first(resource, resource.act(books, call))
    books.replays.keep(key, first)
    return first


def _first(resource: AnyResource, answer: Any) -> First:  # noqa: ANN401 - of whatever type the resource answers
    return First(resource.status, msgspec.json.encode(answer))


def _written(resource: AnyResource, first: First) -> web.Response:
    headers = None
    if resource.location:
        headers = {"Location": resource.location(msgspec.json.decode(first.body, type=resource.answer))}
    return web.Response(body=first.body, status=first.status, content_type=JSON, headers=headers)


def _parameters(resource: AnyResource, request: web.Request) -> Any:  # noqa: ANN401 - of the resource's own type
    given: dict[str, str] = {**request.query, **request.match_info}
    known = set(resource.parameters.__struct_encode_fields__) - request.match_info.keys()
    # A slip in `since` must not be answered with everything, nor one that is written twice with either.
    faults = [Fault(name, "没有这个参数") for name in sorted(request.query.keys() - known)]
    faults += [Fault(name, "只能写一次") for name in sorted(known) if len(request.query.getall(name, [])) > 1]
    if faults:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "地址中的参数有误，请核对", errors=faults)
    if any("\0" in value or not _encodes(value) for value in given.values()):
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "地址中含有不可用的字符")
    return msgspec.convert(given, resource.parameters, strict=False)


async def _body(resource: AnyResource, request: web.Request) -> bytes:
    if request.content_type not in resource.accepts:
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"请求内容应为 {'、'.join(resource.accepts)}", headers={"Accept": JSON}
        )
    sent = await received(request, resource.most_bytes)
    if b"\\u0000" in sent:  # no database holds it
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "内容中含有不可用的字符 \\u0000")
    return sent


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(request: web.Request) -> str:
    """Name the resource, not the code or the plate in the path."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "-"

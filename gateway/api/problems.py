"""Errors as RFC 9457 problem documents; `detail` is for the sender, in Chinese, `errors` for his program."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web

from gateway.domain.errors import GatewayError, Refusal, StoreDown, Why
from gateway.domain.wording import understood
from gateway.pipeline.live import Limited

MEDIA = "application/problem+json"
# Seconds after which a store that is away may be back.
STORE_RETRY = 5

_STATUS = {
    Why.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Why.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Why.UNKNOWN: HTTPStatus.NOT_FOUND,
    Why.CONFLICT: HTTPStatus.CONFLICT,
}
_DETAIL = {
    HTTPStatus.NOT_FOUND: "没有这个地址，请核对后重试",
    HTTPStatus.METHOD_NOT_ALLOWED: "此地址不支持该请求方法",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "内容过大，请分批提交",
    HTTPStatus.INTERNAL_SERVER_ERROR: "系统内部错误，已记录，请稍后再试",
}


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one field; `field` is its dotted path, empty for the whole."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem document (RFC 9457 §3); of type `about:blank`: the status says which kind it is."""

    title: str
    status: int
    detail: str = ""
    errors: tuple[Fault, ...] = ()


class Refused(GatewayError):
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self) -> web.Response:
        """Return it as it is sent."""
        problem = Problem(self.status.phrase, int(self.status), self.detail, self.errors)
        body = msgspec.json.encode(problem)
        return web.Response(body=body, status=self.status, content_type=MEDIA, headers=self.headers)


def too_many(after: int) -> Refused:
    """A limit is reached; fixed words that reveal nothing (DOMAIN T1). `after`: seconds."""
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS, "查询次数已达上限，请稍后再试", headers={"Retry-After": str(max(1, after))}
    )


def of(err: Exception) -> Refused:
    """Translate what a handler raised; anything unforeseen is raised again."""
    match err:
        case Refused():
            return err
        case Refusal():
            return Refused(_STATUS[err.why], str(err), errors=[Fault(*fault) for fault in err.faults])
        case Limited():
            return too_many(err.after)
        case StoreDown():
            retry = {"Retry-After": str(STORE_RETRY)}
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "系统繁忙，请稍后再试", headers=retry)
        case msgspec.ValidationError():
            wrong = understood(str(err))
            detail = "内容有误，" + "：".join(filter(None, (wrong.path, wrong.reason)))
            return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=[Fault(wrong.path, wrong.reason)])
        case RecursionError():
            return Refused(HTTPStatus.BAD_REQUEST, "内容嵌套过深")
        case msgspec.DecodeError() | UnicodeDecodeError():
            return Refused(HTTPStatus.BAD_REQUEST, f"内容不是有效的JSON，编码应为UTF-8（{err}）")
        case web.HTTPException():
            return _of_http(err)
        case _:
            raise err


def _of_http(err: web.HTTPException) -> Refused:
    status = HTTPStatus(err.status)
    kept = {name: value for name, value in err.headers.items() if name in ("Allow", "Location", "Retry-After")}
    return Refused(status, _DETAIL.get(status, status.phrase), headers=kept)

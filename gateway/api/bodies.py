"""What a request carries, as far as it may be."""

import asyncio
import json
from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from gateway.api.problems import Fault, Refused

# Seconds in which a body must be here.
BODY_PATIENCE = 30.0
_LONGEST_SHOWN = 64  # characters of a name that nobody foresaw


async def received(request: web.Request, most_bytes: int) -> bytes:
    """Return the body.

    Raises `Refused`: 413 when it unpacks to more than `most_bytes`, 408 when it does not come in time, 400 when it
    breaks off or is not packed as its headers say.
    """
    sent = bytearray()
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            async for chunk in request.content.iter_chunked(most_bytes):
                sent += chunk
                if len(sent) > most_bytes:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"内容过大，最多{most_bytes // 1024}kB")
    except TimeoutError as err:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, f"内容未在{BODY_PATIENCE:.0f}秒内传完") from err
    except (web.RequestPayloadError, ConnectionError) as err:
        raise Refused(HTTPStatus.BAD_REQUEST, "内容未传完，或压缩、分块格式有误") from err
    return bytes(sent)


def require_once(sent: bytes) -> None:
    """Refuse JSON in which a field stands twice: readers differ in which of its two values they take.

    Raises `Refused` (422), and `RecursionError` for what is nested too deep. What is no JSON is somebody else's to say.
    """
    # Numbers are left as they are written: only names are of interest, and the longest numbers take seconds to read.
    json.loads(sent, object_pairs_hook=_each_once, parse_int=str, parse_float=str, parse_constant=str)


def _each_once(pairs: Iterable[tuple[str, object]]) -> None:
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            shown = name[:_LONGEST_SHOWN]
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"内容有误，{shown}：写了两次", errors=[Fault(shown, "写了两次")]
            )
        seen.add(name)

"""What a request carries, as far as it may be."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from gateway.api.problems import Refused

# Seconds in which a body must be here.
BODY_PATIENCE = 30.0


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

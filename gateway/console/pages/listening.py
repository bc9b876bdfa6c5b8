"""Sounds: one clip by its name, several joined, and clauses that somebody wants to hear."""

import asyncio
import io
import re
import wave
from collections.abc import Sequence
from typing import Final

from aiohttp import web
from multidict import MultiDictProxy

from gateway.console.page import get, post
from gateway.console.site import Hotline
from gateway.console.visit import Visit, is_place
from gateway.domain.access import Role
from gateway.domain.errors import Refusal, Why

_LISTENERS: Final = frozenset({Role.ADMIN, Role.WORDING, Role.REGULATOR, Role.AGENT})
_MAKERS: Final = frozenset({Role.ADMIN, Role.WORDING, Role.AGENT})
_MOST: Final = 40  # clauses at once
_LONGEST: Final = 200  # characters of one
_FORM: Final = (1, 2, 8000)  # channels, octets of a sample, samples a second
_JOINED: Final = re.compile(r"m?[0-9a-f]{32}(?:\.m?[0-9a-f]{32}){0,39}")


async def clip(visit: Visit) -> web.Response:
    """`GET /clips/{name}.wav`."""
    return await _heard(visit, [visit.request.match_info["name"]])


async def joined(visit: Visit) -> web.Response:
    """`GET /clips/joined.wav?of=NAME.NAME…`: one after the other, as a caller hears them."""
    wanted = visit.request.query.get("of", "")
    if not _JOINED.fullmatch(wanted):
        raise Refusal(Why.UNKNOWN, "没有这段录音，或已不在了")
    return await _heard(visit, wanted.split("."))


async def _heard(visit: Visit, names: Sequence[str]) -> web.Response:
    sound = await asyncio.to_thread(_join, visit.site.hotline, names)
    return web.Response(body=sound, content_type="audio/wav", headers=dict(visit.site.looks.headers))


def _join(hotline: Hotline, names: Sequence[str]) -> bytes:
    """Return the sounds as one WAV file. Raises `Refusal` for one that is not there."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as into:
        into.setnchannels(_FORM[0])
        into.setsampwidth(_FORM[1])
        into.setframerate(_FORM[2])
        for name in names:
            samples = hotline.clip(name)
            if samples is None:
                raise Refusal(Why.UNKNOWN, "没有这段录音，或已不在了")
            into.writeframes(samples)
    return whole.getvalue()


async def listen(visit: Visit) -> web.Response:
    """`POST /listen`: have the sounds of `clause`, each a field, made; a script gets a part of its page."""
    sent = visit.form.getall("clause", []) if isinstance(visit.form, MultiDictProxy) else []
    clauses = [one.strip() for one in sent if isinstance(one, str) and one.strip()]
    if not clauses or len(clauses) > _MOST or max(map(len, clauses)) > _LONGEST:
        raise Refusal(Why.INVALID, "没有可听的，或太长")
    hotline = visit.site.hotline
    if None in hotline.sounds(clauses):
        await hotline.make(clauses)
    sounds = hotline.sounds(clauses)
    here = [name for name in sounds if name]
    back = visit.field("back")
    return visit.render(
        "heard.html" if "X-CSRF-Token" in visit.request.headers else "listen.html",
        clauses=list(zip(clauses, sounds, strict=True)),
        all=".".join(here),
        lacking=sounds.count(None),
        speaks=hotline.speaks,
        configured=hotline.configured,
        back=back if is_place(back) else "",
    )


PAGES = (
    get("/clips/joined.wav", joined, roles=_LISTENERS),
    get("/clips/{name:m?[0-9a-f]+}.wav", clip, roles=_LISTENERS),
    post("/listen", listen, roles=_MAKERS),
)

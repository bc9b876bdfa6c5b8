"""As much of SIP as a phone on loopback needs (RFC 3261): messages, and digest answers (RFC 2617)."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.domain.errors import ProtocolError

_FIRST: Final = re.compile(
    r"(?:SIP/2\.0 (?P<status>[1-6]\d\d) ?(?P<reason>.*)|(?P<method>[A-Z]+) (?P<uri>\S+) SIP/2\.0)\Z"
)
_SHORT: Final = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_PARAMETER: Final = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass(frozen=True, slots=True)
class Message:
    """A request (`method`, `uri`) or an answer (`status`). Header names are lower case; several lines are a list."""

    headers: Mapping[str, list[str]]
    body: str = ""
    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""

    def first(self, name: str) -> str:
        """Return a header's first value, or nothing."""
        return self.headers.get(name, [""])[0]

    @property
    def asked(self) -> str:
        """Return the method that it asks for, or answers."""
        return self.first("cseq").partition(" ")[2].strip()

    def pack(self) -> bytes:
        """Return it as it travels."""
        first = f"SIP/2.0 {self.status} {self.reason}" if self.status else f"{self.method} {self.uri} SIP/2.0"
        lines = [f"{name}: {value}" for name, values in self.headers.items() for value in values]
        body = self.body.encode()
        return "\r\n".join([first, *lines, f"content-length: {len(body)}", "", ""]).encode() + body


def unpack(data: bytes) -> Message | None:
    """Return a message, None for a keep-alive. Raises `ProtocolError` for what is no SIP."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    if not head.strip():
        return None
    first, *lines = head.split("\r\n")
    found = _FIRST.match(first)
    if not found:
        raise ProtocolError(f"no SIP: {first[:60]!r}")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(_SHORT.get(name, name), []).append(value.strip())
    headers.pop("content-length", None)
    return Message(
        headers, body, found["method"] or "", found["uri"] or "", int(found["status"] or 0), found["reason"] or ""
    )


def answer(request: Message, status: int, reason: str, *, tag: str, contact: str = "", body: str = "") -> Message:
    """Return an answer to a request, in its own dialogue."""
    kept = {name: request.headers[name] for name in ("via", "from", "to", "call-id", "cseq") if name in request.headers}
    if ";tag=" not in request.first("to"):
        kept["to"] = [f"{request.first('to')};tag={tag}"]
    if contact:
        kept["contact"] = [contact]
    if body:
        kept["content-type"] = ["application/sdp"]
    return Message(kept, body, status=status, reason=reason)


def credentials(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """Return the `Authorization` for a `WWW-Authenticate: Digest …` (MD5, with or without qop=auth)."""
    asked = dict(_PARAMETER.findall(challenge.partition(" ")[2]))
    one = _md5(f"{user}:{asked['realm']}:{password}")
    two = _md5(f"{method}:{uri}")
    fields = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
    if "auth" in asked.get("qop", ""):
        own = secrets.token_hex(8)
        fields |= {"cnonce": own, "response": _md5(f"{one}:{asked['nonce']}:00000001:{own}:auth:{two}")}
        extra = ", qop=auth, nc=00000001"
    else:
        fields["response"] = _md5(f"{one}:{asked['nonce']}:{two}")
        extra = ""
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + extra


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a session description (RFC 4566) says of the sound: where to, how, and how keys travel."""

    host: str
    port: int
    kinds: tuple[int, ...]
    events: int | None = field(default=None)

    def pack(self) -> str:
        """Return it as it travels."""
        maps = {0: "PCMU/8000", 8: "PCMA/8000"}
        kinds = [*self.kinds, *([self.events] if self.events is not None else [])]
        lines = [
            "v=0",
            f"o=- 1 1 IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(map(str, kinds))}",
            *(f"a=rtpmap:{kind} {maps[kind]}" for kind in self.kinds),
        ]
        if self.events is not None:
            lines += [f"a=rtpmap:{self.events} telephone-event/8000", f"a=fmtp:{self.events} 0-15"]
        return "\r\n".join([*lines, "a=ptime:20", "a=sendrecv", ""])


def offer(body: str) -> Offer:
    """Read a session description. Raises `ProtocolError` when it offers no G.711."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    media = re.search(r"^m=audio (\d+) RTP/AVP ([\d ]+)", body, re.MULTILINE)
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    kinds = tuple(kind for kind in map(int, media[2].split()) if kind in (0, 8)) if media else ()
    if not host or not media or not kinds:
        raise ProtocolError("a session description without G.711")
    return Offer(host[1], int(media[1]), kinds, int(events[1]) if events else None)

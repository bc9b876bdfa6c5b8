"""Who asks without a key: an IP address, and a first-party cookie that stands for a browser."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import web

from gateway.domain.address import Address
from gateway.ports import Identities

Network: TypeAlias = IPv4Network | IPv6Network

COOKIE = "fx"
_LASTS = 365 * 24 * 3600  # seconds
_BYTES = 16  # random octets in a cookie: nobody guesses another one's
# A household or a phone has a /64 of its own (RFC 6177 §2), and a new address in it whenever it likes.
_HOME = 64


@dataclass(frozen=True, slots=True)
class Visitors:
    """Recognises browsers and addresses. `proxies` may say for whom they ask; nobody else is believed."""

    identities: Identities
    proxies: Sequence[Network]
    secure: bool  # the cookie goes over HTTPS only

    def address(self, request: web.Request) -> str:
        """Return the IP address of whoever asks; empty where there is none."""
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        hops = [hop.strip() for hop in forwarded.split(",")] if forwarded else []
        nearest = _ip(request.remote or "")
        while nearest and hops and any(ip_address(nearest) in network for network in self.proxies):
            hop = _ip(hops.pop())
            if not hop:  # a proxy of ours that writes no address speaks for itself
                break
            nearest = hop
        return nearest

    def of_address(self, address: str) -> bytes:
        """Return the keyed hash that stands for an address, as far as limits go."""
        ip = ip_address(address) if address else None
        shared = ip_network((ip, _HOME), strict=False) if isinstance(ip, IPv6Address) else ip
        return self.identities.querier(Address(f"ip:{shared}"))

    def browser(self, request: web.Request) -> bytes | None:
        """Return the keyed hash that stands for a browser that shows our cookie."""
        name, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if not name or not compare_digest(signature.encode(), self._signature(name).encode()):
            return None
        return self.identities.querier(Address(f"web:{name}"))

    def remember(self, request: web.Request, response: web.Response) -> None:
        """Give a browser a cookie, unless it has one.

        Not in answer to a POST: one that another site makes it send carries no cookie (`SameSite`), and would replace
        the one it has.
        """
        if request.method != "POST" and self.browser(request) is None:
            name = secrets.token_urlsafe(_BYTES)
            response.set_cookie(
                COOKIE,
                f"{name}.{self._signature(name)}",
                max_age=_LASTS,
                httponly=True,
                samesite="Lax",
                secure=self.secure,
            )

    def _signature(self, name: str) -> str:
        # The same keyed hash with another beginning: it says nothing of the one that stands for the browser.
        return self.identities.querier(Address(f"cookie:{name}")).hex()


def _ip(text: str) -> str:
    """Return an IP address in its one form, empty for anything else; IPv4 behind IPv6 is IPv4."""
    try:
        ip = ip_address(text)
    except ValueError:
        return ""
    return str(ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else str(ip)

"""A place in the network as settings write it: `host:port`."""

import re
from ipaddress import ip_address, ip_network
from typing import Final

HIGHEST_PORT = 65535
# Loopback and private networks (RFC 1918, 3927, 4193, 4291). Nothing else: 0.0.0.0 and :: are every address there is.
_V4: Final = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
_INSIDE: Final = tuple(map(ip_network, (*_V4, "::1/128", "fc00::/7", "fe80::/10")))


def place(written: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:8080` or `[::1]:8080`. Raises `ValueError` with what to write."""
    host, _, port = written.rpartition(":")
    if not host or host.split() != [host] or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > HIGHEST_PORT:
        raise ValueError(f"{written!r} is not host:port; write 127.0.0.1:8080, with a port up to {HIGHEST_PORT}")
    return host.strip("[]"), int(port)


def is_inside(address: str) -> bool:
    """Return whether an IP address is a loopback or private one. Raises `ValueError` for a name."""
    ip = ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in _INSIDE)

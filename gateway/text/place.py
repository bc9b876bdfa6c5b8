"""A place in the network as settings write it: `host:port`."""

import re

HIGHEST_PORT = 65535


def place(written: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:8080` or `[::1]:8080`. Raises `ValueError` with what to write."""
    host, _, port = written.rpartition(":")
    if not host or host.split() != [host] or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > HIGHEST_PORT:
        raise ValueError(f"{written!r} is not host:port; write 127.0.0.1:8080, with a port up to {HIGHEST_PORT}")
    return host.strip("[]"), int(port)

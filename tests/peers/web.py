"""`gateway serve` as a browser or a program of the outside meets it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import tomli_w

from tests.peers.commands import running
from tests.peers.site import Site

STARTING: Final = 60.0  # seconds, on a loaded machine

# One address asks for everything here.
NO_LIMITS: Final = {
    "address_codes_per_hour": 1_000_000,
    "address_codes_per_day": 1_000_000,
    "address_misses_in_a_row": 1_000_000,
    "codes_per_hour": 1_000_000,
    "codes_per_day": 1_000_000,
    "misses_in_a_row": 1_000_000,
    "unknown_alarm_per_minute": 1_000_000,
}


@contextmanager
def served(site: Site, **more: Any) -> Iterator[str]:  # noqa: ANN401 - what TOML can hold
    """Serve a site while the block lasts; give its address, without a slash at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "database": {"url": site.url},
        "keys": {"dir": str(site.file.parent / "keys")},
        "http": {"listen": address} | more.pop("http", {}),
        "limits": NO_LIMITS,
    } | more
    site.file.write_text(tomli_w.dumps(settings), "utf-8")
    log = site.file.parent / "serve.log"
    with running("serve", "-c", site.file, errors=log):
        deadline = time.monotonic() + STARTING
        while not _answers(f"http://{address}/healthz"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the service did not come up:\n{log.read_text('utf-8')}")
            time.sleep(0.05)
        yield f"http://{address}"


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False

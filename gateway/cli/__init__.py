"""The commands, one module per group. Heavy modules are imported by the command that needs them."""

import os
import sys

from gateway.cli.tree import app
from gateway.domain.errors import GatewayError


def main() -> None:
    """Run the command line; what a person must be told is said in words, without a traceback."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # line by line also into a pipe, and Chinese whatever the locale says
            reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    try:
        app()
    except GatewayError as err:
        print(f"gateway: {err}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _open_what_is_closed() -> None:
    """Give a standard stream that the caller closed a place to go: the next file opened would take its number."""
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one

"""The commands, one module per group. Heavy modules are imported by the command that needs them."""

import sys

from gateway.cli.tree import app
from gateway.domain.errors import GatewayError


def main() -> None:
    """Run the command line; what a person must be told is said in words, without a traceback."""
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

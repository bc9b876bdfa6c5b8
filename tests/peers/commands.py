"""The `gateway` command as people start it: a process of its own, its words taken as they come."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

GATEWAY: Final = (sys.executable, "-m", "gateway")
LIMIT: Final = 100.0  # seconds, for one command on a loaded machine


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this environment without anybody's gateway settings, with `changes`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return own | dict(changes or {})


def gateway(
    *arguments: str | bytes | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*GATEWAY, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
        env=environment(env),
        cwd=cwd,
    )


@contextmanager
def running(
    *arguments: str | Path, errors: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a session of its own while the block lasts; what is left of it is then killed."""
    with (
        errors.open("ab") as file,
        subprocess.Popen(
            [*GATEWAY, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            encoding="utf-8",
            env=environment(env),
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def lines_until(output: IO[str] | None, last: str) -> list[str]:
    """Read lines up to the one that is `last`. Raises `EOFError`, with what came, when it never comes."""
    assert output is not None
    lines: list[str] = []
    for line in output:
        lines.append(line.rstrip("\n"))
        if lines[-1] == last:
            return lines
    raise EOFError("\n".join(lines))

"""A Redis server of the tests' own, which they may kill, freeze and start again at the same place."""

import itertools
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.peers.ports import free_port

ENDING: Final = 20.0  # seconds, for a loaded machine
DATABASES: Final = 1000


class RedisServer:
    """A server in an empty folder, on a loopback port and a socket that stay the same; nothing outlives it."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Take the path of `redis-server`."""
        self._program, self._folder = program, folder
        self._port = free_port()
        self._databases = itertools.cycle(range(DATABASES))
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Return whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def socket_url(self) -> str:
        """Return the URL of its socket."""
        return f"unix://{self._folder}/redis.sock"

    def fresh_url(self) -> str:
        """Return the URL of a database that no other test was given."""
        return f"redis://127.0.0.1:{self._port}/{next(self._databases)}"

    def start(self) -> None:
        """Start it, empty, and wait until it takes connections. Raises `RuntimeError` with what it said."""
        settings = {"bind": "127.0.0.1", "port": self._port, "unixsocket": "redis.sock", "dir": self._folder}
        settings |= {"databases": DATABASES, "save": "", "appendonly": "no", "daemonize": "no"}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [self._program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=self._folder,
        )
        assert self._process.stdout is not None
        said: list[str] = []
        for line in self._process.stdout:
            said.append(line)
            if "ready to accept connections" in line.lower():
                return
        raise RuntimeError(f"Redis did not start:\n{''.join(said)}")

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)
        self._wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self.running:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _wait(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.wait(ENDING)
        self._process.stdout.close()

"""A PostgreSQL server of the tests' own, which they may stop, kill and start again on the same port."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from tests.peers.memory import in_memory
from tests.peers.ports import free_port

# Seconds. Starting after a crash replays the log; both are generous, for a loaded machine.
START_TIMEOUT: Final = 60
STOP_TIMEOUT: Final = 60

SETTINGS: Final = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
timezone = 'UTC'
"""

# Durability is what the tests kill the server for, so all that keeps it is on, whatever a distribution's default.
DURABLE: Final = """
fsync = on
synchronous_commit = on
full_page_writes = on
"""

# The write-ahead log is kept short because memory holds it.
QUICK: Final = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = '96MB'
"""


class PostgresServer:
    """One cluster in a temporary folder, on a loopback port that stays the same over restarts.

    `with PostgresServer(bin_folder) as server` starts it and, at the end, stops it and removes the folder. Anyone on
    this machine may connect as `postgres`, without a password.
    """

    def __init__(self, programs: Path, *, durable: bool = True) -> None:
        """Take the folder of one version's programs: `initdb`, `pg_ctl`, `createdb`, `dropdb`.

        One that is not `durable` is to be fast, with its files in memory where there is room; nobody may kill it.
        """
        self._programs = programs
        self._settings = SETTINGS + (DURABLE if durable else QUICK)
        self._folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-", dir=None if durable else in_memory()))
        self._owner = _unprivileged_user()
        self._port = 0
        self._names = (f"test_{number}" for number in itertools.count(1))

    @property
    def url(self) -> str:
        """Return the URL of the maintenance database, `postgresql://postgres@127.0.0.1:PORT/postgres`."""
        return self._url("postgres")

    @property
    def running(self) -> bool:
        """Return whether the server's first process is alive."""
        return self._ctl("status", check=False) == 0

    def start(self) -> None:
        """Start the server, recovering if it was killed, and wait until it takes connections.

        Raises `RuntimeError` with the server's log when it does not within `START_TIMEOUT`.
        """
        try:
            self._ctl("start", "--wait", f"--timeout={START_TIMEOUT}", f"--log={self._log}", "--silent")
        except subprocess.CalledProcessError as err:
            raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text(errors='replace')}") from err

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server and wait until it is gone: `fast` in good order, `immediate` as in a crash."""
        self._ctl("stop", "--wait", f"--timeout={STOP_TIMEOUT}", f"--mode={mode}", "--silent")

    def fresh_database(self, template: str = "template0") -> str:
        """Create a database, empty or a copy of the one at a URL, to which nobody is connected; return its URL."""
        name, original = next(self._names), template.rpartition("/")[2]
        to = ("--host=127.0.0.1", f"--port={self._port}", "--username=postgres")
        self._run("createdb", *to, f"--template={original}", name)
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `fresh_database` made, with the connections it still has."""
        name = url.rpartition("/")[2]
        self._run("dropdb", "--force", "--host=127.0.0.1", f"--port={self._port}", "--username=postgres", name)

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def _initialise(self) -> None:
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self._port = free_port()
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(self._settings.format(port=self._port))

    def _end(self) -> None:
        try:
            if self.running:
                self.stop("immediate")
        finally:
            shutil.rmtree(self._folder)

    def _ctl(self, command: str, *options: str, check: bool = True) -> int:
        return self._run("pg_ctl", command, f"--pgdata={self._data}", *options, check=check)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        # Output goes to files: a server that pg_ctl leaves behind would keep a pipe open and its reader waiting.
        with (self._folder / "commands").open("ab") as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                user=self._owner.pw_uid if self._owner else None,
                group=self._owner.pw_gid if self._owner else None,
                extra_groups=[] if self._owner else None,
                timeout=START_TIMEOUT + STOP_TIMEOUT,
            )
        if check:
            done.check_returncode()
        return done.returncode


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return whom to run as: PostgreSQL refuses to be root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.peers.children import adopt_orphans, children, end_all
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require
from tests.peers.redis import RedisServer

TESTS = Path(__file__).parent
WITHOUT_SOCKETS = (TESTS / "unit", TESTS / "property")
LEFT = pytest.StashKey[str]()

# A deadline in wall-clock time says more about the machine than about the code.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

# A shell's job in the background ignores Ctrl-C, and so would every command that is started here and interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(folder in item.path.parents for folder in WITHOUT_SOCKETS):
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(scope="session", autouse=True)
def no_process_outlives_the_run() -> Iterator[None]:
    """With several workers each looks after its own; `pytest_sessionfinish` after what those left behind."""
    if sys.platform != "linux":
        yield
        return
    adopt_orphans()
    yield
    left = end_all(children())
    assert not left, f"still running at the end: {left}"


def pytest_sessionstart(session: pytest.Session) -> None:
    if sys.platform == "linux" and _controls(session):
        adopt_orphans()


@pytest.hookimpl(trylast=True)  # when the workers have gone
def pytest_sessionfinish(session: pytest.Session) -> None:
    if sys.platform == "linux" and _controls(session) and (left := end_all(children())):
        session.config.stash[LEFT] = left
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left := config.stash.get(LEFT, ""):
        terminalreporter.section("processes")
        terminalreporter.line(f"still running at the end: {left}", red=True)


def _controls(session: pytest.Session) -> bool:
    """Tell whether this process starts the workers, and not a worker or a run without any."""
    return session.config.getoption("numprocesses", None) is not None and not hasattr(session.config, "workerinput")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it has committed. Who stops it starts it again.

    Like all that lasts a session it is this worker's own: no other worker's test is in the way, nor in danger.
    """
    with PostgresServer(require("postgresql").parent) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database, dropped after the test; a server that the test left stopped is started again."""
    url = postgres.fresh_database()
    yield url
    if not postgres.running:
        postgres.start()
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def quick_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the many tests that never stop it: a new database costs a tenth of the time."""
    with PostgresServer(require("postgresql").parent, durable=False) as server:
        yield server


@pytest.fixture
def quick_postgres_url(quick_postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database on it, dropped after the test."""
    url = quick_postgres.fresh_database()
    yield url
    quick_postgres.drop_database(url)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that keeps nothing; who kills it need not start it again."""
    with RedisServer(require("redis"), tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis: RedisServer) -> str:
    """The URL of an empty database on it."""
    if not redis.running:
        redis.start()
    return redis.fresh_url()

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.peers.children import adopt_orphans, children, end
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require

TESTS = Path(__file__).parent
WITHOUT_SOCKETS = (TESTS / "unit", TESTS / "property")

# A deadline in wall-clock time says more about the machine than about the code.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(folder in item.path.parents for folder in WITHOUT_SOCKETS):
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(scope="session", autouse=True)
def no_process_outlives_the_run() -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    adopt_orphans()
    yield
    left = children()
    for child in left:
        end(child)
    assert not left, "still running at the end: " + "; ".join(map(str, left))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The run's PostgreSQL. Who stops it starts it again; a test's own tables go into a `fresh_database()`."""
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

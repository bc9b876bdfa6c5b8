import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.postgres import PostgresServer
from tests.peers.site import Site, a_site


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    if request.param == "sqlite":
        return a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    return a_site(tmp_path, request.getfixturevalue("quick_postgres_url"))


@pytest.fixture(scope="session")
def sqlite_city(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("city")
    return _made(a_site(folder, f"sqlite:///{folder}/gateway.db"))


@pytest.fixture(scope="session")
def postgres_city(quick_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = a_site(tmp_path_factory.mktemp("city"), quick_postgres.fresh_database())
    yield _made(site)
    quick_postgres.drop_database(site.url)


def _made(site: Site) -> Site:
    site.keys.make_missing()
    upgraded = site.run("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    site.fill()
    return site


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A copy of a site with its schema, keys and city; on PostgreSQL the keys are put there by a person."""
    if request.param == "sqlite":
        city: Site = request.getfixturevalue("sqlite_city")
        shutil.copy(city.file.parent / "gateway.db", tmp_path)
        shutil.copytree(city.file.parent / "keys", tmp_path / "keys")
        yield a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
        return
    city = request.getfixturevalue("postgres_city")
    server: PostgresServer = request.getfixturevalue("quick_postgres")
    shutil.copytree(city.file.parent / "keys", tmp_path / "keys")
    url = server.fresh_database(template=city.url)
    yield a_site(tmp_path, url)
    server.drop_database(url)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One site for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("site")
    site = a_site(folder, f"sqlite:///{folder}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    return site

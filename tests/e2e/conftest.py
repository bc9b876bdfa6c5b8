from pathlib import Path

import pytest

from tests.peers.site import Site, a_site


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    if request.param == "sqlite":
        return a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    return a_site(tmp_path, request.getfixturevalue("quick_postgres_url"))


@pytest.fixture
def site(bare: Site) -> Site:
    """A site with its schema, keys and city; on PostgreSQL the keys are put there by a person."""
    bare.keys.make_missing()
    upgraded = bare.run("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    bare.fill()
    return bare


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One site for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("site")
    site = a_site(folder, f"sqlite:///{folder}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    return site

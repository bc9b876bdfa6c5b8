"""A served gateway with the sample city and one person of every role; a module shares it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.peers.chromium import launched
from tests.peers.console import PHONE, SHOTS, Desk, let_in
from tests.peers.handset import Handset, a_handset
from tests.peers.site import Site, a_site
from tests.peers.web import served


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with its schema, keys, city and people."""
    folder = tmp_path_factory.mktemp("console")
    site = a_site(folder, f"sqlite:///{folder}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    let_in(site)
    return site


@pytest.fixture(scope="module")
def handset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handset]:
    """A citizen's phone, and the emulated modem that it reaches."""
    with a_handset(tmp_path_factory.mktemp("modems")) as found:
        yield found


@pytest.fixture(scope="module")
def address(city: Site, handset: Handset) -> Iterator[str]:
    with served(city, modem=[handset.modem]) as found:
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    with launched() as started:  # after the site: no other event loop runs in this thread now
        yield started
    print(f"\npictures of the pages: {SHOTS}")


@pytest.fixture
def desk(browser: Browser, address: str) -> Desk:
    return Desk(browser, address)


@pytest.fixture
def phone(browser: Browser, address: str) -> Desk:
    return Desk(browser, address, PHONE)


@pytest.fixture
def bare_desk(browser: Browser, address: str) -> Desk:
    """A browser without scripts."""
    return Desk(browser, address, scripts=False)

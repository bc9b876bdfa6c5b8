"""A line that somebody paused sends nothing after the service was stopped and started again, and still receives."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.access import Actor, Role
from gateway.filing import interventions
from gateway.store.tables import messages
from tests.peers.sims import emulated_sims
from tests.peers.site import Site, a_site
from tests.peers.web import served

pytestmark = pytest.mark.timeout(240)

AGENT = Actor("user:苏和", Role.AGENT)


def last_sent_by(site: Site) -> str:
    """Return the line of the newest reply; an earlier one may have been taken over by another line since."""
    found: list[str] = []
    newest = select(messages.c.account).order_by(messages.c.id.desc()).limit(1)
    site.transact(lambda connection: found.extend(connection.execute(newest).scalars()))
    return found[0]


def test_a_pause_outlives_the_service(tmp_path: Path) -> None:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    with emulated_sims(tmp_path, 2) as sims:
        modems = [*sims.modems]
        with served(site, modem=modems):
            assert "正品" in sims.text("+8613900000001", f"CX {site.bottle(0)}", 0)
            site.file_in(lambda books: interventions.pause(books, AGENT, "卡01", "换卡", datetime.now(UTC)))
        assert last_sent_by(site) == "卡01"
        with served(site, modem=modems):
            assert "正品" in sims.text("+8613900000002", f"CX {site.bottle(1)}", 0)
            assert last_sent_by(site) == "卡02"

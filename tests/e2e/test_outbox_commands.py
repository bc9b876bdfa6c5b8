"""`gateway outbox`: what an operator sees of replies and dead letters, and the one thing he may do."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gateway.domain.address import Address
from gateway.domain.message import Undecodable
from gateway.domain.outgoing import SegmentState
from gateway.ports import Unit
from tests.builders.messages import a_message
from tests.peers.site import Site

FIRST = "13800000001"

pytestmark = pytest.mark.timeout(240)


def refused_reply(site: Site, code: str) -> str:
    """Let a reply be refused by its carrier, as far as the database knows; return the question's id."""
    inquiry = str(site.ask(f"CX{code}", FIRST)["inquiry"])
    sent = a_message(inquiry=UUID(inquiry), recipient=Address.parse(FIRST), created_at=datetime.now(UTC))
    [segment] = sent.segments
    no = replace(segment, state=SegmentState.REFUSED, submits=1, due_at=None, reason="+CMS ERROR: 1")

    def work(unit: Unit) -> None:
        unit.outbox.add([sent])
        unit.outbox.save([sent.with_segment(no)], [(sent, no)], datetime.now(UTC))

    site.change(lambda ledger: ledger.run(work))
    return inquiry


def test_a_refused_reply_is_found_shown_and_sent_again(site: Site) -> None:
    inquiry = refused_reply(site, site.bottle(5))
    listed = site.run("outbox", "list", "--state", "refused", "--json")
    [reply] = map(json.loads, listed.stdout.splitlines())
    assert (reply["inquiry"], reply["recipient"], reply["state"]) == (inquiry, "138****0001", "refused")
    shown = site.run("outbox", "show", inquiry)
    assert "138****0001" in shown.stdout
    assert "+CMS ERROR: 1" in shown.stdout
    assert FIRST not in shown.stdout + listed.stdout
    assert site.run("outbox", "requeue", reply["id"]).stdout == "queued; the service takes it up within seconds\n"
    again = json.loads(site.run("outbox", "show", reply["id"], "--json").stdout)
    assert (again["state"], [one["state"] for one in again["segments"]]) == ("open", ["queued"])
    refused = site.run("outbox", "requeue", reply["id"])
    assert refused.returncode == 1
    assert "it is open; only what was refused or expired can be sent again" in refused.stderr


def test_dead_letters_are_shown_opened_and_counted(site: Site) -> None:
    dead = [
        Undecodable("modem", "sim1", bytes([n]), f"00FF{n:02}", f"cut short {n}", datetime.now(UTC)) for n in range(3)
    ]
    site.change(lambda ledger: ledger.run(lambda unit: unit.inbox.bury(dead)))
    listed = site.run("outbox", "list", "--dead")
    assert listed.returncode == 0, listed.stderr
    assert "3 in all" in listed.stdout
    assert all(one.reason in listed.stdout and one.raw in listed.stdout for one in dead)
    assert len(site.run("outbox", "list", "--dead", "--json", "--limit", "2").stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "--state", "lost"), "--state lost: use one of open, sent, refused, expired"),
        (("show", "7"), "7: not an id; `gateway outbox list` shows them"),
        (("show", "01a20153-2dd9-701d-ad01-a4700c4d8075"), "there is no such reply or inquiry"),
        (("requeue", "01a20153-2dd9-701d-ad01-a4700c4d8075"), "there is no such reply"),
    ],
)
def test_the_outbox_says_what_it_cannot_find(shared: Site, arguments: tuple[str, ...], told: str) -> None:
    refused = shared.run("outbox", *arguments)
    assert refused.returncode == 1
    assert told in refused.stderr

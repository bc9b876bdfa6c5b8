"""`gateway phone`: registering whom alerts reach and who may ask for more."""

import json
from pathlib import Path

import pytest

from tests.peers.site import Site, a_site

NUMBER = "13800000007"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    return site


def test_a_pin_stands_alone_on_the_last_line_and_the_number_nowhere(site: Site) -> None:
    added = site.run("phone", "add", NUMBER, "--party", "station-haibowan", "--role", "station", "--pin")
    assert added.returncode == 0, added.stderr
    pin = added.stdout.splitlines()[-1]
    assert pin.isdigit()
    assert len(pin) == 6
    assert NUMBER not in added.stdout
    listed = json.loads(site.run("phone", "list", "--json").stdout)
    assert listed["shown"] == "138****0007"
    assert pin not in str(listed)


def test_a_phone_can_be_forgotten_once(site: Site) -> None:
    site.run("phone", "add", NUMBER, "--party", "station-haibowan", "--role", "station")
    command = ("phone", "remove", NUMBER, "--party", "station-haibowan")
    assert site.run(*command).returncode == 0
    again = site.run(*command)
    assert (again.returncode, again.stderr) == (1, "gateway: 138****0007: no phone of station-haibowan\n")


@pytest.mark.parametrize(
    ("number", "party", "said"),
    [("12315", "station-haibowan", "not a mobile number"), (NUMBER, "nobody", "there is no such party")],
)
def test_what_cannot_be_registered_is_named(site: Site, number: str, party: str, said: str) -> None:
    refused = site.run("phone", "add", number, "--party", party, "--role", "station")
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr

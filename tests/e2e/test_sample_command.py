"""`gateway sample load`: a city for a database that has none."""

import re

import pytest

from tests.peers.site import Site

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def empty(bare: Site) -> Site:
    bare.keys.make_missing()
    assert bare.run("db", "upgrade").returncode == 0
    return bare


def test_a_city_is_loaded_once_unless_it_is_wished_twice(empty: Site) -> None:
    loaded = empty.run("sample", "load")
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert re.fullmatch(r"\d+ parties, 2\d{3} records, 2\d{4} labels, \d{4} events, 0 phones\n", loaded.stdout)
    [answer] = empty.ask("电梯012345", "13800000001")["answers"]
    assert answer["verdict"] == "ELEV_OK"
    again = empty.run("sample", "load")
    assert (again.returncode, again.stdout) == (1, "")
    assert "there are records in this database already" in again.stderr
    added = empty.run("sample", "load", "--add")
    assert (added.returncode, added.stdout) == (0, loaded.stdout)


def test_its_phones_are_registered_only_where_that_is_wished(empty: Site) -> None:
    loaded = empty.run("sample", "load", "--phones")
    assert (loaded.returncode, loaded.stderr) == (0, "")
    printed = loaded.stdout.splitlines()[1:]
    listed = empty.run("phone", "list").stdout.splitlines()
    assert len(printed) == len([line for line in listed if "****" in line]) > 30
    assert len([line for line in printed if re.search(r"  \d{6}$", line)]) == 3, (
        "PINs of a station or two and an office"
    )

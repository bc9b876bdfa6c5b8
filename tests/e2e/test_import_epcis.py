"""`gateway import --type epcis`: a document of events from the command line."""

import json
from pathlib import Path

import pytest

from tests.builders.epcis import Json, a_document, an_event
from tests.peers.site import Site, a_site

CRATE = "urn:epc:id:sgtin:6901234.056789.77"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    return site


def picked(number: int, **fields: object) -> Json:
    said = {"epcList": [f"{CRATE}{number}"], "fx:party": "coop-dengkou"}
    return an_event("ObjectEvent", "2026-05-02T08:00", f"pick-{number}", action="ADD") | said | fields


def test_a_document_is_taken_whole_or_with_partial_its_good_events(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(a_document(picked(1), picked(2, action="CREATE"), picked(3)))
    command = ("import", str(file), "--type", "epcis")
    refused = site.run(*command)
    assert refused.returncode == 1
    assert "第2个事件“action”" in refused.stdout
    assert "没有写入任何数据" in refused.stdout
    tried = site.run(*command, "--partial", "--dry-run")
    assert (tried.returncode, "试运行" in tried.stdout) == (1, True)
    taken = site.run(*command, "--partial", "--json")
    assert taken.returncode == 1
    told = json.loads(taken.stdout)
    assert (told["written"], told["accepted"], told["duplicate"], told["rejected"]) == (True, 2, 0, 1)
    again = json.loads(site.run(*command, "--partial", "--json").stdout)
    assert (again["accepted"], again["duplicate"]) == (0, 2)


def test_what_is_no_document_and_a_party_nobody_knows_are_named(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(a_document(picked(1), context="https://evil.example/context.jsonld"))
    for options, said in (((), "外部上下文"), (("--party", "nobody"), "外部上下文")):
        refused = site.run("import", str(file), "--type", "epcis", *options)
        assert (refused.returncode, said in refused.stderr) == (1, True)
    file.write_bytes(a_document(picked(1)))
    refused = site.run("import", str(file), "--type", "epcis", "--party", "nobody")
    assert (refused.returncode, "没有这个单位" in refused.stderr) == (1, True)
    gone = site.run("import", str(tmp_path / "gone.json"), "--type", "epcis")
    assert (gone.returncode, "Traceback" in gone.stderr) == (1, False)

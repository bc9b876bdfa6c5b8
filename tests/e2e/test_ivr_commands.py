"""`gateway ivr` as an operator types it: check, draw, and walk a flow without anything being kept."""

import subprocess
from pathlib import Path

import pytest

from tests.builders.flows import FOLDER
from tests.peers.commands import GATEWAY, LIMIT, environment, gateway
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(240)

ANYBODY = "13900000001"


def walk(site: Site, flow: str, *lines: str) -> str:
    walked = subprocess.run(
        [*GATEWAY, "ivr", "try", flow, "--from", ANYBODY, "-c", site.file],
        check=False,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
        env=environment(),
    )
    assert walked.returncode == 0, walked.stderr
    return walked.stdout


def test_the_shipped_flows_pass(shared: Site) -> None:
    checked = shared.run("ivr", "check")
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == 2


def test_a_fault_is_named_with_its_file_and_line(shared: Site, tmp_path: Path) -> None:
    own = tmp_path / "flows"
    own.mkdir()
    text = (FOLDER / "hotline.yaml").read_text("utf-8")
    (own / "hotline.yaml").write_text(text.replace('"1": code,', '"1": cod,', 1), "utf-8")
    for command in (("ivr", "check"), ("check",)):
        refused = gateway(*command, "-c", shared.file, env={"GATEWAY_IVR__DIR": str(own)})
        assert refused.returncode == 1
        assert f"{own}/hotline.yaml:20: main: 1 leads to cod, and there is no such step" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_picture_is_drawn(shared: Site, tmp_path: Path) -> None:
    picture = tmp_path / "hotline.svg"
    assert shared.run("ivr", "graph", "hotline", "-o", str(picture)).returncode == 0
    assert picture.read_text("utf-8").startswith("<svg ")
    unknown = shared.run("ivr", "graph", "nothing", "-o", str(picture))
    assert (unknown.returncode, unknown.stderr) == (1, "gateway: nothing: no such flow; there are hotline, station\n")


def test_a_walk_says_what_a_caller_hears_and_keeps_nothing(shared: Site) -> None:
    code = shared.bottle(70)
    said = walk(shared, "hotline", "1" + code, "2", "0")
    assert "首次查询，是正品。" in said
    assert said.rstrip().endswith("[转人工]")
    assert "首次查询，是正品。" in walk(shared, "hotline", "1" + code)
    assert shared.ask(code, ANYBODY, "--dry")["answers"][0]["verdict"] == "GENUINE_FIRST"

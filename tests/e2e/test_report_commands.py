"""`gateway report` and `gateway ticket`, as whoever sits at the machine uses them."""

import csv
import io
import json
import zipfile

import pytest

from tests.peers.site import Site

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def city(bare: Site) -> Site:
    bare.keys.make_missing()
    assert bare.run("db", "upgrade").returncode == 0
    assert bare.run("sample", "load").returncode == 0
    return bare


def test_reports_are_printed_for_people_programs_and_spreadsheets(city: Site) -> None:
    city.ask("电梯012345", "13800000001")
    made = json.loads(city.run("report", "evaluation", "--format", "json").stdout)
    asked = [figure for figure in made["figures"] if figure["measure"] == "queries"]
    assert [(figure["verdict"], figure["value"]) for figure in asked] == [("ELEV_OK", 1)]
    for name in ("census", "progress", "public", "problems"):
        printed = city.run("report", name, "--format", "csv").stdout
        assert printed.startswith("\ufeff")
        assert len(list(csv.reader(io.StringIO(printed.lstrip("\ufeff"))))) > 10, name
    assert "检验超期" in city.run("report", "problems").stdout
    backwards = city.run("report", "census", "--from", "2026-05-02", "--to", "2026-05-01")
    assert (backwards.returncode, backwards.stdout) == (1, "")
    assert "晚于截止日期" in backwards.stderr


def test_a_complaint_goes_to_another_office_and_to_its_end(city: Site) -> None:
    city.ask("举报 1688012345678904 假酒", "13800000001")
    [ticket] = json.loads(city.run("ticket", "list", "--format", "json").stdout)["tickets"]
    number = ticket["number"]
    out = city.file.parent / "handed.csv"
    out.touch(0o644)
    handed = city.run("ticket", "export", "--to", "12315", "--since", "2020-01-01", "--hand-over", "-o", out)
    assert (handed.returncode, handed.stdout) == (0, f"{out}: 1 tickets\n")
    assert "13800000001" in out.read_text("utf-8-sig")
    assert out.stat().st_mode & 0o777 == 0o600
    closed = city.run("ticket", "state", number, "closed", "--answer", "已查处")
    assert (closed.returncode, closed.stdout) == (0, f"{number}: closed\n")
    steps = json.loads(city.run("ticket", "show", number).stdout)["steps"]
    assert [step["state"] for step in steps] == ["handed_over", "closed"]
    assert "已查处" in city.run("outbox", "list", "--json").stdout
    assert city.run("ticket", "state", number, "closed").returncode == 2
    assert "已办结" in city.run("ticket", "state", number, "in_progress").stderr
    case, target = (
        city.run("report", "case", number, "-o", city.file.parent / "case.zip"),
        city.file.parent / "case.zip",
    )
    assert (case.returncode, case.stdout) == (0, f"{target}: {target.stat().st_size} bytes\n")
    with zipfile.ZipFile(target) as archive:
        assert "tickets.csv" in archive.namelist()
    assert "is there already" in city.run("report", "case", number, "-o", target).stderr

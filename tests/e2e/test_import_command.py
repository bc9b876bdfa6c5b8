"""`gateway import`, as an operator runs it."""

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.builders import cylinder_file
from tests.peers.children import children
from tests.peers.commands import gateway, running

# Long enough for the crew of processes, short enough for a loaded machine.
LONG = 75_000
PATIENCE = 60.0


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/gateway.db"\n', "utf-8")
    assert gateway("db", "upgrade", "-c", path).returncode == 0
    return path


def records(settings: Path) -> int:
    with sqlite3.connect(settings.parent / "gateway.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM records").fetchone()
    connection.close()
    return int(count)


def test_a_long_file_with_twenty_kinds_of_broken_rows(settings: Path, tmp_path: Path) -> None:
    file, report = tmp_path / "cylinders.csv", tmp_path / "report.csv"
    broken = cylinder_file.write(file, LONG, 50)

    refused = gateway("import", file, "--type", "lpg", "--report", report, "--json", "-c", settings)

    told = json.loads(refused.stdout)
    assert (refused.returncode, refused.stderr) == (1, "")
    assert cylinder_file.complained(report) == broken
    assert (told["things"], told["rejected"], told["merged"]) == (LONG, len(broken), False)
    assert records(settings) == 0

    taken = gateway("import", file, "--type", "lpg", "--partial", "--json", "-c", settings)
    assert (taken.returncode, json.loads(taken.stdout)["added"]) == (1, LONG - len(broken))
    assert records(settings) == LONG - len(broken)


def test_a_killed_import_leaves_nothing_and_can_be_run_again(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "cylinders.csv"
    cylinder_file.write(file, LONG, 0)
    errors = tmp_path / "errors"

    with running("import", file, "--type", "lpg", "-c", settings, errors=errors) as process:
        _wait_for("interchange.worker", there=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)

    _wait_for("interchange.worker", there=False)
    assert records(settings) == 0
    again = gateway("import", file, "--type", "lpg", "-c", settings)
    assert (again.returncode, records(settings)) == (0, LONG)
    twice = gateway("import", file, "--type", "lpg", "-c", settings)
    assert (twice.returncode, "没有任何改动" in twice.stdout) == (0, True)


def _wait_for(name: str, *, there: bool) -> None:
    until = time.monotonic() + PATIENCE
    while any(name in child.command for child in children()) is not there:
        assert time.monotonic() < until, f"{name} still {'not there' if there else 'there'}"
        time.sleep(0.01)


def test_a_file_of_something_else_is_told_what_was_looked_for(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "pupils.csv"
    file.write_text("姓名,学号\n张三,1\n", "gb18030")

    refused = gateway("import", file, "--type", "melon", "-c", settings)

    assert refused.returncode == 1
    assert "姓名、学号" in refused.stderr
    assert "批号、产品名称" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("import", "x.csv"), "--type"),
        (("import", "missing.csv", "--type", "lpg"), "missing.csv"),
        (("import", "x.csv", "--type", "bicycle"), "没有类型 bicycle"),
        (("import", "x.csv", "--type", "lpg", "--party", "NOBODY"), "没有这个单位"),
        (("import", "x.csv", "--type", "lpg", "--report", "./x.csv"), "同一个文件"),
        (("import", "x.csv", "--type", "lpg", "--actor", "王" * 65), "最多64个字"),
        (("import", "--template", "bicycle", "x.xlsx"), "没有类型 bicycle"),
        (("import", "--template", "lift", "form.csv"), "form.xlsx"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    settings: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")

    refused = gateway(*arguments, "-c", settings, cwd=tmp_path)

    assert refused.returncode != 0
    assert reason in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_form_filled_in_is_a_file_to_import(settings: Path, tmp_path: Path) -> None:
    form = tmp_path / "lift.xlsx"
    written = gateway("import", "--template", "lift", form)
    empty = gateway("import", form, "--type", "lift", "--json", "-c", settings)

    assert (written.returncode, form.read_bytes()[:2]) == (0, b"PK")
    assert (empty.returncode, json.loads(empty.stdout)["things"]) == (0, 0)


def test_a_form_is_not_written_over_what_somebody_filled_in(tmp_path: Path) -> None:
    filled = tmp_path / "lift.xlsx"
    filled.write_bytes(b"a day's work")
    refused = gateway("import", "--template", "lift", filled)

    assert (refused.returncode, filled.read_bytes()) == (1, b"a day's work")
    assert "不会覆盖" in refused.stderr


def test_an_old_spreadsheet_with_a_title_and_a_total(settings: Path) -> None:
    lifts = Path(__file__).parents[1] / "spreadsheets" / "lifts.xls"

    dry = gateway("import", lifts, "--type", "lift", "--dry-run", "-c", settings)
    done = gateway("import", lifts, "--type", "lift", "-c", settings)

    assert (dry.returncode, "试运行" in dry.stdout) == (0, True)
    assert (done.returncode, "新增2条" in done.stdout, records(settings)) == (0, True, 2)


@pytest.mark.parametrize("kind", ["station", "vehicle", "party", "inputs", "liquor"])
def test_a_station_does_not_write_its_own_licence(settings: Path, tmp_path: Path, kind: str) -> None:
    party, file = tmp_path / "party.csv", tmp_path / "x.csv"
    party.write_text("单位编号,单位名称,单位类别,行政区划代码\nstation-1,平安气站,充装站,150302\n", "utf-8")
    assert gateway("import", party, "--type", "party", "-c", settings).returncode == 0
    file.write_text("气站编号,许可证有效期\nstation-1,2099-01-01\n", "utf-8")
    refused = gateway("import", file, "--type", kind, "--party", "station-1", "-c", settings)
    assert (refused.returncode, "无权导入" in refused.stderr) == (1, True)

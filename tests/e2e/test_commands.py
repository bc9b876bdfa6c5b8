"""The commands as an operator types them, on SQLite and on a real PostgreSQL."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w

from gateway.store.schema import HEAD
from tests.peers.commands import GATEWAY, environment, gateway
from tests.peers.site import Site, a_site

FIRST = "13800000001"

pytestmark = pytest.mark.timeout(240)


def test_a_new_sqlite_site_takes_one_command(tmp_path: Path) -> None:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    first = site.run("db", "upgrade")
    assert first.returncode == 0
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["made"] * 4 + ["schema:"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in (tmp_path / "keys").iterdir()} == {0o600}
    again = site.run("db", "upgrade")
    assert (again.returncode, again.stdout) == (0, f"schema: {HEAD}, nothing to do\n")


def test_postgresql_gets_its_schema_but_no_keys(tmp_path: Path, quick_postgres_url: str) -> None:
    site = a_site(tmp_path, quick_postgres_url)
    assert site.run("db", "upgrade").stdout == f"schema: empty -> {HEAD}\n"
    assert not (tmp_path / "keys").exists()
    refused = site.run("serve")
    assert refused.returncode == 1
    assert "keys/querier.key: this key is missing" in refused.stderr
    assert "with PostgreSQL make it once by `gateway keys make` and put the same 64 digits there" in refused.stderr


@pytest.mark.parametrize("command", [("serve",), ("ask", "CX", "--from", FIRST), ("outbox", "list")])
def test_an_unmigrated_database_is_refused_with_the_command_to_run(bare: Site, command: tuple[str, ...]) -> None:
    bare.keys.make_missing()
    refused = bare.run(*command)
    assert (refused.returncode, refused.stdout) == (1, "")
    expected = f"the database's schema is empty, this version needs {HEAD}; run: gateway db upgrade -c FILE"
    assert expected in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", [("serve",), ("ask", "CX", "--from", FIRST), ("outbox", "list", "--dead")])
def test_missing_keys_are_refused(bare: Site, command: tuple[str, ...]) -> None:
    refused = bare.run(*command)
    assert refused.returncode == 1
    assert "keys/querier.key: this key is missing; on SQLite `gateway db upgrade` makes it" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_away_makes_no_verdict(site: Site, tmp_path: Path) -> None:
    """DESIGN 1, promise 1: away is away, and not "no such code"."""
    file = tmp_path / "away.toml"
    away = {"database": {"url": "postgresql://nobody@127.0.0.1:1/none"}, "keys": {"dir": str(tmp_path / "keys")}}
    file.write_text(tomli_w.dumps(away))
    asked = gateway("ask", f"CX{site.bottle(0)}", "--from", FIRST, "--json", "-c", file)
    assert [one["verdict"] for one in json.loads(asked.stdout)["answers"]] == ["UNAVAILABLE"]
    assert "the database is away" in asked.stderr
    upgraded = gateway("db", "upgrade", "-c", file)
    assert upgraded.returncode == 1
    assert "Traceback" not in upgraded.stderr


def test_a_database_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    (tmp_path / "gateway.db").write_bytes(b"no database at all" * 100)
    site.keys.make_missing()
    refused = site.run("db", "upgrade")
    assert refused.returncode == 1
    assert refused.stderr == "gateway: the database refuses: file is not a database\n"


NO_REDIS = "redis://:verysecret@127.0.0.1:1/0"


def test_check_prints_all_settings_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    modem = {"name": "sim1", "port": "/dev/none", "number": "+8613800000100", "pin": "9753"}
    file.write_text(
        tomli_w.dumps(
            {"database": {"url": "postgresql://u:verysecret@h/n"}, "redis": {"url": NO_REDIS}, "modem": [modem]}
        )
    )
    checked = gateway("check", "-c", file)
    assert checked.returncode == 0
    assert f"# {file}" in checked.stdout
    assert 'url = "postgresql://u:***@h/n"' in checked.stdout
    assert 'url = "redis://:***@127.0.0.1:1/0"' in checked.stdout
    assert "# redis: away, each process counts for itself until it answers: " in checked.stderr
    assert "codes_per_hour = 10" in checked.stdout, "defaults are shown too"
    assert "verysecret" not in checked.stdout + checked.stderr
    assert "9753" not in checked.stdout + checked.stderr


def test_check_names_every_fault_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[database]\nurl = "sqlite:///x.db"\n[htpp]\nlisten = "x"\n')
    checked = gateway("check", "-c", file)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert f"{file}: database.url: a SQLite path must be absolute" in checked.stderr
    assert f"{file}: htpp: no such key" in checked.stderr


def test_the_operators_own_words_are_checked_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "lift").mkdir()
    (own := tmp_path / "lift" / "elev_ok.j2").write_text("{% for word in words %}{% endfor %}")
    file = tmp_path / "gateway.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/gateway.db"\n[templates]\ndir = "{tmp_path}"\n')
    checked = gateway("check", "-c", file)
    assert checked.returncode == 1
    assert f"{own}:1: For is not allowed" in checked.stderr


def test_every_command_takes_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[database]\nurl = "sqlite:////nowhere/x.db"\n')
    made = gateway("db", "upgrade", "-c", file, env={"GATEWAY_DATABASE__URL": f"sqlite:///{tmp_path}/here.db"})
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "CX"], ["ask", "CX", "--jsonl", "x", "--from", FIRST]])
def test_a_command_used_wrongly_says_how_it_is_used(arguments: list[str]) -> None:
    used = gateway(*arguments)
    assert used.returncode == 2
    assert "Usage: " in used.stderr


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_closed_stream_is_no_catastrophe(shared: Site, stream: int) -> None:
    command = [*GATEWAY, "ask", "BZ", "--from", FIRST, "--dry", "-c", shared.file]
    closing_it = ["sh", "-c", f'exec "$@" {stream}>&-', "sh", *map(str, command)]
    asked = subprocess.run(closing_it, check=False, capture_output=True, timeout=100, env=environment())
    assert asked.returncode == 0, asked.stderr


def test_a_reader_that_has_seen_enough_ends_it_quietly(shared: Site, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"text": "BZ", "from": "13800000001"}\n' * 300)
    with subprocess.Popen(
        [*GATEWAY, "ask", "--jsonl", questions, "--dry", "-c", shared.file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        assert b'"help"' in asking.stdout.readline()
        asking.stdout.close()
        assert b"Traceback" not in asking.stderr.read()


def test_chinese_is_printed_whatever_the_locale(shared: Site) -> None:
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    asked = gateway("ask", "BZ", "--from", FIRST, "--dry", "-c", shared.file, env=plain)
    assert (asked.returncode, asked.stdout[:8]) == (0, "【放心100】发")


def test_the_command_is_installed_under_its_name() -> None:
    installed = Path(sys.executable).parent / "gateway"
    shown = subprocess.run([installed, "--help"], check=True, capture_output=True, encoding="utf-8", timeout=100)
    assert all(command in shown.stdout for command in ("demo", "serve", "check", "ask", "db", "sim", "outbox"))

"""Labels as an operator handles them: ordered, printed, bound, called back; killed half way and two at once."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from gateway.store.tables import label_ranges
from tests.builders.labels import BATCH, CYLINDER, equip
from tests.peers.commands import GATEWAY, environment
from tests.peers.site import Site, a_site

FIRST = "13800000001"
MANY = 50_000

pytestmark = pytest.mark.timeout(240)


def equipped(bare: Site) -> Site:
    """Return a site with parties, a batch and cylinders, and no label."""
    bare.keys.make_missing()
    upgraded = bare.run("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    bare.file_in(equip)
    return bare


@pytest.fixture
def factory(tmp_path: Path) -> Site:
    """On SQLite: what acts do is the same on both, and tested on both where it takes less time."""
    return equipped(a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db"))


@pytest.fixture
def either(bare: Site) -> Site:
    """On SQLite, and on PostgreSQL."""
    return equipped(bare)


def order(out: Path, count: int, *, klass: int = 1, party: str = "hetao") -> list[str | Path]:
    return ["codes", "issue", "--class", str(klass), "--count", str(count), "--party", party, "--out", out]


def done(site: Site, *arguments: str | Path) -> str:
    ran = site.run(*arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def refused(site: Site, *arguments: str | Path) -> str:
    ran = site.run(*arguments)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr


def ledger(site: Site, party: str) -> dict[str, object]:
    (line,) = done(site, "codes", "ledger", "--party", party, "--json").splitlines()
    return dict(json.loads(line))


def test_from_the_order_to_the_answer(either: Site, tmp_path: Path) -> None:
    out = tmp_path / "codes.txt"
    done(either, *order(out, 6), "--custodian", "张三", "--countersign", "--actor", "user:wang")
    codes, signs = zip(*(line.split("\t") for line in out.read_text().splitlines()), strict=True)
    assert done(either, "codes", "void", codes[1], "--reason", "印坏") == "1 枚已作废\n"
    printed = " ".join(codes[0][at : at + 4] for at in range(0, 16, 4))  # as on the label
    assert done(either, "codes", "bind", printed, codes[3], "--batch", BATCH) == f"{BATCH}：已绑定 3 枚\n"
    assert "不能重复绑定" in refused(either, "codes", "bind", codes[2], "--batch", BATCH)
    assert done(either, "codes", "return", codes[5], "--destroyed") == "1 枚已销毁\n"
    line = ledger(either, "hetao")
    expected = {"custodian": "张三", "issued": 6, "bound": 3, "void": 1, "destroyed": 1, "returned": 0, "left": 1}
    assert {name: line[name] for name in expected} == expected
    first = either.ask(f"CX{codes[0]}", FIRST)
    assert first["answers"][0]["verdict"] == "GENUINE_FIRST"
    assert signs[0] in first["replies"][0]["text"]
    verdicts = [either.ask(f"CX{codes[at]}", FIRST)["answers"][0]["verdict"] for at in (1, 4)]
    assert verdicts == ["LABEL_VOID", "NOT_ACTIVATED"]
    entries = [json.loads(entry) for entry in done(either, "audit", "list", "--json").splitlines()]
    assert {entry["actor"] for entry in entries if entry["action"] == "labels issued"} == {"user:wang"}
    assert not any(code in str(entries) for code in codes)
    assert "none missing, none changed" in done(either, "audit", "verify")


def test_a_seal_uses_up_the_one_before(factory: Site, tmp_path: Path) -> None:
    out = tmp_path / "seals.txt"
    done(factory, *order(out, 2, klass=6, party="station-pingan"))
    first, second = out.read_text().split()
    done(factory, "codes", "bind", first, "--cylinder", CYLINDER)
    assert "不再有效" in done(factory, "codes", "bind", second, "--cylinder", CYLINDER)
    assert "已使用" in done(factory, "codes", "verify", first)
    assert factory.ask(f"LPG{first}", FIRST)["answers"][0]["verdict"] == "SEAL_USED"


def test_a_code_nobody_issued_is_told_and_exits_1(factory: Site) -> None:
    verified = factory.run("codes", "verify", factory.codes.issue(1, 1, 7))
    assert (verified.returncode, "没有发放过" in verified.stdout) == (1, True)


def test_bytes_that_are_no_text_are_refused_in_words(factory: Site, tmp_path: Path) -> None:
    done(factory, *order(tmp_path / "out.txt", 1))
    code = (tmp_path / "out.txt").read_text().strip()
    for arguments in (
        ("verify", b"\xff\xfe"),
        ("void", code, "--reason", b"\xff"),
        ("void", code, "--reason", "x", "--actor", b"\xff"),
        ("void", code, "--reason", "x", "--actor", "x" * 65),
        ("bind", code, "--batch", b"\xff"),
    ):
        ran = factory.run("codes", *arguments)
        assert ran.returncode in (1, 2), arguments
        assert ran.stderr
        assert "Traceback" not in ran.stderr, arguments
    assert "未启用" in done(factory, "codes", "verify", code)


def test_a_burst_is_voided_by_its_file_all_or_none(factory: Site, tmp_path: Path) -> None:
    out, burst = tmp_path / "codes.txt", tmp_path / "burst.txt"
    done(factory, *order(out, 5))
    codes = out.read_text().split()
    burst.write_text("\n".join([*codes[:3], factory.codes.issue(1, 1, 7)]))
    assert "没有发放过" in refused(factory, "codes", "void", "--file", burst, "--reason", "被抢先查询")
    burst.write_text("\ufeff" + "\n".join(codes[:3]) + "\n\n")
    assert done(factory, "codes", "void", "--file", burst, "--reason", "被抢先查询") == "3 枚已作废\n"
    assert (ledger(factory, "hetao")["void"], ledger(factory, "hetao")["left"]) == (3, 2)


@pytest.mark.parametrize("options", [(), ("--hashed",)])
def test_a_firms_own_codes_are_answered_for(factory: Site, tmp_path: Path, options: tuple[str, ...]) -> None:
    listed = tmp_path / "own.txt"
    listed.write_text("690123456789012345\n690123456789012346\n")
    done(factory, "codes", "register", listed, "--batch", BATCH, *options)
    verdicts = [
        factory.ask("CX690123456789012345", sender)["answers"][0]["verdict"] for sender in (FIRST, "13800000002")
    ]
    assert verdicts == ["GENUINE_FIRST", "REPEAT_WARN"]
    assert "已登记过" in refused(factory, "codes", "register", listed, "--batch", BATCH)


def test_a_new_key_version_leaves_the_old_codes_good(factory: Site, tmp_path: Path) -> None:
    done(factory, *order(tmp_path / "old.txt", 1))
    assert "codes-v2.key" in done(factory, "codes", "new-version")
    done(factory, *order(tmp_path / "new.txt", 1))
    done(factory, "codes", "new-version", "--long")
    done(factory, *order(tmp_path / "long.txt", 1), "--long")
    old, new, long = ((tmp_path / f"{name}.txt").read_text().strip() for name in ("old", "new", "long"))
    assert (old[1], new[1], long[1], len(long)) == ("1", "2", "9", 20)
    for code in (old, new, long):
        done(factory, "codes", "verify", code)


def test_lost_keys_are_not_made_anew_without_a_word(factory: Site, tmp_path: Path) -> None:
    done(factory, *order(tmp_path / "out.txt", 1))
    code = (tmp_path / "out.txt").read_text().strip()
    for key in (tmp_path / "keys").iterdir():
        key.unlink()
    assert ".key in [keys] dir is not the one" in refused(factory, "db", "upgrade")
    assert ".key in [keys] dir is not the one" in refused(factory, "ask", code, "--from", FIRST)


def test_what_only_reads_waits_for_nobody_and_holds_up_nobody(factory: Site, tmp_path: Path) -> None:
    done(factory, *order(tmp_path / "out.txt", 1))
    code = (tmp_path / "out.txt").read_text().strip()
    with closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as service:
        service.execute("BEGIN IMMEDIATE")
        for command in (("codes", "verify", code), ("codes", "ledger"), ("audit", "verify"), ("key", "list")):
            done(factory, *command)


def test_two_processes_that_issue_at_once_never_give_a_code_twice(either: Site, tmp_path: Path) -> None:
    files = [tmp_path / f"codes{number}.txt" for number in range(2)]
    running = [subprocess.Popen([*GATEWAY, *order(out, MANY), "-c", either.file], env=environment()) for out in files]
    assert [process.wait() for process in running] == [0, 0]
    codes = [code for out in files for code in out.read_text().split()]
    assert len(codes) == len(set(codes)) == 2 * MANY
    assert disjoint(either) == 2 * MANY
    sampled = either.codes.index_of(codes[MANY - 1])
    assert sampled is not None
    assert either.codes.index_of(codes[0]) == sampled - MANY + 1, "in the order of the ledger"


def test_killed_half_way_it_leaves_no_file_and_no_live_code(either: Site, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "codes.txt"
    with subprocess.Popen([*GATEWAY, *order(out, 5_000_000), "-c", either.file], env=environment()) as process:
        until(lambda: any(part.stat().st_size for part in folder.iterdir()), process)
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    half = [line for part in folder.iterdir() for line in part.read_text().split("\n")[:-1]]
    verified = either.run("codes", "verify", half[0])
    assert (verified.returncode, "没有发放过" in verified.stdout) == (1, True)
    done(either, *order(folder / "again.txt", 10))
    assert not set((folder / "again.txt").read_text().split()) & set(half)
    disjoint(either)


def test_what_cannot_be_written_is_not_issued(factory: Site, tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_text("an earlier issue")
    assert "there already" in refused(factory, *order(tmp_path / "codes.txt", 5))
    assert "cannot be written" in refused(factory, *order(tmp_path / "none" / "codes.txt", 5))
    assert (tmp_path / "codes.txt").read_text() == "an earlier issue"
    assert done(factory, "codes", "ledger", "--json") == ""


def test_interrupted_it_says_in_the_ledger_that_nobody_has_the_codes(factory: Site, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    arguments = [*GATEWAY, *order(folder / "codes.txt", 5_000_000), "-c", factory.file]
    with subprocess.Popen(arguments, env=environment(), stderr=subprocess.PIPE, start_new_session=True) as process:
        until(lambda: any(part.stat().st_size for part in folder.iterdir()), process)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 130
    assert list(folder.iterdir()) == []
    (line,) = [json.loads(one) for one in done(factory, "codes", "ledger", "--json").splitlines()]
    assert (line["void"], line["left"]) == (5_000_000, 0)


def test_a_key_of_the_interface_is_shown_once_and_ends(factory: Site) -> None:
    *_, key = done(factory, "key", "add", "--role", "firm", "--party", "hetao").splitlines()
    assert len(key) == 43, "256 bits, base64url"
    (listed,) = [json.loads(line) for line in done(factory, "key", "list", "--json").splitlines()]
    assert (listed["role"], listed["party"], listed["revoked_at"]) == ("firm", "hetao", None)
    assert key not in done(factory, "audit", "list", "--json")
    done(factory, "key", "revoke", listed["id"])
    assert "revoked before" in refused(factory, "key", "revoke", listed["id"])
    assert "no such party" in refused(factory, "key", "add", "--role", "firm", "--party", "nobody")
    assert factory.run("key", "add", "--role", "firm").returncode == 2, "a firm's key reaches a party"


def test_keys_for_postgresql_are_made_by_a_command_and_checked(tmp_path: Path) -> None:
    bare = a_site(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    assert "querier.key: this key is missing" in bare.run("check").stderr
    assert done(bare, "keys", "make").count("made ") == 4
    assert f"# keys: all in {bare.file.parent / 'keys'}, for codes of versions 1" in bare.run("check").stderr
    assert "all there" in done(bare, "keys", "make")


def disjoint(site: Site) -> int:
    """Return how many labels the ledger holds; no run of it meets another."""
    found: list[tuple[int, int, int, int]] = []

    def work(connection: Connection) -> None:
        c = label_ranges.c
        found.extend(map(tuple, connection.execute(select(c.klass, c.version, c.first, c.last))))

    site.transact(work)
    found.sort()
    for (*kind, _, last), (*next_kind, first, _) in pairwise(found):
        assert kind != next_kind or last < first
    return sum(last - first + 1 for _, _, first, last in found)


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for what a process does and tells nobody; it must not end before."""
    while not condition():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)

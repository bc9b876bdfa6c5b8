"""The configuration that is shipped, and the site that the demo and the tests give it."""

import re
from pathlib import Path

import pytest

from gateway.channels.asterisk.sounds import OF_THE_SWITCH
from gateway.emulators import switch
from gateway.emulators.switch import Program, Site
from gateway.ivr.numbers import ALLOWED
from gateway.settings import shipped

ETC = shipped("asterisk")
SITE = Site(sip=1, ami=2, rtp=range(3, 5), agi=6)


def names(text: str) -> set[str]:
    return set(re.findall(r"^(\w+)\s*=", text, re.MULTILINE))


def test_a_site_of_ours_has_all_that_the_shipped_one_has() -> None:
    files = SITE.files()
    here = {f"site/{file.name}" for file in (ETC / "site").iterdir()}
    assert here | {"secret/manager.conf"} == set(files)
    for name in ("site/globals.conf", "site/listen.conf", "site/rtp.conf"):
        assert names((ETC / name).read_text()) == names(files[name]), name


def test_every_included_file_is_there() -> None:
    included = {name for file in ETC.glob("*.conf") for name in re.findall(r"^#include (\S+)", file.read_text(), re.M)}
    assert included == set(SITE.files())


def test_every_sound_of_the_dialplan_is_checked_at_start() -> None:
    text = (ETC / "extensions.conf").read_text() + (ETC / "queues.conf").read_text()
    played = re.findall(r"Playback\(([\w-]+)|Read\(KEY,([\w-]+)|^periodic-announce = ([\w-]+)", text, re.MULTILINE)
    assert {name for names in played for name in names if name} | {"beep"} == set(OF_THE_SWITCH)


def test_the_switch_and_we_dial_the_same_numbers() -> None:
    [theirs] = re.findall(r"^DIALABLE=\^(.*)\$$", (ETC / "extensions.conf").read_text(), re.MULTILINE)
    assert theirs.replace("(0", "(?:0") == ALLOWED.pattern.removesuffix(r"\Z")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("asterisk.conf", "live_dangerously = no"),
        ("manager.conf", "deny = 0.0.0.0/0.0.0.0"),
        ("manager.conf", "write = reporting,originate"),
        ("manager.conf", "webenabled = no"),
        ("modules.conf", "autoload = no"),
        ("pjsip.conf", "dtmf_mode = rfc4733"),
        ("pjsip.conf", "allow = alaw,ulaw"),
    ],
)
def test_what_keeps_people_out(file: str, line: str) -> None:
    lines = [text.partition(";")[0].strip() for text in (ETC / file).read_text().splitlines()]
    assert line in lines
    assert not [
        text for text in lines if re.match(r"(load|require) = .*(ari|http|cdr_|cel_|app_system|func_shell)", text)
    ]


def test_a_tree_is_run_with_its_own_loader(tmp_path: Path) -> None:
    assert switch.in_tree(tmp_path) is None
    for name in ("usr/sbin/asterisk", "lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/asterisk/modules/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = switch.in_tree(tmp_path)
    assert found
    assert found.command == (
        f"{tmp_path}/lib64/ld-linux-x86-64.so.2",
        "--library-path",
        f"{tmp_path}/usr/lib/x86_64-linux-gnu",
        f"{tmp_path}/usr/sbin/asterisk",
    )
    assert found.modules == tmp_path / "usr/lib/x86_64-linux-gnu/asterisk/modules"


def test_the_place_of_the_tree_may_be_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASTERISK_ROOT", str(tmp_path))
    assert switch.root() == tmp_path
    monkeypatch.delenv("ASTERISK_ROOT")
    assert switch.root().parts[-2:] == (".cache", "asterisk")


def test_what_is_laid_out(tmp_path: Path) -> None:
    program = Program(("asterisk",), Path("/modules"), Path("/data"))
    switch.lay_out(program, ETC, tmp_path / "own", SITE)
    text = (tmp_path / "own/etc/asterisk.conf").read_text()
    assert text.startswith(f"[directories]\nastmoddir = /modules\nastetcdir = {tmp_path}/own/etc\n")
    assert "live_dangerously = no" in text
    assert (tmp_path / "own/data/sounds/zh").is_dir()
    assert SITE.secret not in "".join(file.read_text() for file in (tmp_path / "own/etc").glob("*.conf"))
    assert (tmp_path / "own/etc/secret").stat().st_mode & 0o077 == 0

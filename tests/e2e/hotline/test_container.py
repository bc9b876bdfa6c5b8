"""What `docker/asterisk` puts into a container, started without one: the place, and the secrets of `start.sh`."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from pydantic import SecretStr

from gateway.channels.asterisk.ami import Account, ControlPlane
from gateway.channels.asterisk.sounds import OF_THE_SWITCH
from gateway.emulators.caller import Phone
from gateway.emulators.switch import Site, Switch, lay_out
from gateway.settings import shipped
from gateway.wire.g711 import Samples
from tests.peers.hotline import a_site, hears, put, ring, until
from tests.peers.programs import require_asterisk

START: Final = Path(__file__).parents[3] / "docker/asterisk/start.sh"
SECRETS: Final = {"ami_secret": "manager-of-the-place", "operator_password": "operator-of-the-place"}


def enter(
    etc: Path, secrets: Mapping[str, str], permit: str = "127.0.0.1/255.255.255.255"
) -> subprocess.CompletedProcess[str]:
    """Run the container's entry point on folders of our own; instead of Asterisk what says how it was called."""
    folder = etc.parent / "entry"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/asterisk").write_text('#!/bin/sh\necho "asterisk $*"\n')
    (folder / "bin/asterisk").chmod(0o755)
    for name, secret in secrets.items():
        (folder / name).write_text(f"{secret}\n")
    script = START.read_text().replace("/run/secrets", str(folder)).replace("/etc/asterisk", str(etc))
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script], env={"PATH": path, "AMI_PERMIT": permit}, capture_output=True, text=True, check=False
    )


def at_our_ports(text: str, site: Site) -> str:
    """Return a file of the shipped place, on loopback: 0.0.0.0 and its ports are a container's own."""
    changes = {
        "0.0.0.0:5060": f"127.0.0.1:{site.sip}",
        "bindaddr = 0.0.0.0": "bindaddr = 127.0.0.1",
        "port = 5038": f"port = {site.ami}",
        "gateway:4573": f"127.0.0.1:{site.agi}",
        "192.0.2.1 ": "127.0.0.1 ",
        "= 10000": f"= {site.rtp.start}",
        "= 11199": f"= {site.rtp.stop - 1}",
    }
    for before, after in changes.items():
        text = text.replace(before, after)
    return text


async def test_the_shipped_place_starts_and_takes_calls(
    tmp_path: Path, caller: Phone, sounds: dict[str, Samples]
) -> None:
    site = a_site()
    switch = Switch(require_asterisk(), tmp_path, site)
    lay_out(require_asterisk(), shipped("asterisk"), tmp_path, site)
    for file in (shipped("asterisk") / "site").glob("*.conf"):
        (tmp_path / "etc/site" / file.name).write_text(at_our_ports(file.read_text(), site))
    for file in (tmp_path / "etc/secret").iterdir():
        file.unlink()
    done = enter(tmp_path / "etc", SECRETS)
    assert (done.returncode, done.stdout) == (0, "asterisk -f\n")
    assert all((file.stat().st_mode & 0o077) == 0 for file in (tmp_path / "etc/secret").iterdir())
    await asyncio.to_thread(switch.start)
    try:
        for name in OF_THE_SWITCH:
            put(switch, name)
        account = Account("127.0.0.1", site.ami, "gateway", SecretStr(SECRETS["ami_secret"]))
        with ControlPlane(account, every=0.2, again=0.2) as control:
            async with asyncio.timeout(20):
                await until(lambda: control.state.up)
            assert set(control.state.endpoints) == {"trunk", "operator"}
            assert set(control.state.queues) == {"operators"}
        call = await ring(caller, switch)  # no gateway is there: the apology, and the operators
        await hears(call, sounds, "sorry")
        await call.hang_up()
        assert SECRETS["operator_password"] in await asyncio.to_thread(switch.command, "pjsip show auth operator")
    finally:
        await asyncio.to_thread(switch.stop)
    said = switch.log.read_text(errors="replace")
    troubles = [line for line in said.splitlines() if re.search("ERROR|WARNING", line)]
    assert all(f"127.0.0.1:{site.agi}" in line or "AGI failed" in line for line in troubles), troubles


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ami_secret": "short"}, "at least 16 characters"),
        ({"operator_password": ""}, "at least 16 characters"),
        ({"ami_secret": "a secret with spaces in it"}, "letters, digits"),
        ({"operator_password": "operator-of-the-place\nread = all"}, "letters, digits"),
    ],
)
def test_a_secret_that_would_be_none_is_refused(tmp_path: Path, changed: dict[str, str], why: str) -> None:
    (tmp_path / "etc/secret").mkdir(parents=True)
    done = enter(tmp_path / "etc", SECRETS | changed)
    assert done.returncode == 1
    assert why in done.stderr
    assert not list((tmp_path / "etc/secret").iterdir())


def test_the_images_take_only_files_that_are_there() -> None:
    for dockerfile in (START.with_name("Dockerfile"), START.parents[1] / "Dockerfile"):
        for line in dockerfile.read_text().splitlines():
            if line.startswith("COPY") and "--from" not in line:
                for source in line.split()[1:-1]:
                    assert (START.parents[2] / source).exists(), line

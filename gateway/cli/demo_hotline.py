"""The demo's hotline: an Asterisk of its own on loopback, and the phones that are rung from it."""

import asyncio
import contextlib
import logging
import shutil
import socket
import tempfile
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.domain.errors import GatewayError
from gateway.emulators import switch
from gateway.emulators.caller import Phone, phone
from gateway.settings import shipped
from gateway.voice.library import Library
from gateway.voice.prompts import OPERATOR, RESCUE

_MANAGER: Final = logging.getLogger("gateway.channels.asterisk.ami")
EXTENSION: Final = "hotline"
_SIP: Final = 5060  # softphones leave it out
_CALLS: Final = 100  # at once; each takes two RTP ports
# Its socket's path has 107 octets at most (unix(7)), and its configuration takes ; and quotes for its own.
_PATH: Final = 80


@dataclass(frozen=True, slots=True)
class DemoHotline:
    """What the demo writes into its settings, and starts."""

    program: switch.Program
    folder: Path
    site: switch.Site
    phones: tuple[Phone, Phone]

    @property
    def settings(self) -> dict[str, Any]:
        """Return `[asterisk]` and `[voice]`.

        No engine: the shipped clips say all that the sample city has, and the demo is up at once, on any machine.
        """
        secret = self.folder / "ami-secret"
        secret.touch(0o600)
        secret.write_text(self.site.secret, "ascii")
        asterisk = {
            "agi_listen": f"127.0.0.1:{self.site.agi}",
            "ami_port": self.site.ami,
            "ami_secret_file": str(secret),
            "sounds_dir": str(self._switch.sounds),
            "outbound_number": self.site.outbound,
        }
        return {"asterisk": asterisk, "voice": {"engine": "none"}}

    @property
    def place(self) -> dict[str, Any]:
        """Return what a caller must know."""
        return {"sip": self.site.sip, "sounds": str(self._switch.sounds)}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the switch while the block lasts. Raises `GatewayError` when it does not start."""
        library = await asyncio.to_thread(Library.read)
        for one, words in zip(self.phones, (OPERATOR, RESCUE), strict=True):
            one.says = array("h", library.pcm(library.said[words]))
        made = self._switch
        starting = asyncio.ensure_future(asyncio.to_thread(made.start))
        try:
            await asyncio.shield(starting)
            yield
        finally:
            _MANAGER.setLevel(logging.ERROR)
            with contextlib.suppress(GatewayError):
                await starting  # only what was started can be ended
            made.stop()  # blocks: nobody waits for this process any more, and a second Ctrl-C must not leave it behind

    @staticmethod
    def is_up() -> None:
        """From now on it is news when the switch goes away."""
        _MANAGER.setLevel(logging.NOTSET)

    @property
    def _switch(self) -> switch.Switch:
        return switch.Switch(self.program, self.folder, self.site)


@asynccontextmanager
async def demo_hotline(state: Path) -> AsyncIterator[DemoHotline | None]:
    """Lay out the switch and open the phones; None where this machine has no Asterisk."""
    program = switch.find()
    if program is None:
        yield None
        return
    _MANAGER.setLevel(logging.ERROR)  # that the switch is not there yet is no news
    with _folder(state) as folder:
        async with phone() as operator, phone() as outside:
            site = _site(operator.port, outside.port)
            await asyncio.to_thread(switch.lay_out, program, shipped("asterisk"), folder, site)
            yield DemoHotline(program, folder, site, (operator, outside))


@contextmanager
def _folder(state: Path) -> Iterator[Path]:
    """Give the switch a folder: in the state's, with what callers left there, or one of its own for a while."""
    folder = state / "asterisk"
    if len(bytes(folder)) > _PATH or any(one in str(folder) for one in ';"[]\\'):
        with tempfile.TemporaryDirectory(prefix="fangxin-asterisk-") as near:
            yield Path(near)
        return
    shutil.rmtree(folder / "etc", ignore_errors=True)
    yield folder


def _site(operator: int, outside: int) -> switch.Site:
    udp, tcp = socket.SOCK_DGRAM, socket.SOCK_STREAM
    sip, agi, ami = _free_port(udp, _SIP), _free_port(tcp), _free_port(tcp)
    rtp = _free_port(udp) & ~1
    if rtp + 2 * _CALLS > 65_535:
        rtp -= 2 * _CALLS
    return switch.Site(
        sip=sip, ami=ami, agi=agi, rtp=range(rtp, rtp + 2 * _CALLS), trunk_to=outside, operators=(operator,)
    )


def _free_port(kind: socket.SocketKind, wanted: int = 0) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        try:
            trial.bind(("127.0.0.1", wanted))
        except OSError:  # somebody's own switch or softphone
            trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])

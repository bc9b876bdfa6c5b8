"""A real Asterisk of our own on loopback: what the demo and the tests ring.

Its configuration is the one that is shipped (`docker/asterisk/etc`); only the files under `site/` and the folders are
this one's. It is found on the PATH, or as a Debian tree that `tests/peers/asterisk.sh` made (`ASTERISK_ROOT`, default
`.cache/asterisk` of the checkout), whose programs run in place with the tree's own loader, for any user.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.domain.errors import GatewayError
from gateway.emulators import tied

ROOT_VARIABLE: Final = "ASTERISK_ROOT"
CHECKOUT: Final = Path(__file__).resolve().parents[2]
# Seconds: a start takes about one, an end as long; more for a loaded machine.
STARTING: Final = 30.0
ENDING: Final = 10.0
_PLACES: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Program:
    """How to start Asterisk here: the words before its options, its modules, its data."""

    command: tuple[str, ...]
    modules: Path
    data: Path


def find() -> Program | None:
    """Return the Asterisk of this machine, None where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_PLACES])
    if found := shutil.which("asterisk", path=path):
        modules = next(iter(Path("/usr").glob("lib*/**/asterisk/modules")), Path("/usr/lib/asterisk/modules"))
        data = next((place for place in map(Path, _DATA) if (place / "documentation").is_dir()), Path(_DATA[0]))
        return Program((found,), modules, data)
    return in_tree(root())


def root() -> Path:
    """Return where a tree with Asterisk in it is, or would be."""
    given = os.environ.get(ROOT_VARIABLE)
    return Path(given) if given else CHECKOUT / ".cache" / "asterisk"


def in_tree(tree: Path) -> Program | None:
    """Return how to start the Asterisk of a Debian tree, without chroot; None when it is not there."""
    program = tree / "usr/sbin/asterisk"
    loader = next(iter([*tree.glob("lib64/ld-linux-*.so.*"), *tree.glob("lib/ld-linux-*.so.*")]), None)
    if loader is None or not program.is_file():
        return None
    libraries = sorted({*tree.glob("usr/lib/*-linux-gnu"), *tree.glob("lib/*-linux-gnu")})
    command = (str(loader), "--library-path", ":".join(map(str, libraries)), str(program))
    modules = next(tree.glob("usr/lib/*/asterisk/modules"))
    return Program(command, modules, tree / "usr/share/asterisk")


_DATA: Final = ("/usr/share/asterisk", "/var/lib/asterisk")


@dataclass(frozen=True, slots=True)
class Site:
    """What differs from place to place. All on 127.0.0.1."""

    sip: int
    ami: int
    rtp: range
    agi: int
    outbound: str = "04736422365"
    dialogue_seconds: int = 300
    lease_seconds: int = 20
    queue_seconds: int = 120
    withheld_limit: int = 10
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    trunk_to: int = 9  # where calls to the outside go; 9 is "discard"
    operators: Sequence[int] = ()  # ports of operators' phones

    def files(self) -> Mapping[str, str]:
        """Return the files that differ from place to place, by their names below `etc`."""
        phones = [f"operator{number}" for number in range(len(self.operators))]
        return {
            "site/globals.conf": _GLOBALS.format(site=self),
            "site/listen.conf": f"bindaddr = 127.0.0.1\nport = {self.ami}\n",
            "secret/manager.conf": f"permit = 127.0.0.1/255.255.255.255\nsecret = {self.secret}\n",
            "site/rtp.conf": f"rtpstart = {self.rtp.start}\nrtpend = {self.rtp.stop - 1}\n",
            "site/operators.conf": "".join(f"member => PJSIP/{phone},0,{phone}\n" for phone in phones),
            "site/pjsip.conf": _PJSIP.format(site=self)
            + "".join(_PHONE.format(name=name, port=port) for name, port in zip(phones, self.operators, strict=True)),
        }


_GLOBALS: Final = """\
AGI=127.0.0.1:{site.agi}
TRUNK=trunk
OUTBOUND={site.outbound}
STATION_NUMBER=
DIALOGUE_SECONDS={site.dialogue_seconds}
LEASE_SECONDS={site.lease_seconds}
WITHHELD_LIMIT={site.withheld_limit}
QUEUE_SECONDS={site.queue_seconds}
"""
_PJSIP: Final = """\
[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{site.sip}

[trunk](trunk-line)
aors = trunk

[trunk]
type = aor
contact = sip:127.0.0.1:{site.trunk_to}

[trunk]
type = identify
endpoint = trunk
match = 127.0.0.1
"""
_PHONE: Final = """
[{name}](phone-line)
aors = {name}

[{name}]
type = aor
contact = sip:{name}@127.0.0.1:{port}
"""


class Switch:
    """One Asterisk; may be stopped, killed and started again on the same ports. Its methods block."""

    def __init__(self, program: Program, folder: Path, site: Site) -> None:
        self.site = site
        self.folder = folder.resolve()
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def sounds(self) -> Path:
        """Return what `[asterisk] sounds_dir` names."""
        return self.folder / "data/sounds"

    @property
    def log(self) -> Path:
        """Return what Asterisk says."""
        return self.folder / "log.txt"

    @property
    def pid(self) -> int:
        """Return its process's id. Raises `GatewayError` when it does not run."""
        if self._process is None:
            raise GatewayError("this Asterisk does not run")
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it takes calls. Raises `GatewayError` with its last words when it does not.

        It ends with this process at the latest, or with the thread that calls this.
        """
        tie = (sys.executable, "-I", "-S", tied.__file__, str(os.getpid()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the program that `find` found
                [*tie, *self._program.command, "-f", "-C", str(self._conf)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        until = time.monotonic() + STARTING
        try:
            while "booted" not in self.command("core waitfullybooted"):
                self._look(self._process, until)
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def command(self, words: str) -> str:
        """Return what Asterisk's own console says to a command; nothing while it is not up."""
        if not self._socket.exists():
            return ""
        said = subprocess.run(  # noqa: S603 - as above
            [*self._program.command, "-C", str(self._conf), "-rx", words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=STARTING,
            check=False,
        )
        return said.stdout.decode(errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; kill it when it does not end in time. May be called twice."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._socket.unlink(missing_ok=True)

    def _look(self, process: subprocess.Popen[bytes], until: float) -> None:
        if process.poll() is not None or time.monotonic() > until:
            last_words = self.log.read_text("utf-8", errors="replace").splitlines()[-20:]
            raise GatewayError("\n".join(["Asterisk did not start:", *last_words]))

    @property
    def _conf(self) -> Path:
        return self.folder / "etc/asterisk.conf"

    @property
    def _socket(self) -> Path:
        return self.folder / "run/asterisk.ctl"


@contextmanager
def running(program: Program, shipped: Path, folder: Path, site: Site) -> Iterator[Switch]:
    """Run an Asterisk in an empty `folder` while the block lasts. `shipped` holds the configuration's files."""
    lay_out(program, shipped, folder, site)
    switch = Switch(program, folder, site)
    switch.start()
    try:
        yield switch
    finally:
        switch.stop()


def lay_out(program: Program, shipped: Path, folder: Path, site: Site) -> None:
    """Write all that an Asterisk needs below `folder`: a new `etc`, and `data/sounds/zh` for its sounds."""
    folder = folder.resolve()
    etc = folder / "etc"
    (etc / "site").mkdir(parents=True)
    (etc / "secret").mkdir(mode=0o700)
    for file in shipped.glob("*.conf"):
        shutil.copyfile(file, etc / file.name)
    for name, text in site.files().items():
        (etc / name).write_text(text, "utf-8")
    places = {"astetcdir": "etc", "astrundir": "run", "astdatadir": "data", "astagidir": "data"}
    places |= {f"ast{name}dir": "var" for name in ("cache", "varlib", "db", "key", "spool", "log")}
    for place in {*places.values(), "data/sounds/zh", "data/sounds/recordings"}:
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "data/sounds/recordings").chmod(0o700)  # what callers say
    documentation = folder / "data/documentation"
    documentation.unlink(missing_ok=True)  # of another Asterisk, in a folder that was used before
    documentation.symlink_to(program.data / "documentation")
    directories = [f"{name} = {folder / place}" for name, place in places.items()]
    text = "\n".join(["[directories]", f"astmoddir = {program.modules}", *directories, ""])
    own = (shipped / "asterisk.conf").read_text("utf-8")
    (etc / "asterisk.conf").write_text(text + "\n" + own, "utf-8")

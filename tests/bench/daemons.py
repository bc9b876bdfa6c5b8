"""Two daemons of the field, set up as eager as their settings allow, each with the smallest hook that answers."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

from tests.peers.modems import Modems
from tests.peers.processes import program
from tests.peers.programs import PEERS

ANSWER: Final = "【放心100】河套王500ml，河套酒业，批号A0312，2026-03-01生产。首次查询，是正品。"
ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}

Commands: TypeAlias = list[list[str | Path]]

# The daemon calls it with the ids of what came; sender in the environment (gammu-smsd-run(7)). The name of a file
# in the outbox says whom it is for.
_GAMMU_HOOK: Final = """#!/bin/sh
cp {answer} {outbox}/new.$$ && mv {outbox}/new.$$ {outbox}/OUTC20260101_000000_00_${{SMS_1_NUMBER}}_$$.txt
"""
_GAMMU: Final = """[gammu]
device = {port}
connection = at115200
synchronizetime = no
[smsd]
service = files
inboxpath = {folder}/inbox/
outboxpath = {folder}/outbox/
sentsmspath = {folder}/sent/
errorsmspath = {folder}/error/
runonreceive = {folder}/hook
logfile = {folder}/log
debuglevel = 0
receivefrequency = 1
loopsleep = 1
statusfrequency = 0
checksecurity = 0
checkbattery = 0
checksignal = 0
checknetwork = 0
transmitformat = unicode
deliveryreport = no
"""

# The daemon calls it with what happened and the file it is about (smstools3's eventhandler). The answer goes past
# the main process, which checks two files a second, to where the modems' processes take them from.
_SMSTOOLS_HOOK: Final = """#!/bin/sh
[ "$1" = RECEIVED ] || exit 0
from=$(sed -n 's/^From: //p;/^$/q' "$2")
{{ printf 'To: %s\\nAlphabet: UCS2\\n\\n' "$from"; cat {answer}; }} > {folder}/new.$$
mv {folder}/new.$$ {folder}/checked/answer.$$
"""
_SMSTOOLS: Final = """devices = {names}
outgoing = {folder}/outgoing
checked = {folder}/checked
incoming = {folder}/incoming
failed = {folder}/failed
sent = {folder}/sent
eventhandler = {folder}/hook
logfile = {folder}/log
infofile = {folder}/running
pidfile = {folder}/pid
loglevel = 4
delaytime = 1
delaytime_mainprocess = 1
autosplit = 3
"""
_SMSTOOLS_MODEM: Final = "[{name}]\ndevice = {port}\nincoming = yes\n"


def _gammu(folder: Path, modems: Modems) -> Commands:
    """Set up one daemon a modem: gammu-smsd knows no more."""
    commands: Commands = []
    for place, port in enumerate(modems.ports):
        own = _folders(folder / f"gammu{place}", "inbox", "outbox", "sent", "error")
        (own / "answer").write_bytes(b"\xff\xfe" + ANSWER.encode("utf-16-le"))
        _executable(own / "hook", _GAMMU_HOOK.format(answer=own / "answer", outbox=own / "outbox"))
        (own / "settings").write_text(_GAMMU.format(port=port, folder=own))
        commands.append([_found("gammu-smsd"), "--config", own / "settings"])
    return commands


def _smstools(folder: Path, modems: Modems) -> Commands:
    """Set up one daemon for all modems: it runs a process each."""
    own = _folders(folder / "smstools", "outgoing", "checked", "incoming", "failed", "sent")
    (own / "answer").write_bytes(ANSWER.encode("utf-16-be"))
    _executable(own / "hook", _SMSTOOLS_HOOK.format(answer=own / "answer", folder=own))
    names = {f"GSM{place}": port for place, port in enumerate(modems.ports)}
    settings = _SMSTOOLS.format(names=",".join(names), folder=own)
    settings += "".join(_SMSTOOLS_MODEM.format(name=name, port=port) for name, port in names.items())
    (own / "settings").write_text(settings)
    return [[_found("smstools"), "-t", f"-c{own / 'settings'}"]]


DAEMONS: Final[Mapping[str, Callable[[Path, Modems], Commands]]] = {"gammu-smsd": _gammu, "smstools3": _smstools}


@asynccontextmanager
async def answering(name: str, folder: Path, modems: Modems) -> AsyncIterator[None]:
    """Have a daemon of `DAEMONS` answer what comes to `modems` while the block lasts."""
    async with AsyncExitStack() as stack:
        for command in DAEMONS[name](folder, modems):
            await stack.enter_async_context(program(command, folder / f"{name}.log", environment=ENVIRONMENT))
        yield


def _found(name: str) -> Path:
    peer = PEERS[name]
    found = peer.find()
    if found is None:
        raise SystemExit(f"{name} is missing: as root, apt-get install {peer.package}")
    return found


def _folders(own: Path, *names: str) -> Path:
    for name in names:
        (own / name).mkdir(parents=True)
    return own


def _executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)

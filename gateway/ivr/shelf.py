"""The flows in force: read from their folders, and read again when a file changes."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Final, NoReturn

from gateway.ivr.flow import Flow
from gateway.ivr.reader import read
from gateway.ivr.source import MOST_CHARACTERS, FlowFault

log = logging.getLogger(__name__)

# Seconds between two looks at the files: a change takes effect within 2 s (DESIGN 4, Templates).
LOOK_EVERY: Final = 1.0


def files(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the flows' files by name; those of a later folder are laid over those of an earlier one."""
    return {name: paths[0] for name, paths in _layers(folders).items()}


def _layers(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """Return all files of each name, the one that is laid over the others first."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, []).insert(0, path)
    return found


class Shelf:
    """Flows by name. A call keeps the one it began with; a file with a fault leaves the old one in force."""

    def __init__(
        self,
        folders: Sequence[Path],
        lift_digits: int,
        has_clip: Callable[[str], bool] | None = None,
        *,
        falls_back: bool = False,
    ) -> None:
        """Read all. Raises `FlowFault` naming every fault of every file. `has_clip`: which sentences can be said.

        `falls_back`: of an own file with a fault the shipped one is in force, since nobody is there to mend it when a
        service starts anew at night; raises only where there is none.
        """
        self._folders, self._lift_digits, self._has_clip = folders, lift_digits, has_clip
        self._flows: dict[str, Flow] = {}
        self._seen: dict[str, tuple[Path, int, int]] = {}
        faults = self.look()
        if faults and not (falls_back and self._flows.keys() == files(folders).keys()):
            raise FlowFault("\n".join(faults))
        for fault in faults:
            log.error("a flow has a fault; the shipped one is in force", extra={"fault": fault})

    @property
    def flows(self) -> dict[str, Flow]:
        """Return the flows in force."""
        return dict(self._flows)

    def get(self, name: str) -> Flow | None:
        """Return a flow."""
        return self._flows.get(name)

    def look(self) -> list[str]:
        """Read what has changed since the last look; return the faults of what cannot be used."""
        faults: list[str] = []
        found = _layers(self._folders)
        for name, paths in found.items():
            try:
                stat = paths[0].stat()
                seen = paths[0], stat.st_mtime_ns, stat.st_size
            except OSError:
                seen = paths[0], 0, 0
            if self._seen.get(name) == seen:
                continue
            self._seen[name] = seen
            for path in paths:
                flow = self._tried(path, name, faults)
                self._flows |= {name: flow} if flow else {}
                if name in self._flows:
                    break
        for name in self._seen.keys() - found.keys():
            self._flows.pop(name, None)
            del self._seen[name]
        return faults

    def _tried(self, path: Path, name: str, faults: list[str]) -> Flow | None:
        try:
            stat = path.stat()
            if not S_ISREG(stat.st_mode):  # a pipe would keep us waiting, with all calls
                faults.append(f"{path}:1: not a file")
            elif stat.st_size > 4 * MOST_CHARACTERS:
                faults.append(f"{path}:1: {stat.st_size} octets: not a flow")
            else:
                text = path.read_text("utf-8")
                return read(text, str(path), name, lift_digits=self._lift_digits, has_clip=self._has_clip)
        except FlowFault as err:
            faults.append(str(err))
        except OSError as err:
            faults.append(f"{path}:1: cannot be read: {err.strerror}")
        except UnicodeDecodeError as err:
            faults.append(f"{path}:1: not UTF-8 at octet {err.start}; save it as UTF-8")
        return None

    async def run(self) -> NoReturn:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            before = dict(self._flows)
            for fault in self.look():
                log.error("a flow has a fault; the one before stays in force", extra={"fault": fault})
            for name, flow in self._flows.items():
                if flow is not before.get(name):
                    log.info("a flow is in force", extra={"flow": name})

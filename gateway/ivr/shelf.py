"""The flows in force: read from their folders, and read again when a file changes."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from gateway.ivr.flow import Flow
from gateway.ivr.reader import read
from gateway.ivr.source import FlowFault

log = logging.getLogger(__name__)

# Seconds between two looks at the files: a change takes effect within 2 s (DESIGN 4, Templates).
LOOK_EVERY: Final = 1.0


def files(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the flows' files by name; those of a later folder are laid over those of an earlier one."""
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


class Shelf:
    """Flows by name. A call keeps the one it began with; a file with a fault leaves the old one in force."""

    def __init__(
        self, folders: Sequence[Path], lift_digits: int, has_clip: Callable[[str], bool] | None = None
    ) -> None:
        """Read all. Raises `FlowFault` naming every fault of every file; `has_clip`: which sentences can be said."""
        self._folders, self._lift_digits, self._has_clip = folders, lift_digits, has_clip
        self._flows: dict[str, Flow] = {}
        self._seen: dict[str, tuple[Path, int, int]] = {}
        faults = self.look()
        if faults:
            raise FlowFault("\n".join(faults))

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
        found = files(self._folders)
        for name, path in found.items():
            try:
                stat = path.stat()
                seen = path, stat.st_mtime_ns, stat.st_size
                if self._seen.get(name) == seen:
                    continue
                self._seen[name] = seen
                self._flows[name] = self._read(path, name)
            except FlowFault as err:
                faults.append(str(err))
            except OSError as err:
                faults.append(f"{path}:1: cannot be read: {err.strerror}")
            except UnicodeDecodeError as err:
                faults.append(f"{path}:1: not UTF-8 at octet {err.start}; save it as UTF-8")
        for name in self._flows.keys() - found.keys():
            del self._flows[name]
            del self._seen[name]
        return faults

    def _read(self, path: Path, name: str) -> Flow:
        return read(path.read_text("utf-8"), str(path), name, lift_digits=self._lift_digits, has_clip=self._has_clip)

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

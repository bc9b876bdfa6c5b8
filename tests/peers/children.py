"""What a test run must not leave behind: processes."""

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PR_SET_CHILD_SUBREAPER: Final = 36  # prctl(2), linux/prctl.h

# The interpreter's own: multiprocessing starts it once and ends it when the interpreter exits.
OURS_UNTIL_EXIT: Final = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


@dataclass(frozen=True, slots=True)
class Child:
    """A live process below this one."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.pid} {self.command}"


def adopt_orphans() -> None:
    """Have the kernel hand us, not init, the processes whose parents below us ended. Linux only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def children() -> list[Child]:
    """Return the live processes below this one, ended ones that nobody waited for left out."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        if (parent := _parent(folder)) is not None:
            parents[int(folder.name)] = parent
    found = [Child(pid, _command(pid)) for pid in parents if os.getpid() in _ancestors(pid, parents)]
    return [child for child in found if not any(name in child.command for name in OURS_UNTIL_EXIT)]


def end(child: Child) -> None:
    """Kill a process that should have ended by itself, and reap it; one that just did is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # below a child of ours that still lives: that one reaps it
        os.waitpid(child.pid, 0)


def end_all(left: Sequence[Child]) -> str:
    """Kill processes that should have ended by themselves; return which they were, "" for none."""
    for child in left:
        end(child)
    return "; ".join(map(str, left))


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid in parents:
        pid = parents[pid]
        yield pid


def _parent(folder: Path) -> int | None:
    """Return a live process's parent, None for one that has ended meanwhile."""
    try:
        # proc(5): "pid (comm) state ppid …"; comm may hold blanks and brackets itself.
        state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(parent)


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""

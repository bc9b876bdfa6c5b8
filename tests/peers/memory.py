"""Where tests keep what need not outlive them: in memory, when this machine gives files a place there."""

import shutil
from pathlib import Path
from typing import Final

SHARED_MEMORY: Final = Path("/dev/shm")
ENOUGH: Final = 2 << 30  # bytes free; a container often has 64 MiB, which a database server would fill


def in_memory() -> Path | None:
    """Return a folder whose files are held in memory; None, the usual temporary folder, where there is not `ENOUGH`."""
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH:
        return SHARED_MEMORY
    return None

"""Runs a program that ends with whoever started it, also when that one is killed (on Linux, by prctl(2)).

`python -I -S tied.py STARTER PROGRAM …`: the process becomes the program, under the same id. What counts as the starter
is his thread, so that it must be one that lasts.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h; kept over execve(2)


def main(starter: int, program: list[str]) -> None:
    """Never returns."""
    if sys.platform == "linux":
        # Not SIGTERM: an Asterisk that is still starting loses it, and would stay for good.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != starter:  # he was quicker
            sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - what the starter told us


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

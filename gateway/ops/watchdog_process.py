"""The watchdog's own process: `python watchdog_process.py PID SECONDS`, beats on standard input. For Linux.

It ends when the beats' pipe is closed or the watched process is gone. Signals that go to a whole group of processes
(Ctrl-C, a service manager's stop) are the watched one's to act on.
"""

import os
import select
import signal
import sys

# Seconds that a beat may still take once time is up: after Ctrl-Z and `fg` both of us have stood still.
SECOND_LOOK = 1.0


def main(pid: int, limit: float) -> int:
    """Watch a process; return 1 when it had to be killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        watched = os.pidfd_open(pid)  # a number could become somebody else's
    except ProcessLookupError:
        return 0
    while True:
        ready = _ready(watched, limit) or _ready(watched, SECOND_LOOK)
        if watched in ready:
            return 0
        if not ready:
            sys.stderr.write(f"watchdog: process {pid} stood still for {limit:g} s and was killed\n")
            signal.pidfd_send_signal(watched, signal.SIGKILL)
            return 1
        if not os.read(0, 4096):
            return 0


def _ready(watched: int, seconds: float) -> list[int]:
    return select.select([0, watched], [], [], seconds)[0]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2])))

"""Whoever is killed takes along what he started, even what ends by no other signal."""

import contextlib
import os
import signal
import subprocess
import sys
from typing import Final

from gateway.emulators import tied

# As an Asterisk that is still starting. It says that it is there, and holds the pipe open until it is gone.
_DEAF: Final = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); "
_STARTER: Final = """
import os, subprocess, sys
subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), sys.executable, "-c", sys.argv[2]])
sys.stdin.read()
"""


def test_a_program_that_heeds_no_signal_ends_with_its_starter() -> None:
    command = [sys.executable, "-c", _STARTER, tied.__file__, f"{_DEAF}signal.pause()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as starter:
        assert starter.stdout is not None
        assert starter.stdin is not None
        try:
            assert int(starter.stdout.readline()) != starter.pid
            starter.send_signal(signal.SIGKILL)
            assert starter.stdout.read() == b"", "nobody holds the pipe any more"
        finally:
            starter.stdin.close()
            with contextlib.suppress(ProcessLookupError):  # as it should be
                os.killpg(starter.pid, signal.SIGKILL)

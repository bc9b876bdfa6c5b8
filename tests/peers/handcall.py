"""A switch played by hand, for pages that show calls: one call whose keys a test gives (FastAGI)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final

_PATIENCE: Final = 20.0  # seconds


class HandCall:
    """One call that is up; without a key it waits, as a caller does."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._keys: SimpleQueue[str] = SimpleQueue()
        self._asked: SimpleQueue[str] = SimpleQueue()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def press(self, keys: str) -> None:
        """Press these, one each time one is waited for."""
        for key in keys:
            self._keys.put(key)

    def waiting(self) -> None:
        """Return when a key is waited for."""
        while not self._asked.get(timeout=_PATIENCE).startswith("WAIT FOR DIGIT"):
            pass

    def hang_up(self) -> None:
        """Be gone."""
        self._keys.put("")
        self._thread.join(_PATIENCE)
        self._link.close()

    def _answer(self) -> None:
        """Say that each sound was heard; give keys where they are waited for."""
        for line in self._link.makefile("r", encoding="ascii", newline="\n"):
            command = line.rstrip()
            if command == "HANGUP":
                return
            self._asked.put(command)
            if not command.startswith("WAIT FOR DIGIT"):
                self._link.sendall(b"200 result=0 endpos=1\n")
            elif key := self._keys.get():
                self._link.sendall(f"200 result={ord(key)}\n".encode())
            else:
                self._link.sendall(b"HANGUP\n")
                self._link.shutdown(socket.SHUT_RDWR)
                return


@contextmanager
def a_call(port: int, caller: str, ident: str) -> Iterator[HandCall]:
    """Ring the hotline; the call is over when the block is."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as link:
        link.settimeout(None)
        link.sendall(
            f"agi_network_script: hotline\nagi_uniqueid: {ident}\nagi_callerid: {caller}\nagi_arg_1: 300\n"
            f"agi_arg_2: 4006422365\n\n".encode()
        )
        call = HandCall(link)
        try:
            yield call
        finally:
            call.hang_up()

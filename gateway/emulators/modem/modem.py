"""An emulated modem on a pseudo-terminal, reached by a stable path as a USB modem is by its udev link."""

import asyncio
import contextlib
import os
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from gateway.emulators.modem.at import AtLine, Carry, Event, LatePrompt, Restarted
from gateway.emulators.modem.faults import Faults
from gateway.emulators.modem.phone import Identity, Phone
from gateway.emulators.modem.storage import Record

_BYTE_TIME = 0.001  # seconds a byte takes on a line of 9600 baud
# What a driver that has stopped reading leaves unread; beyond it the line loses bytes, as a UART does.
_UNREAD_MOST = 256 * 1024


class Radio(Protocol):
    """The network as a modem sees it."""

    def carry(self, modem: "EmulatedModem", carry: Carry) -> None:
        """Carry a message; `modem.settle` is called when it has been."""
        ...

    def heard_from(self, modem: "EmulatedModem") -> None:
        """Note that the modem has changed in some way: what waits for it may now be brought."""
        ...


class EmulatedModem:
    """One modem: plugged in, it can be opened at `port` (a symbolic link to its pty) any number of times.

    Needs a running event loop; `close` ends it.
    """

    def __init__(self, name: str, port: Path, identity: Identity, radio: Radio) -> None:
        self.name = name
        self.port = port
        self.faults = Faults()
        self.phone = Phone(identity, self.faults)
        self.heard_at: float | None = None  # the loop's time when a driver last wrote something
        self._radio = radio
        self._line = AtLine(self.phone)
        self._loop = asyncio.get_running_loop()
        self._ends: tuple[int, int] | None = None
        self._unread = bytearray()
        self._later: deque[tuple[float, bytes]] = deque()
        self._timers: set[asyncio.TimerHandle] = set()

    @property
    def number(self) -> str:
        """The SIM's number, international with a plus sign."""
        return self.phone.identity.number

    @property
    def plugged(self) -> bool:
        """Whether there is a port to open."""
        return self._ends is not None

    @property
    def reachable(self) -> bool:
        """Whether the network can bring something to it now."""
        return self.plugged and not self.faults.silent and self.phone.registered

    def plug(self) -> None:
        """Connect it: a new pty under the old path, every setting at the factory's."""
        if self._ends is not None:
            return
        host_side, own_side = _open_pty()
        # The link is made aside and renamed, so that the path never names a pty that is gone.
        fresh = self.port.with_name(f".{self.port.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(host_side))
        fresh.replace(self.port)
        # Holding the driver's side open too keeps the pty alive between two drivers; a modem stays powered then.
        self._ends = own_side, host_side
        self._loop.add_reader(own_side, self._readable)
        self._handle(self._line.restart()[:1])
        self._radio.heard_from(self)

    def unplug(self) -> None:
        """Pull it out: the link is gone and a driver that has it open reads the end of the file."""
        if self._ends is None:
            return
        own_side, host_side = self._ends
        self._ends = None
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._loop.remove_reader(own_side)
        self._loop.remove_writer(own_side)
        self._unread.clear()
        self._later.clear()
        self.port.unlink(missing_ok=True)
        os.close(own_side)
        os.close(host_side)
        self._line.restart()

    def unplug_for(self, seconds: float) -> None:
        """Pull it out and plug it in again `seconds` later."""
        self.unplug()
        self._after(seconds, self.plug)

    def close(self) -> None:
        """Unplug it for good and forget everything planned."""
        self.unplug()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def restart(self) -> None:
        """Crash and start again by itself, the port staying: settings are lost, a start line is said."""
        self._handle(self._line.restart())

    def switch(self, **changes: object) -> None:
        """Throw fault switches by name, and do what follows from them. Raises `ValueError` for a wrong one."""
        before = self.phone.registered
        self.faults.change(changes)
        self._follow(before)

    def mend(self) -> None:
        """Put every fault switch off, and do what follows from that."""
        before = self.phone.registered
        self.faults.clear()
        self._follow(before)

    def settle(self, carry: Carry, *, tell: bool = True) -> None:
        """Say that a message was carried; say nothing when not `tell`."""
        if self.plugged:
            self._handle(self._line.settle(carry, tell=tell))

    def receive(self, tpdu: bytes) -> Record:
        """Take a DELIVER; raises `StorageFull`. Only when `reachable`."""
        record, lines = self.phone.take(tpdu)
        self._handle(self._line.notify(lines))
        return record

    def receive_report(self, tpdu: bytes) -> None:
        """Take a STATUS-REPORT; raises `StorageFull`. Only when `reachable`."""
        self._handle(self._line.notify(self.phone.take_report(tpdu)))

    def _follow(self, registered_before: bool) -> None:
        registered = self.phone.registered
        if registered != registered_before and self.phone.settings.registration_urc:
            self._handle(self._line.notify([f"+CREG: {1 if registered else 2}"]))
        self._radio.heard_from(self)

    def _readable(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], 65536)
        except OSError:
            return  # EIO between two drivers; the pty itself stays
        self.heard_at = self._loop.time()
        if self.faults.silent:
            return
        self._handle(self._line.feed(data))
        self._radio.heard_from(self)

    def _handle(self, events: list[Event]) -> None:
        said = bytearray()
        for event in events:
            if isinstance(event, bytes):
                said += event
                continue
            self._say(bytes(said))
            said.clear()
            match event:
                case Carry():
                    self._radio.carry(self, event)
                case LatePrompt(delay):
                    self._after(delay, lambda: self._handle(self._line.prompt()))
                case Restarted():
                    self._unread.clear()
                    self._later.clear()
        self._say(bytes(said))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)

    def _say(self, data: bytes) -> None:
        faults = self.faults
        if not data or faults.silent:
            return
        if not (self._later or faults.delay or faults.one_byte_at_a_time):
            self._write(data)
            return
        idle = not self._later
        due = (self._loop.time() if idle else max(self._loop.time(), self._later[-1][0])) + faults.delay
        if faults.one_byte_at_a_time:
            self._later.extend((due + at * _BYTE_TIME, data[at : at + 1]) for at in range(len(data)))
        else:
            self._later.append((due, data))
        if idle:
            self._after(max(0.0, due - self._loop.time()), self._speak)

    def _speak(self) -> None:
        if not self._later:
            return
        self._write(self._later.popleft()[1])
        if self._later:
            self._after(max(0.0, self._later[0][0] - self._loop.time()), self._speak)

    def _write(self, data: bytes) -> None:
        if self._ends is None:
            return
        if self._unread:
            self._unread += data[: _UNREAD_MOST - len(self._unread)]
            return
        written = _write_some(self._ends[0], data)
        if written < len(data):
            self._unread += data[written:]
            self._loop.add_writer(self._ends[0], self._writable)

    def _writable(self) -> None:
        if self._ends is None:
            return
        del self._unread[: _write_some(self._ends[0], self._unread)]
        if not self._unread:
            self._loop.remove_writer(self._ends[0])


def _open_pty() -> tuple[int, int]:
    """Return the driver's side, raw, and our own, non-blocking."""
    own_side, host_side = os.openpty()
    tty.setraw(host_side)
    os.set_blocking(own_side, False)
    return host_side, own_side


def _write_some(end: int, data: bytes | bytearray) -> int:
    with contextlib.suppress(BlockingIOError):
        return os.write(end, data)
    return 0

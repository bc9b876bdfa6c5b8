"""The serial device itself: bytes out, bytes in, and the news that it is gone."""

import asyncio
import os
import termios
from collections.abc import Callable
from pathlib import Path

import serial

from gateway.domain.errors import LinkDown

_READ_SIZE = 65536


class SerialPort:
    """One opening of one device, used once. It belongs to the running loop; `close()` is its end."""

    def __init__(self, path: Path, baudrate: int) -> None:
        """Open the device for ourselves alone.

        Raises `LinkDown` when it is missing, not ours to open, or open in another process.
        """
        try:
            # Exclusive (flock): two programs on one modem read each other's answers.
            self._device = serial.Serial(str(path), baudrate, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            raise LinkDown(f"cannot open {path}: {error}") from error
        self._fd: int = self._device.fileno()
        self._loop = asyncio.get_running_loop()
        self._unwritten = b""
        self._on_data: Callable[[bytes], None] = lambda _: None
        self._on_lost: Callable[[str], None] = lambda _: None
        self._lost = False

    def start(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Begin to read. `on_lost` is called once at most, with the reason, and not after `close()`."""
        self._on_data, self._on_lost = on_data, on_lost
        self._loop.add_reader(self._fd, self._readable)

    def write(self, data: bytes) -> None:
        """Send at once what the device takes now, the rest as it takes it. Never blocks, never raises."""
        if self._lost:
            return
        if self._unwritten:
            self._unwritten += data
            return
        rest = self._put(data)
        if rest:
            self._unwritten = rest
            self._loop.add_writer(self._fd, self._writable)

    def close(self) -> None:
        """Let go of the device. May be called twice."""
        if not self._device.is_open:
            return
        self._silence()
        try:
            self._device.close()
        except OSError:  # it was pulled out: there is nothing left to close
            self._device.is_open = False

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:  # EIO, ENXIO: unplugged
            self._gone(f"read: {error.strerror}")
            return
        if data:
            self._on_data(data)
        else:
            self._gone("end of file")

    def _writable(self) -> None:
        self._unwritten = self._put(self._unwritten)
        if not self._unwritten:
            self._loop.remove_writer(self._fd)

    def _put(self, data: bytes) -> bytes:
        """Write what the device takes; return what it did not."""
        try:
            return data[os.write(self._fd, data) :]
        except BlockingIOError:
            return data
        except OSError as error:
            self._gone(f"write: {error.strerror}")
            return b""

    def _gone(self, reason: str) -> None:
        self._silence()
        self._on_lost(reason)

    def _silence(self) -> None:
        self._lost = True
        self._unwritten = b""
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)

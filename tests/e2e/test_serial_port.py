import asyncio
import os
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.channels.modem.port import SerialPort
from gateway.domain.errors import LinkDown
from tests.peers.modem_line import until

# Far more than a pty keeps for somebody who does not read.
PLENTY = bytes(range(0x20, 0x7F)) * 3000


@pytest.fixture
def ends() -> Iterator[tuple[int, Path]]:
    """The far end of a pty, and the path of ours."""
    far, near = os.openpty()
    tty.setraw(near)
    yield far, Path(os.ttyname(near))
    os.close(near)
    os.close(far)


async def test_what_the_device_does_not_take_at_once_follows_in_order(ends: tuple[int, Path]) -> None:
    far, path = ends
    port = SerialPort(path, 115200)
    port.start(lambda _: None, lambda _: None)
    port.write(PLENTY)
    port.write(b"last")
    os.set_blocking(far, False)
    got = bytearray()

    def read() -> bool:
        try:
            got.extend(os.read(far, 65536))
        except BlockingIOError:
            return False
        return len(got) >= len(PLENTY) + 4

    await until(read)
    assert bytes(got) == PLENTY + b"last"
    port.close()


async def test_what_the_far_end_says_is_heard(ends: tuple[int, Path]) -> None:
    far, path = ends
    heard: list[bytes] = []
    port = SerialPort(path, 115200)
    port.start(heard.append, lambda _: None)
    os.write(far, b"\r\nOK\r\n")
    await until(lambda: b"".join(heard) == b"\r\nOK\r\n")
    port.close()


async def test_a_missing_device_is_a_link_that_is_down(tmp_path: Path) -> None:
    with pytest.raises(LinkDown, match="ttyNONE"):
        SerialPort(tmp_path / "ttyNONE", 115200)


async def test_what_is_no_serial_device_is_a_link_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LinkDown, match="file"):
        SerialPort(tmp_path / "file", 115200)


async def test_a_pulled_device_is_told_once_and_takes_what_is_written(tmp_path: Path) -> None:
    far, near = os.openpty()
    tty.setraw(near)
    lost: list[str] = []
    port = SerialPort(Path(os.ttyname(near)), 115200)
    port.start(lambda _: None, lost.append)
    os.close(near)
    os.close(far)
    await until(lambda: lost)
    port.write(b"into the void")
    await asyncio.sleep(0)
    port.close()
    port.close()
    assert len(lost) == 1


async def test_a_closed_port_can_be_opened_again(ends: tuple[int, Path]) -> None:
    _, path = ends
    for _ in range(3):
        port = SerialPort(path, 115200)
        with pytest.raises(LinkDown, match="lock"):
            SerialPort(path, 115200)
        port.start(lambda _: None, lambda _: None)
        port.close()

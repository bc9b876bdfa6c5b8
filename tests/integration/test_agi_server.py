"""The FastAGI server against a switch that is played by hand: what it must bear from whoever connects."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.channels.asterisk import server as server_module
from gateway.channels.asterisk.server import AgiServer, Handler
from gateway.channels.asterisk.sounds import Sounds
from gateway.domain.errors import BadSettings
from gateway.ivr.ports import CallEnded, HangUp, VoiceCall, Way
from tests.builders.tones import tones, write
from tests.peers.hotline import until

ENVIRONMENT = b"agi_network_script: hotline\nagi_uniqueid: 1.0\nagi_callerid: 13900000001\nagi_arg_1: 300\n\n"


@asynccontextmanager
async def serving(folder: Path, handle: Handler, most: int = 10) -> AsyncIterator[AgiServer]:
    (folder / "zh").mkdir(exist_ok=True)
    write(folder / "zh/one.wav", tones("one", 0.1))
    server = AgiServer(("127.0.0.1", 0), Sounds(folder), handle, most=most)
    task = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(10):
            await server.ready.wait()
        yield server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def connect(server: AgiServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def rest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return what is still said until the server closes the connection."""
    said = b""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):  # it closed before it had read all
            said = await reader.read()
    writer.close()
    return said


async def test_a_name_that_stands_for_a_public_address_is_not_listened_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 4573)) for one in ("10.0.0.2", "203.0.113.5")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    server = AgiServer(("gateway", 4573), Sounds(tmp_path), hang_up)
    with pytest.raises(BadSettings, match=r"agi_listen: gateway: 203\.0\.113\.5 may be reached from outside"):
        await server.run()


async def hang_up(call: VoiceCall, _: str) -> None:
    await call.leave(Way.HANG_UP)


async def test_a_call_that_leaves(tmp_path: Path) -> None:
    async with serving(tmp_path, hang_up) as server:
        reader, writer = await connect(server)
        writer.write(ENVIRONMENT)
        async with asyncio.timeout(10):
            assert await reader.readline() == b'SET VARIABLE GATEWAY_WAY "hangup"\n'
        writer.write(b"200 result=1\n")
        assert await rest(reader, writer) == b""
        assert server.ends == {"hangup": 1}


async def test_a_dialogue_may_end_quietly_with_its_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def hear_out(call: VoiceCall, _: str) -> None:
        with contextlib.suppress(CallEnded):
            await call.play(["one"])

    async with serving(tmp_path, hear_out) as server:
        reader, writer = await connect(server)
        writer.write(ENVIRONMENT)
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"STREAM FILE")
        writer.write(b"HANGUP\n")
        await rest(reader, writer)
        assert server.ends == {"caller": 1}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n",
        b"agi_network_script: hotline\n\n",
        b"agi_network_script: ../x\nagi_uniqueid: 1.0\n\n",
        b"agi_network_script: HOTLINE\nagi_uniqueid: 1.0\n\n",
        b"x" * 100_000,
        b"agi_a: " + b"x" * 20_000 + b"\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ENVIRONMENT[:-1],
    ],
)
async def test_what_is_no_call_reaches_no_dialogue(
    tmp_path: Path, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "GREETING", 0.2)
    async with serving(tmp_path, hang_up) as server:
        reader, writer = await connect(server)
        writer.write(said)
        assert await rest(reader, writer) == b""
        async with asyncio.timeout(10):
            await until(lambda: server.calls == 0)
        assert server.ends == {"failed": 1}


async def test_an_environment_letter_by_letter_has_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "GREETING", 0.2)
    async with serving(tmp_path, hang_up) as server:
        reader, writer = await connect(server)
        ended = asyncio.ensure_future(rest(reader, writer))
        for octet in ENVIRONMENT:
            if ended.done():
                break
            writer.write(bytes([octet]))
            await asyncio.sleep(0.02)
        assert await ended == b""


async def test_connections_that_say_nothing_take_no_place_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "GREETING", 0.2)
    async with serving(tmp_path, hang_up, most=3) as server:
        silent = [await connect(server) for _ in range(5)]
        for reader, writer in silent:
            assert await rest(reader, writer) == b""
        async with asyncio.timeout(10):
            await until(lambda: server.calls == 0)
        assert server.ends == {"refused": 2, "failed": 3}


async def test_a_dialogue_may_tidy_up_when_the_caller_is_gone_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "TIDYING", 0.3)
    filed: list[str] = []

    async def dialogue(call: VoiceCall, _: str) -> None:
        try:
            await call.play(["one"])
        except CallEnded as ended:
            await asyncio.sleep(0.1)
            filed.append(f"a complaint, after the {ended.how}")
            await asyncio.Event().wait()

    async with serving(tmp_path, dialogue) as server:
        reader, writer = await connect(server)
        writer.write(ENVIRONMENT)
        async with asyncio.timeout(10):
            assert await reader.readline() == b'STREAM FILE one ""\n'
        writer.write(b"200 result=-1 endpos=0\nHANGUP\n")
        writer.close()
        async with asyncio.timeout(10):
            await until(lambda: server.calls == 0)
        assert filed == ["a complaint, after the caller"]
    assert [one.message for one in caplog.records if one.levelname in ("WARNING", "ERROR")] == [
        "a dialogue does not end with its call"
    ]


async def test_when_the_service_ends_every_call_is_told_and_given_back(tmp_path: Path) -> None:
    told: list[HangUp] = []

    async def dialogue(call: VoiceCall, _: str) -> None:
        try:
            await call.play(["one"])
        except CallEnded as ended:
            told.append(ended.how)
            raise

    async with serving(tmp_path, dialogue) as server:
        both = [await connect(server) for _ in range(2)]
        for reader, writer in both:
            writer.write(ENVIRONMENT)
            async with asyncio.timeout(10):
                await reader.readline()
    for reader, writer in both:
        assert await rest(reader, writer) == b""
    assert told == [HangUp.SHUTDOWN] * 2


async def test_a_dialogue_that_takes_a_hang_up_for_its_end_has_not_failed(tmp_path: Path) -> None:
    async def dialogue(call: VoiceCall, _: str) -> None:
        with contextlib.suppress(CallEnded):
            await call.play(["one"])

    async with serving(tmp_path, dialogue) as server:
        reader, writer = await connect(server)
        writer.write(ENVIRONMENT)
        async with asyncio.timeout(10):
            assert await reader.readline() == b'STREAM FILE one ""\n'
        writer.write(b"200 result=-1 endpos=0\nHANGUP\n")
        writer.close()
        async with asyncio.timeout(10):
            await until(lambda: server.calls == 0)
        assert server.ends == {"caller": 1}

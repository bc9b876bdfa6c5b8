"""`gateway demo`: everything embedded, real AT commands over real ptys, alive until Ctrl-C."""

import asyncio
import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import tomli_w
import typer
from sqlalchemy import Connection

from gateway import settings as config
from gateway.app import Gateway, SystemClock
from gateway.cli.bubble import show
from gateway.cli.running import run
from gateway.cli.serve import first
from gateway.domain.calendar import today
from gateway.domain.code import CodeBook
from gateway.domain.errors import BadSettings, GatewayError
from gateway.domain.trace import RepeatPolicy
from gateway.emulators.modem.client import control_client
from gateway.emulators.modem.control import control_socket
from gateway.emulators.modem.network import emulated_network, identities
from gateway.interchange.sample import City, load
from gateway.ops import log
from gateway.store import schema
from gateway.store.engine import Database, open_database
from gateway.store.load import Loader
from gateway.store.vault import Keys

MODEMS = 2
CITIZEN = "13800000001"
# The path of a Unix socket has 107 octets at most (unix(7)); a deep state folder needs another place for it.
SOCKET_PATH = 100
FEEDS_EVERY = 600.0  # seconds between the emulated feeds' heartbeats


def demo(port: int, state: Path | None) -> None:
    """Make or open the city, then serve it."""
    log.configure("WARNING", "text")
    folder = (state or Path(tempfile.mkdtemp(prefix="fangxin-demo-"))).resolve()
    with _only_one(folder):
        try:
            run(_Demo(folder, port).run())
        except* GatewayError as errors:
            raise first(errors) from errors
        except* OSError as errors:
            raise GatewayError(f"cannot start: {first(errors)}") from errors


def newest() -> Path:
    """Return the state folder of this user's newest demo. Raises `GatewayError` when there is none."""
    pointer = _pointer()
    try:
        return Path(pointer.read_text("utf-8").strip())
    except OSError as err:
        raise GatewayError("no demo is known; start one with `gateway demo`, or say which with --state DIR") from err


def _pointer() -> Path:
    return Path(tempfile.gettempdir()) / f"fangxin-demo-newest-{os.getuid()}"


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            raise BadSettings(f"{folder}: another demo is running in this folder") from err
        yield


class _Demo:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port or _free_port()
        self._control = folder / "control.sock"
        if len(os.fsencode(self._control)) > SOCKET_PATH:
            self._control = Path(tempfile.mkdtemp(prefix="fangxin-")) / "control.sock"
        self._clock = SystemClock()

    async def run(self) -> None:
        settings = config.load(self._write_settings())
        Keys(settings.key_folder).make_missing()
        codes = CodeBook(Keys(settings.key_folder).code_keys())
        city = load(config.shipped("config") / "sample", today(self._clock.now()))
        database = open_database(settings.database.url)
        try:
            await schema.upgrade(database)
            await database.transact(lambda connection: self._fill(connection, city, codes))
            self._write_sample(city, codes)
            await self._serve(Gateway(settings, clock=self._clock), city, codes, database)
        finally:
            await database.close()

    async def _serve(self, gateway: Gateway, city: City, codes: CodeBook, database: Database) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            network = await stack.enter_async_context(emulated_network(self._folder, MODEMS))
            await stack.enter_async_context(control_socket(network, self._control))
            tasks.create_task(gateway.run(), name="gateway")
            tasks.create_task(self._feeds(city, codes, database), name="feeds")
            async with asyncio.timeout(30):
                await gateway.writer.ready.wait()
            (self._folder / "demo.json").write_text(json.dumps({"control": str(self._control), "pid": os.getpid()}))
            _pointer().write_text(str(self._folder) + "\n", "utf-8")
            await self._ask_first(codes, city)
            self._say_where()

    def _write_settings(self) -> Path:
        modems: list[dict[str, Any]] = [
            {"name": f"sim{place}", "port": str(self._folder / f"ttyEMU{place}"), "number": identity.number}
            for place, identity in enumerate(identities(MODEMS))
        ]
        written = {
            "database": {"url": f"sqlite:///{self._folder / 'gateway.db'}"},
            "http": {"listen": f"127.0.0.1:{self._port}"},
            "modem": modems,
        }
        path = self._folder / "gateway.toml"
        path.write_text(tomli_w.dumps(written), "utf-8")
        return path

    def _fill(self, connection: Connection, city: City, codes: CodeBook) -> None:
        loader = Loader(connection, codes, self._clock.now())
        loader.parties(city.parties)
        loader.sources(city.sources)
        loader.records(city.records)
        loader.ranges(city.ranges)
        loader.singles(city.singles)

    async def _feeds(self, city: City, codes: CodeBook, database: Database) -> None:
        """Let the city's feeds go on speaking, so that a demo of several days does not grow stale."""
        while True:
            await asyncio.sleep(FEEDS_EVERY)
            await database.transact(
                lambda connection: Loader(connection, codes, self._clock.now()).sources(city.sources)
            )

    def _write_sample(self, city: City, codes: CodeBook) -> None:
        sample = {
            "codes": [
                {
                    "code": codes.issue(*example.index) if example.index else example.record_key,
                    "record_type": example.record_type,
                    "verdict": example.verdict.value,
                }
                for example in city.examples
            ],
            "parties": [{"id": party.id, "kind": party.kind.value} for party in city.parties],
        }
        path = self._folder / "sample.json"
        path.write_text(json.dumps(sample, ensure_ascii=False, indent=1) + "\n", "utf-8")

    async def _ask_first(self, codes: CodeBook, city: City) -> None:
        # Beside the codes that sample.json lists: those stay unasked.
        goods = next(r for r in city.ranges if r.record_key and r.label.policy is RepeatPolicy.COVERT)
        question = f"CX{codes.issue(goods.klass, goods.version, goods.last)}"
        async with control_client(self._control) as client:
            heard = await client.text(CITIZEN, question)
        typer.echo(f"问  {CITIZEN} → {heard.to}：{question}")
        for reply in heard.replies:
            show(reply)
        if not heard.replies:
            typer.echo(f"    （没有回复：{heard.why}）")

    def _say_where(self) -> None:
        folder = self._folder
        typer.echo(
            f"\n再问一个（另开一个终端）：\n"
            f"    gateway sim text 'CX1688012345678904' --from 13900000002\n"
            f"    gateway sim text '电梯012345' --from 13900000002\n"
            f"可以问的编码：{folder / 'sample.json'}\n"
            f"配置、数据库：{folder / 'gateway.toml'}  {folder / 'gateway.db'}\n"
            f"状态：http://127.0.0.1:{self._port}/readyz  计数：/metrics\n"
            f"Ctrl-C 结束。"
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])

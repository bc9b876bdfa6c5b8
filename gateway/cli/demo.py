"""`gateway demo`: everything embedded, real AT commands over real ptys, alive until Ctrl-C."""

import asyncio
import fcntl
import json
import os
import random
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomli_w
import typer

from gateway import settings as config
from gateway.app import Gateway, SystemClock
from gateway.cli.bubble import show
from gateway.cli.demo_hotline import EXTENSION, DemoHotline, demo_hotline
from gateway.cli.demo_people import Citizens, Town, let_in, live
from gateway.cli.running import run
from gateway.cli.sample import SEED, city_of, fill, is_used, new_pins
from gateway.cli.serve import until_stopped
from gateway.domain.code import CodeBook
from gateway.domain.errors import BadSettings, GatewayError
from gateway.domain.trace import RepeatPolicy
from gateway.emulators.modem.client import control_client
from gateway.emulators.modem.control import control_socket
from gateway.emulators.modem.network import emulated_network, identities
from gateway.emulators.switch import ROOT_VARIABLE
from gateway.interchange.sample import Caller, City
from gateway.ops import log, watchdog
from gateway.settings import Settings
from gateway.store import schema
from gateway.store.books import SqlBooks
from gateway.store.engine import open_database
from gateway.store.load import Loader
from gateway.store.vault import Keys, Vault

MODEMS = 2
CITIZEN = "13800000001"
# The path of a Unix socket has 107 octets at most (unix(7)); a deep state folder needs another place for it.
SOCKET_PATH = 100
STARTING = 30.0  # seconds until texts must be answered
FEEDS_EVERY = 600.0  # seconds between the emulated feeds' heartbeats


def demo(port: int, state: Path | None, *, traffic: bool) -> None:
    """Make or open the city, then serve it; with `traffic`, its citizens text all day."""
    log.configure("WARNING", "text")
    folder = (state or Path(tempfile.mkdtemp(prefix="fangxin-demo-"))).resolve()
    if "?" in str(folder):
        raise BadSettings(f"--state {folder}: the path of a SQLite database cannot have a ? in it; take another folder")
    with _only_one(folder), _control_socket(folder) as control:
        run(until_stopped(_Demo(folder, port, control, traffic=traffic).run()))


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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "demo.lock").open("w")
    except OSError as err:
        raise BadSettings(f"--state {folder}: cannot be written to: {err.strerror}; take another folder") from err
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise BadSettings(
                f"{folder}: another demo is running in this folder; stop it, or take another with --state DIR"
            ) from err
        yield


@contextmanager
def _control_socket(folder: Path) -> Iterator[Path]:
    """Give the path of the control socket: in the folder, or in one of its own where that is too deep."""
    path = folder / "control.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="fangxin-") as near:
        yield Path(near) / path.name


class _Demo:
    def __init__(self, folder: Path, port: int, control: Path, *, traffic: bool) -> None:
        self._folder = folder
        self._port = port or _free_port()
        self._control = control
        self._traffic = traffic
        self._clock = SystemClock()

    async def run(self) -> None:
        async with demo_hotline(self._folder) as hotline:
            await self._run(hotline)

    async def _run(self, hotline: DemoHotline | None) -> None:
        settings = config.load(self._write_settings(hotline))
        self._keep_to_the_folder(settings)
        keys = Keys(settings.key_folder)
        keys.make_missing()
        vault, codes = keys.vault(), keys.code_book()
        city = city_of(SEED, self._clock.now())
        database = open_database(settings.database.url)
        try:
            await schema.upgrade(database)
            await database.transact(lambda connection: self._settle(SqlBooks(connection, vault, codes), vault, city))
            town = Town(city, codes, database, vault)
            await self._serve(Gateway(settings, clock=self._clock), hotline, town, settings.console.one_time)
        finally:
            await database.close()

    async def _serve(self, gateway: Gateway, hotline: DemoHotline | None, town: Town, one_time: timedelta) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            network = await stack.enter_async_context(emulated_network(self._folder, MODEMS))
            await stack.enter_async_context(control_socket(network, self._control))
            tasks.create_task(watchdog.watch(), name="watchdog")
            tasks.create_task(gateway.run(), name="gateway")
            tasks.create_task(self._feeds(town), name="feeds")
            if hotline:
                tasks.create_task(self._take_calls(gateway, hotline), name="switch")
            try:
                async with asyncio.timeout(STARTING):
                    await gateway.writer.ready.wait()
            except TimeoutError as err:
                raise GatewayError(
                    f"{self._folder}: no answers after {STARTING:.0f} s; see what is logged above"
                ) from err
            self._say_state(hotline and "starting")
            _pointer().write_text(str(self._folder) + "\n", "utf-8")
            question = await self._ask_first(town.codes, town.city)
            self._say_where(question, hotline)
            await let_in(town, self._clock.now(), one_time)
            if self._traffic:
                client = await stack.enter_async_context(control_client(self._control))
                tasks.create_task(live(Citizens(town, random.Random(SEED)), client), name="citizens")  # noqa: S311 - whims

    def _say_state(self, hotline: object) -> None:
        """Tell `gateway sim` where we are; `hotline`: None without one, where it is rung, or a word on its state."""
        file = self._folder / "demo.json"
        told = {"control": str(self._control), "pid": os.getpid(), "hotline": hotline}
        beside = file.with_suffix(".part")
        beside.write_text(json.dumps(told), "utf-8")
        beside.replace(file)

    async def _take_calls(self, gateway: Gateway, hotline: DemoHotline) -> None:
        """Run the switch beside all else; without it texts are answered all the same."""
        telephone = gateway.telephone
        assert telephone is not None  # noqa: S101 - the settings have an [asterisk]
        await gateway.writer.ready.wait()
        try:
            async with hotline.running():
                async with asyncio.timeout(STARTING):
                    while not telephone.shown["ready"]:  # noqa: ASYNC110 - of a thread and a server: nothing tells of both
                        await asyncio.sleep(0.05)
                hotline.is_up()
                self._say_state(hotline.place)
                typer.echo(f"热线已接通：sip:{EXTENSION}@127.0.0.1:{hotline.site.sip}")
                await asyncio.Event().wait()
        except TimeoutError:
            why = str(telephone.shown["error"])
        except (GatewayError, OSError) as err:
            why = str(err)
        self._say_state(why)
        typer.echo(f"热线没有接通：{why}", err=True)

    def _keep_to_the_folder(self, settings: Settings) -> None:
        """Refuse an environment that would have the sample city written into somebody's real database."""
        if settings.database.url != self._url or settings.keys.dir is not None:
            raise BadSettings(
                "the demo keeps to its own folder; unset GATEWAY_DATABASE__URL and GATEWAY_KEYS__DIR for it"
            )

    @property
    def _url(self) -> str:
        return f"sqlite:///{self._folder / 'gateway.db'}"

    def _write_settings(self, hotline: DemoHotline | None) -> Path:
        modems: list[dict[str, Any]] = [
            {"name": f"sim{place}", "port": str(self._folder / f"ttyEMU{place}"), "number": identity.number}
            for place, identity in enumerate(identities(MODEMS))
        ]
        written = {
            "database": {"url": self._url},
            "http": {"listen": f"127.0.0.1:{self._port}"},
            "modem": modems,
        }
        if hotline:
            written |= hotline.settings
        path = self._folder / "gateway.toml"
        path.write_text(tomli_w.dumps(written), "utf-8")
        return path

    def _settle(self, books: SqlBooks, vault: Vault, city: City) -> None:
        """Fill a new city; in one that is there already only the feeds go on."""
        now = self._clock.now()
        loader = Loader(books.connection, vault, books.codes, now)
        if is_used(books.connection):
            loader.sources(city.sources)
            return
        pins = new_pins(city)
        self._write_sample(city, books.codes, pins)
        fill(books, loader, city, now, pins)

    async def _feeds(self, town: Town) -> None:
        """Let the city's feeds go on speaking, so that a demo of several days does not grow stale."""
        while True:
            await asyncio.sleep(FEEDS_EVERY)
            await town.database.transact(
                lambda connection: Loader(connection, town.vault, town.codes, self._clock.now()).sources(
                    town.city.sources
                )
            )

    def _write_sample(self, city: City, codes: CodeBook, pins: Mapping[Caller, str | None]) -> None:
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
            "phones": [
                {"number": caller.number, "party": caller.party, "role": caller.role.value, "pin": pin}
                for caller, pin in pins.items()
            ],
        }
        path = self._folder / "sample.json"
        path.write_text(json.dumps(sample, ensure_ascii=False, indent=1) + "\n", "utf-8")

    async def _ask_first(self, codes: CodeBook, city: City) -> str:
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
        return question

    def _say_where(self, question: str, hotline: DemoHotline | None) -> None:
        folder = self._folder
        code = question.removeprefix("CX")
        telephone = (
            f"电话：任何软电话（不用注册）拨 sip:{EXTENSION}@127.0.0.1:{hotline.site.sip}；"
            f"或者 gateway sim call {code} --wav call.wav\n    正在启动热线……"
            if hotline
            else f"电话：没有找到 Asterisk（PATH 或 {ROOT_VARIABLE}），只有短信。"
        )
        typer.echo(
            f"\n再问一个（另开一个终端）：\n"
            f"    gateway sim text '{question}' --from 13900000002\n"
            f"    gateway sim text '电梯012345' --from 13900000002\n"
            f"可以问的编码：{folder / 'sample.json'}\n"
            f"配置、数据库：{folder / 'gateway.toml'}  {folder / 'gateway.db'}\n"
            f"控制台：http://127.0.0.1:{self._port}/console\n"
            f"网页：http://127.0.0.1:{self._port}/  接口：/api/openapi.json  状态：/readyz  计数：/metrics\n"
            f"{telephone}\n"
            f"Ctrl-C 结束。"
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])

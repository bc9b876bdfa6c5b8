"""Two real services on one PostgreSQL and one Redis: what one learns the other knows at once, and none needs Redis."""

import asyncio
import itertools
import re
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from gateway.console.throttle import TRIES
from tests.peers.citizens import until
from tests.peers.console import PASSWORD, let_in
from tests.peers.postgres import PostgresServer
from tests.peers.redis import RedisServer
from tests.peers.site import Site, a_site
from tests.peers.web import NO_LIMITS, served

pytestmark = pytest.mark.timeout(300)

WRITER, FORGETFUL = "王丽", "陈建国"
AN_HOUR = 10  # codes from one address
LIMIT = 60.0  # seconds, on a loaded machine
LIVE = 2.0  # seconds until published words are in force everywhere


@pytest.fixture(scope="module")
def city(quick_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = a_site(tmp_path_factory.mktemp("one"), quick_postgres.fresh_database())
    site.keys.make_missing()
    assert site.run("db", "upgrade").returncode == 0
    site.fill()
    let_in(site)
    yield site
    quick_postgres.drop_database(site.url)


@pytest.fixture(scope="module")
def addresses(city: Site, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    folder: Path = tmp_path_factory.mktemp("two")
    shutil.copytree(city.file.parent / "keys", folder / "keys")
    shared = {"url": redis.fresh_url()}
    limits = NO_LIMITS | {"address_codes_per_hour": AN_HOUR}
    http = {"trusted_proxies": ["127.0.0.1/32"]}
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(served(site, redis=shared, limits=limits, http=http))
            for site in (city, a_site(folder, city.url))
        )
        yield one, two


@dataclass
class Town:
    """People before both services, each behind an address of his own."""

    nodes: tuple[str, str]
    http: aiohttp.ClientSession
    people: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, node: str, code: str, who: int | None = None) -> tuple[int, str]:
        """Ask for a code; return the status and what was said."""
        number = next(self.people) if who is None else who
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        asking = self.http.post(f"{node}/api/v1/query/{code}", headers={"X-Forwarded-For": address})
        async with asking as answer:
            return answer.status, str((await answer.json()).get("text", ""))

    async def redis(self, node: str) -> bool:
        async with self.http.get(f"{node}/readyz") as answer:
            assert answer.status == 200, "Redis is no part that it takes to be ready"
            return bool((await answer.json())["redis"]["up"])

    async def both(self, *, up: bool) -> None:
        for node in self.nodes:
            await seen(partial(self._is, node, up))

    async def _is(self, node: str, up: bool) -> bool:
        return await self.redis(node) is up


async def seen(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask a service again and again until it says so."""
    async with asyncio.timeout(LIMIT):
        while not await holds():  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.01)


@pytest.fixture
async def town(addresses: tuple[str, str]) -> AsyncIterator[Town]:
    async with aiohttp.ClientSession() as http:
        made = Town(addresses, http)
        await made.both(up=True)
        yield made


@dataclass
class Operator:
    """Somebody at the console of one service, without a browser."""

    node: str
    http: aiohttp.ClientSession
    csrf: str = ""

    async def sign_in(self, password: str, name: str = WRITER) -> int:
        await self._see("/login")
        return await self.send("/login", name=name, password=password)

    async def send(self, page: str, **fields: str) -> int:
        form = {"csrf": self.csrf, **fields}
        async with self.http.post(f"{self.node}/console{page}", data=form, allow_redirects=False) as answer:
            return answer.status

    async def draft(self, place: str, text: str) -> str:
        """Put a text into the editor, and have it tried; return the draft's hash."""
        await self._see(place)
        by_script = {"X-CSRF-Token": self.csrf}
        form = {"sms": text, "voice": "", "base": "0", "was": ""}
        async with self.http.post(f"{self.node}/console{place}/save", data=form, headers=by_script) as answer:
            kept = str((await answer.json())["hash"])
        assert await self.send(f"{place}/trial") == 303
        return kept

    async def read(self, page: str) -> str:
        async with self.http.get(f"{self.node}/console{page}") as answer:
            return await answer.text()

    async def _see(self, page: str) -> None:
        found = re.search(r'name="csrf" value="([^"]+)"', await self.read(page))
        assert found is not None
        self.csrf = found[1]


@asynccontextmanager
async def an_operator(node: str) -> AsyncIterator[Operator]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Operator(node, http)


async def test_words_published_on_one_are_live_on_the_other(town: Town) -> None:
    one, two = town.nodes
    place, words = "/wordings/common/malformed", "这个编码不对（应为16位数字），请核对后重发。"
    assert words not in (await town.ask(two, "1234567890123"))[1]
    async with an_operator(one) as writer:
        assert await writer.sign_in(PASSWORD) == 303
        draft = await writer.draft(place, words)

        async def published() -> bool:  # it is, once it was tried over the records
            return await writer.send(f"{place}/publish", hash=draft, note="说得平和些") == 303

        await seen(published)
        begun = time.monotonic()
        await seen(partial(_says, town, two, words))
        took = time.monotonic() - begun
        assert took < LIVE
        print(f"live on the other service after {took * 1000:.0f} ms")


async def _says(town: Town, node: str, words: str) -> bool:
    return words in (await town.ask(node, "1234567890123"))[1]


async def test_who_guesses_passwords_at_one_is_held_up_at_the_other(town: Town) -> None:
    one, two = town.nodes
    async with an_operator(one) as here, an_operator(two) as there:
        assert [await here.sign_in("wrong", FORGETFUL) for _ in range(TRIES)] == [422] * TRIES
        assert await there.sign_in(PASSWORD, FORGETFUL) == 429


async def test_a_question_to_one_is_seen_on_the_live_board_of_the_other(town: Town, city: Site) -> None:
    one, two = town.nodes
    async with an_operator(two) as watcher:
        assert await watcher.sign_in(PASSWORD) == 303
        board = await watcher.read("/live")
        assert re.search(r"<span>Redis</span><span class=\"meta\">[0-9.]+ 毫秒</span>.*正常", board)
        after = re.search(r"/live/events\?[^\"]*after=([0-9a-f-]{36})", board)
        assert after is not None
        async with watcher.http.get(f"{two}/console/live/events?after={after[1]}") as stream:
            await _until_event(stream, "parts")
            begun = time.monotonic()
            await town.ask(one, city.bottle(9))
            assert "首次，正品" in await _until_event(stream, "exchanges")
            print(f"on the other service's board after {(time.monotonic() - begun) * 1000:.0f} ms, its answer included")


async def _until_event(stream: aiohttp.ClientResponse, name: str) -> str:
    """Read on to the end of an event of this name; return what it says."""
    named = False
    async with asyncio.timeout(LIMIT):
        async for line in stream.content:
            if named:
                return line.decode().encode().decode("unicode_escape")
            named = line.decode().strip() == f"event: {name}"
    raise EOFError(name)


async def test_redis_is_killed_in_mid_traffic_and_nobody_notices(town: Town, city: Site, redis: RedisServer) -> None:
    code, stop, ended = city.bottle(7), asyncio.Event(), Counter[tuple[str, int]]()

    async def somebody(node: str) -> None:
        while not stop.is_set():
            status, _ = await town.ask(node, code)
            ended[node, status] += 1

    async def so_many_more() -> None:
        wanted = {node: ended[node, 200] + 50 for node in town.nodes}
        await until(lambda: all(ended[node, 200] >= least for node, least in wanted.items()), LIMIT)

    async with asyncio.TaskGroup() as tasks:
        for node in town.nodes * 4:
            tasks.create_task(somebody(node))
        await so_many_more()
        redis.kill()
        await so_many_more()
        await town.both(up=False)
        await so_many_more()
        redis.start()
        await town.both(up=True)
        await so_many_more()
        stop.set()
    assert {status for _, status in ended} == {200}
    await _shared(town, code)


async def _shared(town: Town, code: str) -> None:
    """See that what one address asks at one service counts at the other."""
    one, two = town.nodes
    who = 0xFF0000 + next(town.people)
    assert [(await town.ask(one, code, who))[0] for _ in range(AN_HOUR - 1)] == [200] * (AN_HOUR - 1)
    allowed = 0
    while (await town.ask(two, code, who))[0] == 200:
        allowed += 1
    assert 1 <= allowed < AN_HOUR / 2, "it knew of the others, perhaps a moment late"
    await seen(partial(_refuses, town, one, code, who))


async def _refuses(town: Town, node: str, code: str, who: int) -> bool:
    return (await town.ask(node, code, who))[0] == 429

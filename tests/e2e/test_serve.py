"""`gateway serve` in a process of its own, its modems emulated in the test's."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tomli_w

from gateway.emulators.modem import EmulatedNetwork, emulated_network
from gateway.emulators.modem.phone import Identity
from tests.peers.commands import GATEWAY, environment, gateway
from tests.peers.processes import program
from tests.peers.site import Site

CITIZEN = "13900000001"
QUESTION = "电梯012345"
LIMIT = 60.0  # seconds, on a loaded machine
# A DELIVER whose user data is shorter than it says (3GPP TS 23.040 §9.2.2.1): nobody can read it.
BROKEN = bytes.fromhex("040B917396010000F1000062501021436523A0C8")

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Service:
    """One life of the service."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    async def get(self, page: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}{page}") as answer:
            return answer.status, await answer.text()

    async def line(self, name: str) -> dict[str, Any]:
        return dict(json.loads((await self.get("/readyz"))[1])["lines"][name])

    async def until(self, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a line's state is as wanted; return it."""
        await eventually(lambda: self._holds(name, holds))
        return await self.line(name)

    async def _holds(self, name: str, holds: Callable[[dict[str, Any]], bool]) -> bool:
        return holds(await self.line(name))

    async def counted(self, sample: str) -> bool:
        """Return whether /metrics shows this line."""
        return sample in (await self.get("/metrics"))[1].splitlines()

    def said(self) -> str:
        """Return the log."""
        return self.log.read_text("utf-8")

    def events(self, message: str, **fields: str) -> list[dict[str, Any]]:
        """Return the events of the log with this message and these fields; every line must be one."""
        events = [json.loads(line) for line in self.said().splitlines()]
        return [one for one in events if one["message"] == message and fields.items() <= one.items()]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what happens in another process, and tells nobody."""
    async with asyncio.timeout(LIMIT):
        while not await holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)


def written(site: Site, *modems: dict[str, Any], **more: Any) -> int:  # noqa: ANN401 - what TOML can hold
    """Write the site's settings with these modems; return the port of its pages."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    settings = {
        "database": {"url": site.url},
        "http": {"listen": f"127.0.0.1:{port}"},
        "log": {"level": "DEBUG"},
        "modem": list(modems),
    }
    site.file.write_text(tomli_w.dumps(settings | more), "utf-8")
    return port


def a_modem(network: EmulatedNetwork, place: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    modem = network.modems[place]
    return {"name": modem.name, "port": str(modem.port), "number": modem.number, **more}


@asynccontextmanager
async def serving(site: Site, port: int, log: Path) -> AsyncIterator[Service]:
    """Serve until the block ends; it answers when the block begins."""
    async with program([*GATEWAY, "serve", "-c", site.file], log, environment=environment()) as process:
        service = Service(process, port, log)
        async with asyncio.timeout(LIMIT):
            while True:
                assert process.returncode is None, service.said()
                try:
                    if (await service.get("/healthz"))[0] == 200:
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        yield service


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[EmulatedNetwork]:
    async with emulated_network(tmp_path, 2) as network:
        yield network


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def tried_again(service: Service) -> bool:
    return len(service.events("modem down", modem="gone", level="DEBUG")) >= 2


async def test_a_missing_port_is_warned_of_once_and_the_others_go_on(
    shared: Site, network: EmulatedNetwork, log: Path, tmp_path: Path
) -> None:
    port = written(
        shared, a_modem(network), {"name": "gone", "port": str(tmp_path / "none"), "number": "+8613800000199"}
    )
    async with serving(shared, port, log) as service:
        await service.until("ttyEMU0", lambda line: line["ready"])
        await network.text(CITIZEN, QUESTION, 0)
        assert "电梯012345" in (await network.handset(CITIZEN).next_reply(LIMIT)).text
        await eventually(lambda: asyncio.to_thread(tried_again, service))
        assert len(service.events("modem down", modem="gone", level="WARNING")) == 1
        gone = await service.line("gone")
        assert (gone["ready"], gone["state"]) == (False, "down")
        assert str(tmp_path / "none") in gone["last_error"]
        assert (await service.get("/readyz"))[0] == 200
        _, metrics = await service.get("/metrics")
        assert "gateway_inquiries_total 1.0" in metrics
        assert 'gateway_answers_total{verdict="ELEV_OK"} 1.0' in metrics
        assert 'gateway_segments_total{account="ttyEMU0",outcome="accepted"} 1.0' in metrics


async def test_with_no_line_up_it_is_healthy_but_not_ready(shared: Site, log: Path, tmp_path: Path) -> None:
    port = written(shared, {"name": "gone", "port": str(tmp_path / "none"), "number": "+8613800000199"})
    async with serving(shared, port, log) as service:
        assert (await service.get("/healthz"))[0] == 200
        assert (await service.get("/readyz"))[0] == 503


async def test_what_nobody_can_read_is_kept_and_leaves_the_sim(
    shared: Site, network: EmulatedNetwork, log: Path
) -> None:
    port = written(shared, a_modem(network))
    async with serving(shared, port, log) as service:
        await service.until("ttyEMU0", lambda line: line["ready"])
        network.bring(network.modems[0], [BROKEN])
        await network.text(CITIZEN, QUESTION, 0)
        assert (await network.handset(CITIZEN).next_reply(LIMIT)).text, "the next one is answered all the same"
        await eventually(lambda: service.counted("gateway_dead_letters_total 1.0"))
        await eventually(lambda: asyncio.sleep(0, not len(network.modems[0].phone.memories["SM"])))
        listed = await asyncio.to_thread(shared.run, "outbox", "list", "--dead", "--json")
        [dead] = [one for one in map(json.loads, listed.stdout.splitlines()) if BROKEN.hex().upper() in one["raw"]]
        assert dead["account"] == "ttyEMU0"
        assert dead["reason"]


async def test_a_wrong_pin_is_tried_once_and_not_again_after_a_restart(shared: Site, tmp_path: Path, log: Path) -> None:
    async with emulated_network(tmp_path, 1, identity=Identity(pin="1234")) as network:
        port = written(shared, a_modem(network, pin="4321", name="locked"))
        for _ in range(2):
            async with serving(shared, port, log) as service:
                held = await service.until("locked", lambda line: line["state"] == "held")
                assert "PIN" in held["last_error"]
                assert not held["ready"]
                assert "4321" not in json.dumps(held)
            assert network.modems[0].phone.sim.tries_left == 2
        assert len(service.events("modem held", level="ERROR")) == 2, "once a life"
        assert "4321" not in service.said()


async def test_a_spent_sim_hands_over_to_the_other(shared: Site, network: EmulatedNetwork, log: Path) -> None:
    port = written(shared, a_modem(network, 0, daily_limit=1, name="small"), a_modem(network, 1, name="large"))
    async with serving(shared, port, log) as service:
        await service.until("small", lambda line: line["ready"])
        await service.until("large", lambda line: line["ready"])
        modems = []
        for person in range(3):
            await network.text(f"1390000010{person}", QUESTION, 0)
            modems.append((await network.handset(f"1390000010{person}").next_reply(LIMIT)).modem)
        assert modems == ["ttyEMU0", "ttyEMU1", "ttyEMU1"]
    async with serving(shared, port, log) as service:  # what it sent today outlives a restart
        await service.until("large", lambda line: line["ready"])
        await network.text("13900000110", QUESTION, 0)
        assert (await network.handset("13900000110").next_reply(LIMIT)).modem == "ttyEMU1"


async def test_a_sim_that_may_not_send_hands_over_to_the_other(
    shared: Site, network: EmulatedNetwork, log: Path
) -> None:
    barred = 10  # call barred, 3GPP TS 24.011 §8.2.5.4: this SIM will not send until something changes
    network.modems[0].switch(cms_error=barred, cms_error_times=1000)
    port = written(shared, a_modem(network, 0, name="barred"), a_modem(network, 1, name="well"))
    async with serving(shared, port, log) as service:
        await service.until("barred", lambda line: line["ready"])
        await service.until("well", lambda line: line["ready"])
        await network.text("13900000201", QUESTION, 0)
        assert (await network.handset("13900000201").next_reply(LIMIT)).modem == "ttyEMU1"
        assert (await service.line("barred"))["state"] == "quarantined"
        assert len(network.handset("13900000201").segments) == 1


async def test_it_ends_in_order_when_told_to(shared: Site, network: EmulatedNetwork, log: Path) -> None:
    async with serving(shared, written(shared, a_modem(network)), log) as service:
        await service.until("ttyEMU0", lambda line: line["ready"])
        service.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await service.process.wait() == 0
    assert len(service.events("stopped")) == 1
    assert not service.events("modem down", level="ERROR")


def test_a_port_in_use_is_told(shared: Site) -> None:
    port = written(shared)
    with socket.create_server(("127.0.0.1", port)):
        refused = gateway("serve", "-c", shared.file)
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last.startswith("gateway: cannot start: ")
    assert "address already in use" in last

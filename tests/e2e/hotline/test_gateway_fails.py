"""The served gateway is killed, freezes, or loses its database or its switch; callers hear what to do, never a lie."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from gateway.emulators.caller import phone
from gateway.voice.prompts import NAMED, OPERATOR
from tests.builders.tones import tones
from tests.peers.hotline import until
from tests.peers.service import Service, started
from tests.peers.town import Caller, Town, a_town, calling, kept, people, texted

pytestmark = pytest.mark.timeout(300)

LIFT, LIFT_VERDICT, OPEN_CODE, TRACED = "012373", "电梯故障，请勿乘坐。", "1191930649917472", "该产品可追溯。"
SORRY, BUSY = NAMED["sorry"], "系统繁忙，暂时无法查询，请稍后再试。"
NEVER = ("未查到该编码。", "若核对无误，疑为假冒，举报请拨幺二三幺五。", "首次查询，是正品。")


async def is_answered(town: Town, number: str) -> None:
    async with phone() as mine, calling(mine, town, number) as caller:
        await caller.presses(f"2{LIFT}#")
        await caller.hears(LIFT_VERDICT)


async def falls_back(caller: Caller) -> None:
    await caller.hears(SORRY)
    await caller.hears(OPERATOR)


async def test_it_is_killed_while_one_listens_and_one_complains(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), people(town), phone() as mine:
        async with town.serving(modems) as life:
            listening, complaining = "13600000001", "13600000002"
            async with calling(mine, town, listening) as one, calling(mine, town, complaining) as other:
                await other.presses("3")
                await other.hears("请在提示音后说明商品、商家和经过，说完请按井号键。")
                await other.call.heard.more(0.3)  # the beep
                other.call.say(tones("unfair", 2.0))
                await other.call.until(other.call.now + 1)
                await life.kill()
                await falls_back(one)
                await one.call.hang_up()  # the operator is free again
                await falls_back(other)  # when he has been silent for as long as ends a complaint
            await kept(town, "unfair")
        async with town.serving(modems):
            await texted(modems, complaining, "受理")  # the ticket was stored before a word was recorded
            await is_answered(town, "13600000003")


async def test_it_freezes_and_its_watchdog_ends_it(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), people(town), phone() as mine:
        async with town.serving(modems) as life, calling(mine, town, "13600000001") as caller:
            await caller.hears("您好，这里是放心一百查询热线。")
            life.freeze()
            await falls_back(caller)
            assert await life.end() < 0
        async with town.serving(modems):
            await is_answered(town, "13600000002")


async def test_without_its_database_it_says_that_it_cannot_tell(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), people(town), town.serving(modems), phone() as mine:
        with town.locked():
            async with calling(mine, town, "13600000001") as caller:
                await caller.presses(f"1{OPEN_CODE}")
                await caller.hears(BUSY)
                assert not any(caller.times(lie) for lie in NEVER)
            async with calling(mine, town, "13600000002") as caller:
                await caller.presses(f"9{LIFT}#")
                await caller.hears(OPERATOR)  # nobody who is trapped waits for a database
        await is_answered(town, "13600000003")


async def test_the_switch_starts_anew_under_it(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), town.serving(modems) as life:
        await is_answered(town, "13600000001")
        await asyncio.to_thread(town.switch.stop)
        await hotline_is(life, up=False)
        heard = await modems.control.text("13600000002", f"电梯{LIFT}", 0, limit=30)
        assert "故障" in heard.replies[0].text
        assert (await life.shows("/readyz"))["lines"]["hotline"]["error"]
        await asyncio.to_thread(town.switch.start)
        await hotline_is(life, up=True)
        await is_answered(town, "13600000003")


async def test_the_manager_alone_is_cut_off_or_starts_anew(tmp_path: Path) -> None:
    """Calls are none of its business: those that are up go on, others begin, and it is said that nobody watches."""
    async with a_town(tmp_path) as (town, modems), town.serving(modems) as life, phone() as mine:
        async with calling(mine, town, "13600000001") as caller:
            since = await caller.hears("您好，这里是放心一百查询热线。")
            await asyncio.to_thread(cut_off, town)  # by its peer: the gateway is back at once
            async with asyncio.timeout(40):
                await until(lambda: town.log.count("the switch's manager is there") == 2)
            await hotline_is(life, up=True)
            await asyncio.to_thread(manager_is, town, "no")
            await hotline_is(life, up=False)
            assert (await life.shows("/readyz"))["lines"]["hotline"]["error"]
            assert (await life.metrics())["gateway_switch_up"] == 0
            assert (await life.metrics())["gateway_calls"] == 1
            await is_answered(town, "13600000002")
            await asyncio.to_thread(manager_is, town, "yes")
            await hotline_is(life, up=True)
            async with asyncio.timeout(40):
                await until_metrics(life, gateway_switch_up=1, gateway_switch_channels=1)
            await caller.presses(f"2{LIFT}#")
            await caller.hears(LIFT_VERDICT, since=since)
        async with asyncio.timeout(40):
            await until_metrics(life, gateway_calls=0, gateway_switch_channels=0)
        assert "Traceback" not in town.log


def manager_is(town: Town, enabled: str) -> None:
    """Have the switch's manager, and nothing else of it, end or start again."""
    conf = town.switch.folder / "etc/manager.conf"
    conf.write_text(re.sub(r"(?m)^enabled = \w+", f"enabled = {enabled}", conf.read_text()))
    town.switch.command("manager reload")
    cut_off(town)


def cut_off(town: Town) -> None:
    """End the connections that the manager has."""
    there = town.switch.command("manager show connected")
    for session in re.findall(r"(?m)^\s*gateway\s+\S+\s+\d+\s+\d+\s+(\d+)", there):
        town.switch.command(f"manager kick session {session}")


async def until_metrics(life: Service, **wanted: float) -> None:
    """Wait until the service's figures are these."""
    while wanted != {name: (await life.metrics()).get(name) for name in wanted}:  # noqa: ASYNC110 - a page is asked
        await asyncio.sleep(0.1)


async def hotline_is(life: Service, *, up: bool) -> None:
    async with asyncio.timeout(40):
        while (await life.shows("/readyz"))["lines"]["hotline"]["ready"] is not up:  # noqa: ASYNC110 - a page is asked
            await asyncio.sleep(0.1)


async def test_a_flow_with_a_fault_is_refused_while_calls_go_on(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), phone() as mine:
        flows = tmp_path / "flows"
        flows.mkdir()
        town.more = {"ivr": {"dir": str(flows)}}
        async with town.serving(modems), calling(mine, town, "13600000001") as caller:
            (flows / "hotline.yaml").write_text("about: x\nstart: nowhere\nsteps: {}\n", "utf-8")
            async with asyncio.timeout(20):
                await until(lambda: "hotline.yaml:" in town.log)
            await caller.presses(f"2{LIFT}#")
            await caller.hears(LIFT_VERDICT)
            await is_answered(town, "13600000002")


async def test_broken_sounds_are_mended_at_the_start_and_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (town, modems), people(town):
        zh = town.switch.sounds / "zh"
        (zh / "sorry.wav").write_bytes(b"RIFF")
        (zh / "beep.wav").unlink()
        (town.switch.sounds / "recordings").rmdir()
        async with town.serving(modems):
            await is_answered(town, "13600000001")
            assert (zh / "sorry.wav").stat().st_size > 10_000
            assert (zh / "beep.wav").exists()
            assert (town.switch.sounds / "recordings").is_dir()
        nowhere = tmp_path / "a file"
        nowhere.touch()
        town.more = {"asterisk": town.written()["asterisk"] | {"sounds_dir": str(nowhere)}}
        town.written(modems)
        async with started(town) as life:
            await life.lines_up(len(modems.ports))
            heard = await modems.control.text("13600000002", f"电梯{LIFT}", 0, limit=30)
            assert heard.replies
            shown = (await life.shows("/readyz"))["lines"]["hotline"]
        assert not shown["ready"]
        assert str(nowhere) in json.dumps(shown, ensure_ascii=False)

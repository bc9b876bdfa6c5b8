"""Whoever hangs up, at any step that a few keys lead to: nothing of the call is left, and nobody's answer is lost.

The steps that a fault or a limit leads to are walked in `tests/integration/test_every_step.py`.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.emulators.caller import phone
from gateway.wire.g711 import RATE
from tests.builders.tones import tones
from tests.peers.commands import gateway
from tests.peers.hotline import ring, until
from tests.peers.modems import Modems
from tests.peers.service import Service
from tests.peers.town import TEXTED, Caller, Town, a_town, calling, clip, people, texted

pytestmark = pytest.mark.timeout(400)

BOTTLES: Final = ("1125884442699849", "1115450287879272", "1155223248179870")
MURMUR: Final = tones("whoever complains", 30.0)  # so that no recording ends by itself
LIFT, LIFT_VERDICT = "012373", "电梯故障，请勿乘坐。"


@dataclass(frozen=True)
class Scene:
    """What is keyed, and then heard when the caller hangs up; no words: the verdict has begun and is not over."""

    step: str
    keys: str
    heard: str = ""
    line: str = "hotline"
    after: str = ""  # keyed once it is the caller's turn
    text: str = ""  # what he gets by SMS
    at_once: str = ""  # heard right behind the last key, where nobody waits long for him

    def __str__(self) -> str:
        return f"{self.line} {self.step}" + (" behind an answer" if "{seal}" in self.keys else "")


SCENES: Final = (
    Scene("main", "", "您好，这里是放心一百查询热线。"),
    Scene("code", "1", "请输入标签上的编码，按井号键结束。"),
    Scene("code_answer", f"1{BOTTLES[0]}", text="首次查询"),
    Scene("after_code", f"1{BOTTLES[1]}", "重听请按一。"),
    Scene("lift", "2", "请输入轿厢内的电梯编号。"),
    Scene("lift_answer", f"2{LIFT}#", text="故障"),
    Scene("after_lift", f"2{LIFT}#", "重听请按一。"),
    Scene("complaint", "3", "请在提示音后说明商品、商家和经过，说完请按井号键。", text="受理"),
    Scene("after_complaint", "3", "重听编号请按一。", after="#", text="受理"),
    Scene("trapped", "9", at_once="请不要扒门，不要慌张。"),
    Scene("rescue", f"9{LIFT}#"),
    Scene("rescue_operator", "9,,,0"),
    Scene("operator", "0"),
    Scene("unheard", "7,,,,,,,,7,,,,,,,,7"),
    Scene("goodbye", f"2{LIFT}#", after="8,,,,,,,,8,,,,,,,,8"),
    Scene("station", "", "请输入许可证后四位。", "station"),
    Scene("pin", "{licence}", "请输入密码。", "station"),
    Scene("code", "{licence}{pin}", "请输入编码。", "station"),
    Scene("answer", "{licence}{pin}", line="station", after="{seal}", text="充装"),
    Scene("code", "{licence}{pin}{seal}", "可以充装。", "station"),
    Scene("operator", "0", line="station"),
)


async def leave(scene: Scene, town: Town, number: str, keys: dict[str, str]) -> None:
    async with phone() as mine:
        call = await ring(mine, town.switch, scene.line, number)
        try:
            caller = Caller(call)
            if scene.step == "complaint":
                call.say(MURMUR)
            await caller.presses(scene.keys.format(**keys))
            if scene.after:
                assert await caller.turn()
                await caller.presses(scene.after.format(**keys))
            if scene.heard:
                await caller.hears(scene.heard)
            elif scene.at_once:  # to find out what it is takes longer than the hotline waits, on a busy machine
                await call.heard.more(len(clip(scene.at_once)) / RATE + 2.0, within=30)
            else:
                await call.heard.more(0.8, within=20)  # the middle of what is said then
        finally:
            await call.hang_up()
    if scene.at_once:
        assert await asyncio.to_thread(caller.times, scene.at_once)


async def ended(town: Town, number: str) -> dict[str, Any]:
    """Wait until the end of a number's call is logged; return that line."""
    shown = f"{number[:3]}****{number[-4:]}"
    found: list[dict[str, Any]] = []

    def is_told() -> bool:
        lines = [json.loads(line) for line in town.log.splitlines() if '"call ' in line]
        mine = {line["call"] for line in lines if line["message"] == "call began" and line["caller"] == shown}
        found[:] = [line for line in lines if line["message"] in ("call ended", "call led") and line["call"] in mine]
        return bool(found)

    async with asyncio.timeout(TEXTED):
        await until(is_told)
    assert len(found) == 1
    return found[0]


async def play(scene: Scene, town: Town, modems: Modems, number: str, keys: dict[str, str]) -> None:
    await leave(scene, town, number, keys)
    end = await ended(town, number)
    assert (end["flow"], end["step"], end["how"]) == (scene.line, scene.step, "caller")
    if scene.text:
        await texted(modems, number, scene.text)


def a_station(town: Town, number: str) -> dict[str, str]:
    """Register a number as a station's phone; return what it keys."""
    [(party, licence)] = town.rows("SELECT id, body ->> 'licence_no' FROM parties WHERE kind = 'station' LIMIT 1")
    [(seal,)] = town.rows("SELECT code FROM labels WHERE code LIKE '6%' AND record_id LIKE 'lpg/%' LIMIT 1")
    command = ("phone", "add", number, "--party", party, "--role", "station", "--pin", "--quiet")
    added = gateway(*command, "-c", town.settings)
    assert added.returncode == 0, added.stderr
    digits = "".join(one for one in licence if one.isdecimal())
    return {"licence": digits[-4:], "pin": added.stdout.splitlines()[-1], "seal": seal}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BaseException | None]:
    return asyncio.run(play_all(tmp_path_factory.mktemp("town")))


async def play_all(folder: Path) -> dict[str, BaseException | None]:
    """Have all scenes, side by side; return what went wrong in each."""
    numbers = {str(scene): f"1360000{at:04}" for at, scene in enumerate(SCENES)}
    async with a_town(folder) as (town, modems):
        keys = {str(scene): a_station(town, numbers[str(scene)]) for scene in SCENES if scene.line == "station"}
        async with town.serving(modems) as life, people(town):
            plays = (play(one, town, modems, numbers[str(one)], keys.get(str(one), {})) for one in SCENES)
            ends = await asyncio.gather(*plays, return_exceptions=True)
            ends.append(await after_all(town, modems, life, {numbers[str(one)] for one in SCENES if not one.text}))
    return dict(zip((*map(str, SCENES), "after all"), ends, strict=True))


async def after_all(town: Town, modems: Modems, life: Service, owed_nothing: set[str]) -> BaseException | None:
    """Look what all these calls left behind."""
    try:
        async with asyncio.timeout(TEXTED):
            while (await life.shows("/readyz"))["lines"]["hotline"]["calls"]:  # noqa: ASYNC110 - a page is asked
                await asyncio.sleep(0.1)
        async with phone() as mine, calling(mine, town, "13500000000") as caller:
            await caller.presses(f"2{LIFT}#")
            await caller.hears(LIFT_VERDICT)
        handsets = await modems.control.handsets()
        assert not {
            number for number in owed_nothing if f"+86{number}" in handsets and handsets[f"+86{number}"].replies
        }
        errors = [line for line in town.log.splitlines() if '"ERROR"' in line and "register phones" not in line]
        assert not errors
        assert "Traceback" not in town.log
    except (AssertionError, TimeoutError) as err:
        return err
    return None


@pytest.mark.parametrize("scene", [*map(str, SCENES), "after all"])
def test_scene(played: dict[str, BaseException | None], scene: str) -> None:
    if error := played[scene]:
        raise error

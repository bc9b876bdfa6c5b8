"""The shipped flow over a real line: what callers press, or do not, and what they hear, get and leave behind."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from gateway.emulators.caller import Phone, phone
from gateway.voice.prompts import OPERATOR, RESCUE
from tests.builders.tones import tones
from tests.peers.hotline import until
from tests.peers.modems import Modems
from tests.peers.town import Caller, Town, a_town, calling, clip, kept, people, texted

pytestmark = pytest.mark.timeout(400)

BOTTLES: Final = ("1125884442699849", "1115450287879272", "1155223248179870", "1135454680125565", "1192199412739037")
OPEN_CODE: Final = "1191930649917472"  # asked as often as one likes
TRACED: Final = "该产品可追溯。"
LIFT, LIFT_VERDICT = "012373", "电梯故障，请勿乘坐。"
WELCOME, CODE_PROMPT, LIFT_PROMPT = (
    "您好，这里是放心一百查询热线。",
    "请输入标签上的编码，按井号键结束。",
    "请输入轿厢内的电梯编号。",
)
MAIN_LAST, NO_KEY, NO_SUCH_KEY = "人工服务，请按零。", "抱歉，没有收到您的按键。", "抱歉，没有这个选项。"
UNHEARD, AGAIN = "抱歉，没有收到有效的按键，正在为您转接人工。", "重听请按一。"

Scene = Callable[[Caller, Town, Modems, str], Awaitable[None]]
SCENES: dict[str, Scene] = {}


def scene(play: Scene) -> Scene:
    """Let a call take place beside all others; its test says how it went."""
    SCENES[play.__name__] = play
    return play


@scene
async def a_key_cuts_the_welcome_short(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.call.heard.more(1.5, within=20)
    await caller.presses("1")
    await caller.hears(CODE_PROMPT)
    assert not caller.times("举报电话，幺二三幺五。")
    assert not caller.times(MAIN_LAST)


@scene
async def keys_ahead_of_the_prompts_count(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"1{OPEN_CODE}")
    await caller.hears(TRACED)
    assert not caller.times(CODE_PROMPT)


@scene
async def a_slow_typist_is_waited_for(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    code = OPEN_CODE
    await caller.presses("1,," + (",,,,,,,".join(code[at : at + 4] for at in range(0, 16, 4))))
    await caller.hears(TRACED)
    assert len(caller.times(CODE_PROMPT)) <= 1


@scene
async def a_star_begins_anew(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"1,,99887*{OPEN_CODE}")
    await caller.hears(TRACED)
    await caller.hears("编码尾号七四七二。")


@scene
async def a_hash_ends_a_code(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("1,,4711#")
    await caller.hears(CODE_PROMPT)


@scene
async def a_mistyped_code_is_read_back(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("1,,1191930649917471#")
    await caller.hears("您输入的是，")
    await caller.hears(CODE_PROMPT)
    assert not caller.times(TRACED)


@scene
async def a_wrong_key_is_said_and_asked_again(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.call.heard.more(0.5, within=20)
    await caller.presses("7")
    since = await caller.hears(NO_SUCH_KEY)
    await caller.hears("被困电梯，请按九。", since=since)
    await caller.presses("2")
    await caller.hears(LIFT_PROMPT)


@scene
async def three_wrong_keys_lead_to_the_operators(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("7,,,,,,,,7,,,,,,,,7")
    await caller.hears(UNHEARD)
    await caller.hears(OPERATOR)
    assert len(caller.times(NO_SUCH_KEY)) >= 1


@scene
async def silence_leads_to_the_operators(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    since = await caller.hears(MAIN_LAST)
    since = await caller.hears(NO_KEY, since=since)
    since = await caller.hears(NO_KEY, since=since + 1)
    await caller.hears(UNHEARD, since=since)
    await caller.hears(OPERATOR, since=since)
    assert len(caller.times(MAIN_LAST)) == 3


@scene
async def a_code_keyed_for_a_lift_tells_of_no_lift(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"2,,{LIFT}1234567890")
    await caller.hears("请核对轿厢内的编号，重新输入。")
    assert not caller.times(LIFT_VERDICT)


@scene
async def a_lifts_number_is_whole_when_nothing_follows(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"2{LIFT}")
    assert await caller.hears(LIFT_VERDICT)


@scene
async def an_answer_is_said_again(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"2{LIFT}#")
    assert await caller.turn()
    await caller.presses("1")
    assert await caller.turn()
    assert len(caller.times(LIFT_VERDICT)) == 2


@scene
async def an_answer_is_sent_by_sms(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"1{BOTTLES[1]}")
    assert await caller.turn()
    await caller.presses("2")
    await caller.hears("短信稍后送达，请查收。")
    assert "已召回，请停止饮用" in await texted(modems, number, "河套老窖")


@scene
async def a_landline_gets_no_sms(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"2{LIFT}#")
    assert await caller.turn()
    await caller.presses("2")
    await caller.hears("抱歉，短信不能发到您的号码。")


@scene
async def a_withheld_number_is_answered(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"2{LIFT}#")
    await caller.hears(LIFT_VERDICT)


@scene
async def another_code_in_the_same_call(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"1{OPEN_CODE}")
    assert await caller.turn()
    await caller.presses(f"3{BOTTLES[2]}")
    await caller.hears("已过保质期，请勿饮用。")


@scene
async def who_hangs_up_before_the_verdict_is_texted(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses(f"1{BOTTLES[3]}")
    await caller.call.heard.more(0.2, within=2)
    await caller.call.hang_up()
    assert "该标签已作废" in await texted(modems, number, "作废")


@scene
async def a_complaint_has_its_number_and_its_recording(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await complains(caller, town, number)
    await caller.presses("#")
    await caller.hears("您的投诉已受理，编号是")
    text = await texted(modems, number, "受理")
    assert any(one.isdigit() for one in text)


@scene
async def a_complaint_is_kept_when_the_caller_hangs_up(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    said = await complains(caller, town, number)
    await caller.call.hang_up()
    await texted(modems, number, "受理")
    await kept(town, said)


@scene
async def zero_leads_from_a_recording_to_an_operator(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    said = await complains(caller, town, number)
    await caller.presses("0")
    await caller.hears("正在为您转接人工，请稍候。")
    await caller.hears(OPERATOR)
    await texted(modems, number, "受理")
    await kept(town, said)


@scene
async def nine_leads_from_a_complaint_to_the_rescue(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("3")
    await caller.hears("本次通话将被录音。")
    await caller.presses("9")
    await caller.hears("请不要扒门，不要慌张。")


async def complains(caller: Caller, town: Town, number: str) -> str:
    """Say something unmistakable after the beep; return what."""
    await caller.presses("3")
    beep = await caller.hears("请在提示音后说明商品、商家和经过，说完请按井号键。")
    await caller.call.until(beep + len(clip("请在提示音后说明商品、商家和经过，说完请按井号键。")) / 8000 + 1.5)
    said = f"complaint of {number}"
    caller.call.say(tones(said, 2.0))
    await caller.call.until(caller.call.now + 2.5)
    return said


@scene
async def nine_rings_the_lifts_emergency_phone(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.call.heard.more(0.5, within=20)
    await caller.presses(f"9{LIFT}#")
    await caller.hears(RESCUE)
    async with asyncio.timeout(10):
        await until(lambda: any(LIFT in str(row) for row in town.rows("SELECT * FROM alerts")))


@scene
async def nine_after_an_answer_rings_it_at_once(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("2012362#")
    await caller.hears("警告，电梯检验超期，请勿乘坐。")
    assert await caller.turn()
    await caller.presses("9")
    await caller.hears(RESCUE)


@scene
async def zero_rings_an_operator(caller: Caller, town: Town, modems: Modems, number: str) -> None:
    await caller.presses("0")
    await caller.hears("正在为您转接人工，请稍候。")
    await caller.hears(OPERATOR)


async def wanders(town: Town, seed: int) -> None:
    """Press any key at any time, and hang up at any moment, for a while."""
    chance = random.Random(seed)
    async with phone() as mine:
        for call in range(4):
            async with calling(mine, town, f"137{seed:04}{call:04}") as caller:
                while caller.call.now < chance.uniform(4, 14) and not caller.call.ended.is_set():
                    await caller.presses("".join(chance.choices("0123456789*#,,,", k=chance.randint(1, 20))))


NUMBERS: Final = {"a_landline_gets_no_sms": "04732345678", "a_withheld_number_is_answered": ""}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BaseException | None]:
    return asyncio.run(play_all(tmp_path_factory.mktemp("town")))


async def play_all(folder: Path) -> dict[str, BaseException | None]:
    """Have all scenes at once, and people who press anything among them; return what went wrong in each."""
    async with a_town(folder) as (town, modems), town.serving(modems), people(town):
        numbers = {name: NUMBERS.get(name, f"136{at:08}") for at, name in enumerate(SCENES)}
        scenes = [take(play, town, modems, numbers[name]) for name, play in SCENES.items()]
        ends = await asyncio.gather(*scenes, *(wanders(town, seed) for seed in range(3)), return_exceptions=True)
        ends.append(await after_all(town))
    names = [*SCENES, "wanderer 0", "wanderer 1", "wanderer 2", "after all"]
    return dict(zip(names, ends, strict=True))


async def take(play: Scene, town: Town, modems: Modems, number: str) -> None:
    async with phone() as mine, calling(mine, town, number) as caller:
        await play(caller, town, modems, number)


async def after_all(town: Town) -> BaseException | None:
    """Look what all these calls left behind."""
    try:
        async with phone() as mine:
            await zero_keys(mine, town)
        errors = [line for line in town.log.splitlines() if '"ERROR"' in line and "register phones" not in line]
        assert not errors
        assert "Traceback" not in town.log
    except AssertionError as err:
        return err
    return None


async def zero_keys(mine: Phone, town: Town) -> None:
    async with calling(mine, town, "13500000000") as caller:
        await caller.presses(f"2{LIFT}#")
        await caller.hears(LIFT_VERDICT)


@pytest.mark.parametrize("name", [*SCENES, "wanderer 0", "wanderer 1", "wanderer 2", "after all"])
def test_scene(played: dict[str, BaseException | None], name: str) -> None:
    if error := played[name]:
        raise error

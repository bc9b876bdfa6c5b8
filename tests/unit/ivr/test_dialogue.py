"""What a caller hears, on the real desk: codes and lifts as they are keyed, missing sounds, a slow desk, many calls."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from gateway.domain.errors import StoreDown
from gateway.ivr import speaking, walk
from gateway.ivr.ports import Keyed, KeysEnd, SoundMissing, Way
from gateway.ivr.prompts import ONE_MOMENT
from gateway.ports import Admission, Unit
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.phones import SqlBadges
from tests.builders.calls import (
    CODE,
    FIRST,
    LANDLINE,
    LICENCE,
    PIN,
    STATION_PHONE,
    Exchange,
    ScriptedCall,
    SpokenSounds,
    count_of,
    texts,
)
from tests.builders.messages import CODES, liquor_code, melon_code
from tests.builders.store import DoubtfulLedger, states
from tests.builders.town import LIFT, seal

# -- codes ----------------------------------------------------------------------------------------


async def test_unknown_is_not_said_to_be_false_and_is_not_read_back(exchange: Exchange) -> None:
    call = await exchange.caller(f"1{CODES.issue(1, 1, 10**9)}#")
    assert "未查到该编码。尾号" in call.said
    assert "您输入的是" not in call.said


async def test_a_mistyped_code_is_read_back_in_groups_and_asked_again(exchange: Exchange) -> None:
    wrong = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)
    call = await exchange.caller(f"1{wrong}~{CODE}")
    heard = call.heard[call.heard.index("编码有误，") :]
    assert heard[2] == "您输入的是，"
    assert [len(group) for group in heard[3:7]] == [4, 4, 4, 4]
    assert FIRST in call.said


async def test_three_mistyped_codes_lead_to_the_operators(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller("1" + "1111111111111111~" * 3)
    assert call.went == (Way.QUEUE, "")
    assert call.said.count("编码有误，") == 3
    assert call.heard[-1] == "抱歉，没有收到有效的按键，正在为您转接人工。"


@pytest.mark.parametrize(
    "keys",
    [
        "123*" + CODE,  # what stands before the star is cleared, the rest is asked for
        CODE[:15] + "*" + CODE,
        "*" + CODE,
        CODE + "#",
    ],
)
async def test_a_star_clears_what_stands_before_it(exchange: Exchange, keys: str) -> None:
    assert FIRST in (await exchange.caller("1" + keys)).said


async def test_guesses_that_are_taken_back_are_not_free_for_long(exchange: Exchange, ledger: SqlLedger) -> None:
    guesses = [CODES.issue(1, 1, 10**9 + at) for at in range(4)]
    call = await exchange.caller("1" + "*".join(guesses))
    assert "未查到该编码。" in call.said
    assert await states(ledger) == {"answered": 1}


async def test_zero_alone_at_the_code_is_the_operator(exchange: Exchange) -> None:
    assert (await exchange.caller("10~")).went == (Way.QUEUE, "")


async def test_after_an_answer_it_is_repeated_uncounted(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}1~~~")
    assert call.said.count(FIRST) == 2
    assert await count_of(ledger, CODE) == 1


async def test_no_sms_goes_to_a_landline_or_past_its_limit(exchange: Exchange, ledger: SqlLedger) -> None:
    assert "短信不能发到您的号码" in (await exchange.caller(f"1{CODE}2", LANDLINE)).said
    exchange.texts.admission = Admission(allowed=False)
    assert "短信不能发到您的号码" in (await exchange.caller(f"1{CODE}2")).said
    assert await texts(ledger) == []


async def test_another_code_and_the_operator(exchange: Exchange) -> None:
    call = await exchange.caller(f"1{CODE}3{melon_code(1)}0")
    assert "该产品可追溯" in call.said
    assert call.went == (Way.QUEUE, "")


# -- sounds that are missing ----------------------------------------------------------------------


async def test_details_without_a_sound_go_by_sms(exchange: Exchange, ledger: SqlLedger) -> None:
    known = await exchange.caller(f"1{CODE}")
    detail = known.heard[known.heard.index(FIRST) + 2]
    exchange.speech.silent = {detail}
    call = await exchange.caller(f"1{liquor_code(2)}")
    assert FIRST in call.said
    assert detail not in call.said
    assert "详情稍后短信发送。重听请按一。" in call.said
    assert len(await texts(ledger)) == 1


async def test_a_landline_hears_the_answer_without_that_detail(exchange: Exchange) -> None:
    known = await exchange.caller(f"1{CODE}")
    exchange.speech.silent = {known.heard[known.heard.index(FIRST) + 2]}
    call = await exchange.caller(f"1{liquor_code(2)}", LANDLINE)
    assert "详情稍后" not in call.said
    assert FIRST in call.said


async def test_a_sound_that_is_made_in_time_is_heard(exchange: Exchange) -> None:
    exchange.speech.slow = {FIRST}
    assert FIRST in (await exchange.caller(f"1{CODE}")).said


async def test_a_verdict_without_a_sound_goes_by_sms_and_is_said_to(exchange: Exchange, ledger: SqlLedger) -> None:
    exchange.speech.silent = {FIRST}
    call = await exchange.caller(f"1{CODE}")
    assert "结果稍后用短信发给您，请查收。" in call.said
    assert await states(ledger) == {"replying": 1}
    assert len(await texts(ledger)) == 1


async def test_a_verdict_that_can_neither_be_said_nor_sent_leads_to_a_person(exchange: Exchange) -> None:
    exchange.speech.silent = {FIRST}
    call = await exchange.caller(f"1{CODE}", LANDLINE)
    assert call.went == (Way.QUEUE, "")
    assert call.heard[-1] == "抱歉，结果暂时无法播报，正在为您转接人工。"


async def test_a_sound_that_the_switch_lacks_is_left_out(exchange: Exchange) -> None:
    call = await exchange.ring(ScriptedCall(f"1{CODE}", missing=["查电梯，请按二。"]))
    assert FIRST in call.said
    lacking = await exchange.ring(ScriptedCall(f"1{liquor_code(2)}", LANDLINE, missing=[FIRST]))
    assert lacking.went == (Way.QUEUE, "")


class Broken(ScriptedCall):
    """A call whose switch finds out at its place that a sound is broken."""

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        at = next((at for at, sound in enumerate(sounds) if sound in self._broken), None)
        if at is None:
            return await super().play(sounds, keys)
        if key := await super().play(sounds[:at], keys):
            return key
        raise SoundMissing(sounds[at], at)

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        if not self._broken & set(sounds):
            return await super().collect(sounds, most, first=first, between=between)
        return Keyed(await self.play(sounds, "0123456789*#"), KeysEnd.FULL)

    def __init__(self, script: str, *broken: str) -> None:
        super().__init__(script)
        self._broken = set(broken)


async def test_what_was_heard_before_a_broken_sound_is_not_said_again(exchange: Exchange) -> None:
    call = await exchange.ring(Broken("", "查电梯，请按二。", "投诉举报，请按三。"))
    welcome = call.said[: call.said.index("抱歉，没有收到您的按键。")]
    assert welcome.count("您好，这里是放心一百查询热线。") == 1
    assert welcome.endswith("查商品或气瓶，请按一。人工服务，请按零。")


async def test_a_number_of_which_a_part_is_missing_is_not_said_at_all(exchange: Exchange) -> None:
    known = await exchange.caller("3#")
    number = known.heard[known.heard.index("您的投诉已受理，编号是") + 1 :][:2]
    assert "".join(number) == "零零零零零零零幺"
    call = await exchange.ring(ScriptedCall("3#", missing=["零零零二"]))
    assert "您的投诉已受理，编号是手机用户将收到短信。" in call.said


async def test_an_engine_that_fails_leaves_what_there_is(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(_speech: SpokenSounds, _clauses: object, *, within: float, urgent: bool = True) -> None:
        raise RuntimeError("the engine is gone")

    monkeypatch.setattr(SpokenSounds, "make", dies)
    exchange.speech.silent = {"查电梯，请按二。"}
    assert FIRST in (await exchange.caller(f"1{CODE}")).said


async def test_a_slow_answer_is_not_waited_for_in_silence(
    exchange: Exchange, doubtful: DoubtfulLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = asyncio.Event()
    run = doubtful.real.run

    async def slow(work: Callable[[Unit], object]) -> object:
        await said.wait()
        return await run(work)

    class Waiting(ScriptedCall):
        async def play(self, sounds: Sequence[str], keys: str = "") -> str:
            if ONE_MOMENT in sounds:
                said.set()
            return await super().play(sounds, keys)

    monkeypatch.setattr(speaking, "QUIET", 0.01)
    monkeypatch.setattr(doubtful, "run", slow)
    call = await exchange.ring(Waiting(f"1{CODE}"))
    assert f"输错请按星号键。{ONE_MOMENT}{FIRST}" in call.said


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize("keys", [f"1{CODE}2", "3"], ids=["a text", "a ticket"])
async def test_nor_is_what_he_wished_for(
    exchange: Exchange,
    doubtful: DoubtfulLedger,
    archive: SqlArchive,
    ledger: SqlLedger,
    monkeypatch: pytest.MonkeyPatch,
    keys: str,
    *,
    hangs_up: bool,
) -> None:
    slow: DoubtfulLedger | SqlArchive = doubtful if keys == "3" else archive
    does = doubtful.run if keys == "3" else archive.act
    asked, said = asyncio.Event(), asyncio.Event()

    async def slowly(work: Callable[[Any], object]) -> object:
        asked.set()
        await said.wait()
        return await does(work)

    class Waiting(ScriptedCall):
        async def play(self, sounds: Sequence[str], keys: str = "") -> str:
            if ONE_MOMENT in sounds and asked.is_set():
                said.set()
                if hangs_up:
                    self._hang_up()
            return await super().play(sounds, keys)

    monkeypatch.setattr(speaking, "QUIET", 0.01)
    monkeypatch.setattr(slow, does.__name__, slowly)
    await exchange.ring(Waiting(keys))
    assert said.is_set()
    assert len(await texts(ledger)) == 1


async def test_who_hangs_up_while_he_waits_is_texted(
    exchange: Exchange, doubtful: DoubtfulLedger, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = asyncio.Event()
    run = doubtful.real.run

    async def slow(work: Callable[[Unit], object]) -> object:
        await gone.wait()
        return await run(work)

    class Leaving(ScriptedCall):
        async def play(self, sounds: Sequence[str], keys: str = "") -> str:
            if ONE_MOMENT in sounds:
                gone.set()
                self._hang_up()
            return await super().play(sounds, keys)

    monkeypatch.setattr(speaking, "QUIET", 0.01)
    monkeypatch.setattr(doubtful, "run", slow)
    await exchange.ring(Leaving(f"1{CODE}"))
    assert len(await texts(ledger)) == 1


async def test_a_database_that_hangs_is_said_to_be_away(
    exchange: Exchange, doubtful: DoubtfulLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_work: Callable[[Unit], object]) -> object:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(speaking, "QUIET", 0.01)
    monkeypatch.setattr(walk, "ANSWER_WITHIN", 0.05)
    monkeypatch.setattr(doubtful, "run", hangs)
    assert "系统繁忙，暂时无法查询，请稍后再试。" in (await exchange.caller(f"1{CODE}")).said


# -- lifts ----------------------------------------------------------------------------------------


async def test_a_lift_is_answered_when_nothing_follows_its_number(exchange: Exchange) -> None:
    call = await exchange.caller(f"2{LIFT}~~~")
    assert "电梯状况正常。" in call.said
    assert [most for most, _, _ in call.waits[:4]] == [1, 1, 5, 1]
    assert call.waits[3][1] == 2.0


async def test_a_hash_ends_a_lifts_number_at_once(exchange: Exchange) -> None:
    call = await exchange.caller(f"2{LIFT}#9")
    assert call.went == (Way.NUMBER, "04730000000")


@pytest.mark.parametrize(
    "keys",
    [
        LIFT + "9~",  # once a menu's key
        LIFT + "0~",
        LIFT + "1234567890~",  # sixteen, which nobody issued
        LIFT + "12345678901234~",
        LIFT + "123456789012345678",  # as many as a number may have
        LIFT + "12#",
    ],
)
async def test_more_keys_than_a_lifts_number_has_are_no_lift(exchange: Exchange, ledger: SqlLedger, keys: str) -> None:
    call = await exchange.caller(f"2{keys}")
    assert "电梯编号有误，" in call.said
    assert "电梯状况" not in call.said
    assert call.went == (Way.QUEUE, "")
    assert await states(ledger) == {"answered": 1}


async def test_the_same_lift_may_be_keyed_after_a_star(exchange: Exchange) -> None:
    call = await exchange.caller(f"2{LIFT}*{LIFT}~")
    assert "电梯状况正常。" in call.said
    assert call.said.count("电梯状况正常。") == 1


async def test_a_code_keyed_for_a_lift_is_answered_as_the_code_it_is(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"2{CODE}9")
    assert FIRST in call.said
    assert "电梯状况" not in call.said
    assert await count_of(ledger, CODE) == 1
    assert call.went == (Way.QUEUE_FIRST, "")


async def test_a_longer_number_in_an_emergency_rings_no_lift(exchange: Exchange) -> None:
    call = await exchange.caller(f"9{LIFT}1234567890~")
    assert call.went == (Way.QUEUE_FIRST, "")
    assert (await exchange.caller(f"9{CODE}")).went == (Way.QUEUE_FIRST, "")


async def test_whoever_is_trapped_waits_a_second_at_most_behind_a_lifts_number(exchange: Exchange) -> None:
    call = await exchange.caller(f"9{LIFT}~")
    assert call.went == (Way.NUMBER, "04730000000")
    assert call.waits[-1] == (1, 1.0, 5.0)


async def test_nine_in_the_menu_asks_for_the_lift_once(exchange: Exchange) -> None:
    assert (await exchange.caller(f"9{LIFT}")).went == (Way.NUMBER, "04730000000")
    silent = await exchange.caller("9~")
    assert silent.went == (Way.QUEUE_FIRST, "")
    assert silent.said.count("请输入轿厢内的电梯编号。") == 1
    assert silent.waits[-1][1] == 5.0
    assert (await exchange.caller("9888888")).went == (Way.QUEUE_FIRST, "")


async def test_nine_alone_at_the_lift_prompt_is_trapped_after_two_seconds(exchange: Exchange) -> None:
    call = await exchange.caller(f"29~{LIFT}")
    assert call.went == (Way.NUMBER, "04730000000")
    assert call.waits[2] == (5, 2.0, 5.0)


async def test_nine_is_a_digit_within_a_number(exchange: Exchange) -> None:
    call = await exchange.caller("2912345~~~")
    assert "未查到该电梯，无法确认。" in call.said
    assert call.went == (Way.HANG_UP, "")


async def test_a_lift_answered_before_is_connected_while_the_database_is_away(
    exchange: Exchange, archive: SqlArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_work: Callable[[SqlBooks], object]) -> object:
        raise ConnectionError("gone")

    monkeypatch.setattr(archive, "act", away)
    assert (await exchange.caller(f"2{LIFT}#9")).went == (Way.NUMBER, "04730000000")
    assert (await exchange.caller(f"9{LIFT}")).went == (Way.QUEUE_FIRST, "")


async def test_nobody_who_is_trapped_waits_for_a_database_that_hangs(
    exchange: Exchange, archive: SqlArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = asyncio.Event()

    async def hanging(_work: Callable[[SqlBooks], object]) -> object:
        waiting = asyncio.ensure_future(back.wait())
        while not waiting.done():  # as a thread in the database's driver, which no cancellation reaches
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(waiting)
        raise StoreDown("locked")

    monkeypatch.setattr(archive, "act", hanging)
    monkeypatch.setattr(walk, "ALERT_WITHIN", 0.05)
    try:
        async with asyncio.timeout(5):
            assert (await exchange.caller(f"9{LIFT}")).went == (Way.QUEUE_FIRST, "")
    finally:
        back.set()
    async with asyncio.timeout(5):
        while exchange.dialogue.hotline.asking:  # noqa: ASYNC110 - nothing of it is left behind, which rings no bell
            await asyncio.sleep(0)


# -- stations -------------------------------------------------------------------------------------


async def test_keys_pressed_while_a_pin_is_checked_belong_to_the_code(exchange: Exchange) -> None:
    typed = seal(0)
    call = ScriptedCall(f"{LICENCE}{PIN}{typed[3:]}~", STATION_PHONE, meanwhile=f"#{typed[:3]}")
    assert "可以充装" in (await exchange.ring(call, "station")).said
    assert "请输入编码。" not in call.said[: call.said.index("可以充装")]


async def test_behind_a_whole_code_the_prompt_is_said(exchange: Exchange) -> None:
    call = ScriptedCall(f"{LICENCE}{PIN}~", STATION_PHONE, meanwhile=seal(0))
    assert "可以充装" in (await exchange.ring(call, "station")).said


async def test_keys_behind_a_wrong_pin_are_no_other_pin(exchange: Exchange) -> None:
    call = ScriptedCall(f"{LICENCE}000000{PIN}{seal(0)}", STATION_PHONE, meanwhile="688001")
    said = (await exchange.ring(call, "station")).said
    assert said.count("密码不符。") == 1
    assert "可以充装" in said


async def test_who_hangs_up_while_his_pin_is_checked_leaves_nothing_behind(exchange: Exchange) -> None:
    call = await exchange.ring(ScriptedCall(f"{LICENCE}{PIN}", STATION_PHONE, meanwhile="1!"), "station")
    assert call.went is None
    assert exchange.dialogue.hotline.running == ()


async def test_a_pin_that_takes_long_is_not_checked_in_silence(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = asyncio.Event()
    check = SqlBadges.check

    async def slow(badges: SqlBadges, querier: bytes, pin: str, now: datetime) -> object:
        await said.wait()
        return await check(badges, querier, pin, now)

    class Waiting(ScriptedCall):
        async def play(self, sounds: Sequence[str], keys: str = "") -> str:
            if ONE_MOMENT in sounds:
                said.set()
            return await super().play(sounds, keys)

    monkeypatch.setattr(speaking, "QUIET", 0.01)
    monkeypatch.setattr(SqlBadges, "check", slow)
    call = await exchange.ring(Waiting(f"{LICENCE}{PIN}{seal(0)}", STATION_PHONE), "station")
    assert "可以充装" in call.said


# -- complaints -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "way"), [("0", Way.QUEUE), ("9", Way.QUEUE_FIRST)])
@pytest.mark.parametrize("when", ["while it is explained", "while it is recorded"])
async def test_nine_and_zero_lead_out_of_a_complaint_that_is_kept(
    exchange: Exchange, ledger: SqlLedger, key: str, way: Way, when: str
) -> None:
    class Explained(ScriptedCall):
        async def play(self, sounds: Sequence[str], keys: str = "") -> str:
            return await super().play(sounds, keys if when == "while it is explained" else "")

    call = await exchange.ring(Explained(f"3{key}"))
    assert call.went == (way, "")
    assert len(call.recorded) == (when == "while it is recorded")
    assert len(await texts(ledger)) == 1  # it has its number


# -- many calls -----------------------------------------------------------------------------------


async def test_the_ways_out_are_counted(exchange: Exchange) -> None:
    await exchange.caller(f"17{CODE}!")
    await exchange.caller("~~~")
    events = exchange.meter.events
    assert events["ivr_steps", "hotline", "main", "1"] == 1
    assert events["ivr_steps", "hotline", "main", "silence"] == 3
    assert events["ivr_steps", "hotline", "main", "failed"] == 1
    assert exchange.dialogue.hotline.tally["hotline", "unheard", "queue"] == 1


async def test_an_unknown_flow_goes_to_the_operators(exchange: Exchange) -> None:
    assert (await exchange.caller("", flow="nothing")).went == (Way.QUEUE, "")

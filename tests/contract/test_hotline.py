"""What a caller hears, on the real desk and a real database: every verdict, every way out, and what is kept of it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from gateway.domain.address import Address
from gateway.domain.outcome import Refused
from gateway.ivr import runner, speaking
from gateway.ivr.ports import HangUp, Way
from gateway.ivr.prompts import ONE_MOMENT
from gateway.jobs.alerts import Alarm
from gateway.pipeline.live import LiveDesk
from gateway.ports import Admission, Unit
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.housekeeping import tidy
from gateway.store.tables import alerts, answers, inquiries, labels, messages, records, tickets, undelivered
from tests.builders.calls import (
    LANDLINE,
    LICENCE,
    PIN,
    STATION_PHONE,
    Exchange,
    ScriptedCall,
    SpokenSounds,
    an_exchange,
    staff,
)
from tests.builders.messages import CITIZEN, CODES, NEIGHBOUR, liquor_code, melon_code
from tests.builders.pipeline import Bench, ScriptedLine
from tests.builders.store import DoubtfulLedger, rows, states
from tests.builders.town import LIFT, build, seal

CODE = liquor_code(1)
FIRST = "首次查询，是正品。"
WITHHELD = Address("")


@pytest.fixture
def doubtful(ledger: SqlLedger) -> DoubtfulLedger:
    return DoubtfulLedger(ledger)


@pytest.fixture
async def exchange(
    url: str, ledger: SqlLedger, doubtful: DoubtfulLedger, archive: SqlArchive
) -> AsyncIterator[Exchange]:
    def town(books: SqlBooks) -> None:
        build(books)
        staff(books)

    await archive.act(town)
    async with an_exchange(url, doubtful, archive) as made:
        yield made


async def texts(ledger: SqlLedger) -> list[str]:
    return [row["text"] for row in await rows(ledger, select(messages.c.text).order_by(messages.c.created_at))]


async def count_of(ledger: SqlLedger, code: str) -> int:
    return sum(row["query_count"] for row in await rows(ledger, select(labels).where(labels.c.code == code)))


async def owed(ledger: SqlLedger) -> int:
    return len(await rows(ledger, select(undelivered)))


# -- codes -----------------------------------------------------------------------------------------


async def test_a_code_is_answered_verdict_first_then_its_last_four(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}~~~")
    assert call.said.startswith("您好，这里是放心一百查询热线。")
    assert call.since("按井号键结束").startswith("按井号键结束。输错请按星号键。" + FIRST + "编码尾号")
    assert [most for most, _, _ in call.waits[:2]] == [1, 16]  # at sixteen digits it is done at once
    assert call.went == (Way.HANG_UP, "")
    assert await count_of(ledger, CODE) == 1
    assert await states(ledger) == {"answered": 1}
    assert await owed(ledger) == 0


async def test_the_row_of_a_call_names_channel_and_account(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller(f"1{CODE}")
    [row] = await rows(ledger, select(inquiries))
    assert (row["channel"], row["account"], row["sender_shown"]) == ("voice", "hotline", "139****0001")


async def test_who_asked_before_hears_so_and_another_is_warned(exchange: Exchange) -> None:
    await exchange.caller(f"1{CODE}")
    assert "您已查过此码，结果为正品。" in (await exchange.caller(f"1{CODE}")).said
    assert "警惕，该防伪码不是首次查询。" in (await exchange.caller(f"1{CODE}", NEIGHBOUR)).said


async def test_a_withheld_number_is_always_another(exchange: Exchange) -> None:
    assert FIRST in (await exchange.caller(f"1{CODE}", WITHHELD)).said
    assert "警惕" in (await exchange.caller(f"1{CODE}", WITHHELD)).said


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
    assert call.heard[-1] == "抱歉，没有听清您的选择，正在为您转接人工。"


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


async def test_zero_alone_at_the_code_is_the_operator(exchange: Exchange) -> None:
    assert (await exchange.caller("10~")).went == (Way.QUEUE, "")


async def test_after_an_answer_it_is_repeated_uncounted(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}1~~~")
    assert call.said.count(FIRST) == 2
    assert await count_of(ledger, CODE) == 1


async def test_after_an_answer_it_is_sent_as_it_was(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}2~~~")
    assert "短信已发出，请查收。" in call.said
    [text] = await texts(ledger)
    assert "首次查询" in text
    assert exchange.posts
    assert await states(ledger) == {"answered": 1}


async def test_no_sms_goes_to_a_landline_or_past_its_limit(exchange: Exchange, ledger: SqlLedger) -> None:
    assert "短信不能发到您的号码" in (await exchange.caller(f"1{CODE}2", LANDLINE)).said
    exchange.texts.admission = Admission(allowed=False)
    assert "短信不能发到您的号码" in (await exchange.caller(f"1{CODE}2")).said
    assert await texts(ledger) == []


async def test_another_code_and_the_operator(exchange: Exchange) -> None:
    call = await exchange.caller(f"1{CODE}3{melon_code(1)}0")
    assert "该产品可追溯" in call.said
    assert call.went == (Way.QUEUE, "")


# -- what was not heard ----------------------------------------------------------------------------


async def test_a_call_dropped_before_its_verdict_is_answered_by_sms(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}!")
    assert FIRST not in call.said
    [text] = await texts(ledger)
    assert "首次查询" in text
    assert await states(ledger) == {"replying": 1}  # the text settles it
    assert await owed(ledger) == 0


async def test_that_sms_leaves_and_settles_the_question(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller(f"1{CODE}!")
    bench = await Bench(ledger).start()
    assert "首次查询" in bench.line.texts[0]
    assert await states(ledger) == {"answered": 1}
    assert "您已查过此码" in (await exchange.caller(f"1{CODE}")).said


async def test_an_sms_that_is_refused_leaves_the_answer_owed(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller(f"1{CODE}!")
    line = ScriptedLine()
    line.script = [Refused("no such number")]
    await Bench(ledger, line).start()
    assert await states(ledger) == {"refused": 1}
    assert FIRST in (await exchange.caller(f"1{CODE}")).said
    assert await count_of(ledger, CODE) == 1


@pytest.mark.parametrize("how", [HangUp.SWITCH, HangUp.LIMIT, HangUp.SHUTDOWN])
async def test_however_it_ends_who_heard_nothing_is_texted(exchange: Exchange, ledger: SqlLedger, how: HangUp) -> None:
    await exchange.ring(ScriptedCall(f"1{CODE}!", how=how))
    assert len(await texts(ledger)) == 1


async def test_who_cannot_be_texted_hears_the_same_again_uncounted(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller(f"1{CODE}!", LANDLINE)
    assert await states(ledger) == {"expired": 1}
    assert await owed(ledger) == 1
    assert FIRST in (await exchange.caller(f"1{CODE}", LANDLINE)).said
    assert await count_of(ledger, CODE) == 1
    assert await owed(ledger) == 0
    assert "您已查过此码" in (await exchange.caller(f"1{CODE}", LANDLINE)).said


async def test_after_a_day_it_is_another_question(exchange: Exchange) -> None:
    await exchange.caller(f"1{CODE}!", LANDLINE)
    exchange.clock.at += timedelta(hours=25)
    assert "您已查过此码" in (await exchange.caller(f"1{CODE}", LANDLINE)).said


async def test_a_withheld_call_that_drops_owes_nobody(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller(f"1{CODE}!", WITHHELD)
    assert await owed(ledger) == 0
    assert await texts(ledger) == []


async def test_zero_cuts_a_verdict_short_and_the_answer_follows(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}0")
    assert call.went == (Way.QUEUE, "")
    assert len(await texts(ledger)) == 1


# -- sounds that are missing -----------------------------------------------------------------------


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
    assert "结果已用短信发给您，请查收。" in call.said
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
    monkeypatch.setattr(runner, "ANSWER_WITHIN", 0.05)
    monkeypatch.setattr(doubtful, "run", hangs)
    assert "系统繁忙，暂时无法查询，请稍后再试。" in (await exchange.caller(f"1{CODE}")).said


# -- lifts -----------------------------------------------------------------------------------------


async def test_a_lift_is_answered_at_its_last_digit(exchange: Exchange) -> None:
    call = await exchange.caller(f"2{LIFT}~~~")
    assert "电梯状况正常。" in call.said
    assert [most for most, _, _ in call.waits[:3]] == [1, 1, 5]


async def test_nine_after_a_lifts_answer_connects_and_alerts(
    exchange: Exchange, ledger: SqlLedger, archive: SqlArchive
) -> None:
    call = await exchange.caller(f"2{LIFT}9")
    assert call.went == (Way.NUMBER, "04730000000")
    [alert] = await rows(ledger, select(alerts))
    assert (alert["kind"], alert["record_id"]) == ("trapped", f"lift/{LIFT}")
    alarm = Alarm(exchange.letters, [timedelta(minutes=3)])
    assert await archive.act(lambda books: alarm.sound(books, exchange.clock.now())) == 1
    assert "012345" in (await texts(ledger))[-1]
    [lift] = await rows(ledger, select(records.c.body).where(records.c.id == f"lift/{LIFT}"))
    assert json.loads(lift["body"]).get("state", "normal") == "normal"  # anybody can press a key


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
    assert (await exchange.caller(f"2{LIFT}9")).went == (Way.NUMBER, "04730000000")
    assert (await exchange.caller(f"9{LIFT}")).went == (Way.QUEUE_FIRST, "")


# -- complaints ------------------------------------------------------------------------------------


async def test_a_complaint_has_its_ticket_before_its_recording(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller("3#")
    [ticket] = await rows(ledger, select(tickets))
    assert call.recorded == [ticket["recording"]]
    assert "您的投诉已受理，编号是零零零零零零零幺" in call.said
    [text] = await texts(ledger)
    assert ticket["number"] in text


async def test_a_complaint_is_kept_though_its_caller_hangs_up(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller("3!", LANDLINE)
    [ticket] = await rows(ledger, select(tickets))
    assert ticket["recording"]
    assert await states(ledger) == {"answered": 1}


async def test_after_a_month_a_ticket_names_no_recording(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller("3#")
    kept = timedelta(days=184)
    for days, named in ((29, True), (31, False)):
        at = exchange.clock.at + timedelta(days=days)
        await ledger.database.transact(partial(tidy, now=at, keep_messages=kept))
        [ticket] = await rows(ledger, select(tickets))
        assert bool(ticket["recording"]) is named


async def test_a_complaint_names_no_code_that_was_not_asked_for(exchange: Exchange, ledger: SqlLedger) -> None:
    await exchange.caller("3#")
    [ticket] = await rows(ledger, select(tickets))
    assert ticket["codes"] == []


# -- limits and a database that is away ------------------------------------------------------------


async def test_past_the_limit_nine_and_zero_still_work(url: str, ledger: SqlLedger, archive: SqlArchive) -> None:
    await archive.act(build)
    limits = {"codes_per_hour": 1, "codes_per_day": 1}
    async with an_exchange(url, ledger, archive, limits) as exchange:
        await exchange.caller(f"1{CODE}")
        call = await exchange.caller(f"1{melon_code(2)}9{LIFT}")
        assert "您的查询次数已达上限，请稍后再试。" in call.said
        assert call.went == (Way.NUMBER, "04730000000")
        assert (await exchange.caller(f"1{melon_code(2)}0")).went == (Way.QUEUE, "")
        assert "该产品可追溯" in (await exchange.caller(f"1{melon_code(2)}", NEIGHBOUR)).said
    assert await states(ledger) == {"answered": 2}  # what the limits refuse is not stored


async def test_a_database_that_is_away_is_said_at_once(exchange: Exchange, doubtful: DoubtfulLedger) -> None:
    doubtful.lose_before = 1
    call = await exchange.caller(f"1{CODE}3{CODE}")
    assert "系统繁忙，暂时无法查询，请稍后再试。" in call.said
    assert "未查到" not in call.said
    assert "假冒" not in call.said
    assert FIRST in call.said  # nothing had been counted


async def test_a_commit_that_nobody_heard_of_is_not_counted_twice(
    exchange: Exchange, doubtful: DoubtfulLedger, ledger: SqlLedger
) -> None:
    doubtful.lose_after = 1
    assert "系统繁忙" in (await exchange.caller(f"1{CODE}")).said
    assert FIRST in (await exchange.caller(f"1{CODE}")).said
    assert await count_of(ledger, CODE) == 1


async def test_what_was_heard_and_could_not_be_noted_is_said_again(
    exchange: Exchange, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_desk: LiveDesk, _inquiry: object) -> None:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(LiveDesk, "heard", away)
        assert FIRST in (await exchange.caller(f"1{CODE}")).said
    assert FIRST in (await exchange.caller(f"1{CODE}")).said
    assert await count_of(ledger, CODE) == 1


# -- stations --------------------------------------------------------------------------------------


async def test_a_station_hears_of_one_cylinder_after_the_other(exchange: Exchange, ledger: SqlLedger) -> None:
    keys = f"{LICENCE}{PIN}{seal(0)}{CODES.issue(6, 1, 10**9)}~~~"
    call = await exchange.caller(keys, STATION_PHONE, "station")
    heard = call.since("请输入编码。")
    assert heard.startswith(("请输入编码。可以充装。尾号", "请输入编码。禁止充装。原因"))
    assert heard.count("禁止充装。") >= 1
    found = await rows(ledger, select(answers.c.verdict))
    assert {row["verdict"] for row in found} <= {"FILL_ALLOWED", "FILL_DENIED"}
    assert len(found) == 2


async def test_a_wrong_pin_a_strange_phone_and_another_station_hear_the_same(exchange: Exchange) -> None:
    for keys, caller in (
        (f"{LICENCE}000000", STATION_PHONE),
        (f"{LICENCE}{PIN}", CITIZEN),
        (f"9999{PIN}", STATION_PHONE),
    ):
        assert "密码不符。请输入密码。" in (await exchange.caller(keys + "~~~", caller, "station")).said


async def test_five_wrong_pins_lock_the_phone(exchange: Exchange) -> None:
    await exchange.caller(LICENCE + "000000" * 3, STATION_PHONE, "station")
    call = await exchange.caller(LICENCE + "000000" * 2, STATION_PHONE, "station")
    assert "密码已锁定" in call.said
    assert "密码已锁定" in (await exchange.caller(LICENCE + PIN, STATION_PHONE, "station")).said


async def test_a_pin_is_neither_logged_nor_stored(
    exchange: Exchange, ledger: SqlLedger, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await exchange.caller(f"{LICENCE}{PIN}{seal(0)}", STATION_PHONE, "station")
    logged = " ".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name[:7] == "gateway"
    )
    assert PIN not in logged
    assert "13800000007" not in logged
    assert all(PIN not in row["text"] for row in await rows(ledger, select(inquiries.c.text)))


# -- many calls ------------------------------------------------------------------------------------


async def test_a_second_call_of_the_same_number_hears_so(exchange: Exchange) -> None:
    second: list[ScriptedCall] = []

    class Meanwhile(ScriptedCall):
        async def record(self, name: str, *, longest: float, silence: float) -> float:
            second.append(await exchange.caller("0"))
            return await super().record(name, longest=longest, silence=silence)

    await exchange.ring(Meanwhile("3#"))
    assert "您的号码正在通话中" in second[0].said
    assert second[0].went == (Way.QUEUE, "")
    assert exchange.dialogue.hotline.calls == 0


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

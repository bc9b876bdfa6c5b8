"""What is kept of a call, on SQLite and on PostgreSQL: counts, what was heard, tickets, alerts, PINs."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from gateway.domain.outcome import Refused
from gateway.ivr.ports import HangUp, Way
from gateway.jobs.alerts import Alarm
from gateway.pipeline.live import LiveDesk
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.housekeeping import tidy
from gateway.store.tables import alerts, answers, inquiries, records, tickets
from tests.builders.calls import (
    CODE,
    FIRST,
    LANDLINE,
    LICENCE,
    PIN,
    STATION_PHONE,
    WITHHELD,
    Exchange,
    ScriptedCall,
    an_exchange,
    count_of,
    owed,
    texts,
    with_staff,
)
from tests.builders.messages import CITIZEN, CODES, NEIGHBOUR, melon_code
from tests.builders.pipeline import Bench, ScriptedLine
from tests.builders.store import DoubtfulLedger, rows, states
from tests.builders.town import LIFT, build, seal


@pytest.fixture
def doubtful(ledger: SqlLedger) -> DoubtfulLedger:
    return DoubtfulLedger(ledger)


@pytest.fixture
async def exchange(
    url: str, ledger: SqlLedger, doubtful: DoubtfulLedger, archive: SqlArchive
) -> AsyncIterator[Exchange]:
    await archive.act(with_staff)
    async with an_exchange(url, doubtful, archive) as made:
        yield made


# -- codes ----------------------------------------------------------------------------------------


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


async def test_after_an_answer_it_is_sent_as_it_was(exchange: Exchange, ledger: SqlLedger) -> None:
    call = await exchange.caller(f"1{CODE}2~~~")
    assert "短信稍后送达，请查收。" in call.said
    [text] = await texts(ledger)
    assert "首次查询" in text
    assert exchange.posts
    assert await states(ledger) == {"answered": 1}


# -- what was not heard ---------------------------------------------------------------------------


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


# -- lifts ----------------------------------------------------------------------------------------


async def test_nine_after_a_lifts_answer_connects_and_alerts(
    exchange: Exchange, ledger: SqlLedger, archive: SqlArchive
) -> None:
    call = await exchange.caller(f"2{LIFT}#9")
    assert call.went == (Way.NUMBER, "04730000000")
    [alert] = await rows(ledger, select(alerts))
    assert (alert["kind"], alert["record_id"]) == ("trapped", f"lift/{LIFT}")
    alarm = Alarm(exchange.letters, [timedelta(minutes=3)])
    assert await archive.act(lambda books: alarm.sound(books, exchange.clock.now())) == 1
    assert "012345" in (await texts(ledger))[-1]
    [lift] = await rows(ledger, select(records.c.body).where(records.c.id == f"lift/{LIFT}"))
    assert json.loads(lift["body"]).get("state", "normal") == "normal"  # anybody can press a key


# -- complaints -----------------------------------------------------------------------------------


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


# -- limits and a database that is away -----------------------------------------------------------


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


async def test_past_the_limit_of_codes_a_complaint_is_still_taken(
    url: str, ledger: SqlLedger, archive: SqlArchive
) -> None:
    limits = {"codes_per_hour": 2, "codes_per_day": 2, "misses_in_a_row": 1}
    async with an_exchange(url, ledger, archive, limits) as exchange:
        await exchange.caller(f"1{CODES.issue(9, 1, 7)}~")  # a fake: from now on he is not answered
        assert "您的查询次数已达上限" in (await exchange.caller(f"1{CODE}")).said
        for _ in range(2):
            assert "您的投诉已受理" in (await exchange.caller("3#")).said
        call = await exchange.caller("3#")
        assert "您的投诉已受理" not in call.said  # nor may he fill the disk
        assert "您的投诉次数已达上限。" in call.said
        assert call.went == (Way.QUEUE, "")
    assert len(await rows(ledger, select(tickets))) == 2


async def test_a_database_that_is_away_is_said_at_once(exchange: Exchange, doubtful: DoubtfulLedger) -> None:
    doubtful.lose_before = 1
    call = await exchange.caller(f"1{CODE}3{CODE}")
    assert "系统繁忙，暂时无法查询，请稍后再试。" in call.said
    assert "未查到" not in call.said
    assert "假冒" not in call.said
    assert FIRST in call.said  # nothing had been counted


async def test_trying_a_lift_again_is_trying_a_lift(exchange: Exchange, doubtful: DoubtfulLedger) -> None:
    doubtful.lose_before = 1
    again = (await exchange.caller(f"2{LIFT}#3{LIFT}#")).since("再试一次请按三。")
    assert "电梯状况正常。" in again
    assert "请输入标签上的编码" not in again


async def test_a_complaint_that_cannot_be_stored_goes_to_a_person(exchange: Exchange, doubtful: DoubtfulLedger) -> None:
    doubtful.lose_before = 1
    call = await exchange.caller("3")
    assert call.went == (Way.QUEUE, "")
    assert call.recorded == []
    assert "受理" not in call.said


@pytest.mark.parametrize("keys", [f"1{CODE}9", "19~", "3#9", f"1{LIFT}#9"])
async def test_nine_is_trapped_wherever_it_can_mean_nothing_else(exchange: Exchange, keys: str) -> None:
    call = await exchange.caller(keys + LIFT)
    assert call.went == (Way.NUMBER, "04730000000")


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


# -- stations -------------------------------------------------------------------------------------


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
        (f"{LICENCE[-1]}#{PIN}", STATION_PHONE),
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

"""What citizens read, in the words we ship, through a real ledger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gateway.domain.code import EXAMPLE
from gateway.domain.trace import LabelRange, LabelState, RepeatPolicy
from gateway.store.engine import SqlLedger
from gateway.store.load import Loader
from tests.builders.city import shipped_renderer
from tests.builders.messages import CODES, NOW, VAULT, a_part, liquor_code
from tests.builders.pipeline import Bench
from tests.builders.store import sqlite_url, stocked
from tests.builders.traces import a_label


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with stocked(sqlite_url(tmp_path)) as made:
        yield made


@pytest.fixture
async def bench(ledger: SqlLedger) -> Bench:
    return await Bench(ledger, renderer=shipped_renderer()).start()


async def told(bench: Bench, text: str) -> str:
    """Send a text and return the reply's, its segments put together."""
    before = len(bench.line.texts)
    await bench.bring(a_part(text))
    return "".join(bench.line.texts[before:])


async def test_who_sends_our_example_is_told_that_it_is_one(bench: Bench) -> None:
    text = await told(bench, f"CX{EXAMPLE}")
    assert "未查到编码1688****8904" in text
    assert "示例" in text
    assert len(text) <= 70


async def test_an_answer_quoted_before_the_code_is_not_asked_about(bench: Bench) -> None:
    quoted = await told(bench, f"编码有误（应为16位数字），请核对后重发，例：CX {EXAMPLE}。\n{liquor_code(5)}")
    assert "是正品" in quoted
    assert "假冒" not in quoted


async def test_who_is_trapped_is_told_what_to_do_each_time(bench: Bench) -> None:
    for text in ("我被困在电梯里了", "被困了", "电梯里有人被困！救命"):
        assert "应急按钮" in await told(bench, text)
    assert await told(bench, "你好")  # and has not used up the day's help


async def test_a_danger_in_a_report_is_answered_beside_its_ticket(bench: Bench) -> None:
    text = await told(bench, "投诉！电梯012399困人")
    assert "应急按钮" in text
    assert "举报已受理" in text


async def test_who_asks_for_a_person_gets_a_number_to_call_once_a_day(bench: Bench) -> None:
    assert "400-6422-365" in await told(bench, "转人工")
    assert await told(bench, "人工服务") == ""


async def test_a_test_label_on_a_bottle_says_that_it_proves_nothing(ledger: SqlLedger, bench: Bench) -> None:
    def bind(connection: Connection) -> None:
        label = a_label(LabelState.ACTIVE, RepeatPolicy.COVERT)
        Loader(connection, VAULT, CODES, NOW).ranges([LabelRange(9, 1, 0, 9, label, "liquor", "A0312")])

    await ledger.database.transact(bind)
    assert "测试标签，不作凭证" in await told(bench, CODES.issue(9, 1, 5))
    assert "测试" not in await told(bench, liquor_code(5))


async def test_a_mistyped_lift_is_not_asked_for_sixteen_digits(bench: Bench) -> None:
    assert "16" not in await told(bench, "DT01234")
    assert "应为16位数字" in await told(bench, f"CX{liquor_code(5)[:-2]}")

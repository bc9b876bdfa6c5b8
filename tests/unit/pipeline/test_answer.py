"""What citizens read, in the words we ship, through a real ledger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.domain.code import EXAMPLE
from gateway.store.engine import SqlLedger
from tests.builders.city import shipped_renderer
from tests.builders.messages import a_part, liquor_code
from tests.builders.pipeline import Bench
from tests.builders.store import sqlite_url, stocked


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

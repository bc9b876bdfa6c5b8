"""A first query is first once: four processes on one database ask for the same codes at the same time."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.builders.messages import liquor_code
from tests.builders.store import sqlite_url, stocked
from tests.peers.counting import QUERIES

PROCESSES = 4


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = sqlite_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("quick_postgres_url"))
    async with stocked(made):
        pass
    return made


async def counted_by(url: str, codes: list[str]) -> dict[str, list[int]]:
    """Let all processes ask for all codes, `QUERIES` times each; return every count that anybody was given."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.peers.counting", url, f"process {number}", *codes, stdin=PIPE, stdout=PIPE
        )
        for number in range(PROCESSES)
    ]
    try:
        async with asyncio.timeout(90):
            for process in processes:
                assert await _line(process) == "ready"
            for process in processes:
                assert process.stdin
                process.stdin.write(b"go\n")
            results = [json.loads(await _line(process)) for process in processes]
            assert [await process.wait() for process in processes] == [0] * PROCESSES
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.communicate()
    return {code: sorted(count for result in results for count in result[code]) for code in codes}


async def _line(process: Process) -> str:
    assert process.stdout
    return (await process.stdout.readline()).decode().strip()


async def test_a_thousand_first_queries_of_one_code_are_numbered_one_by_one(url: str) -> None:
    code = liquor_code(1)
    counts = await counted_by(url, [code])
    assert counts == {code: list(range(1, PROCESSES * QUERIES + 1))}


async def test_many_codes_in_any_order_lock_nobody_out(url: str) -> None:
    codes = [liquor_code(number) for number in range(12)]
    counts = await counted_by(url, codes)
    assert counts == {code: list(range(1, PROCESSES * QUERIES + 1)) for code in codes}

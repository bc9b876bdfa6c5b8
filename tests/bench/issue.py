"""A million codes issued by the command, as an operator does it: key, ledger, file."""

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from typing import Final

from ffx import FF1
from sqlalchemy import Connection, func, select

from gateway.store.tables import label_issues, label_ranges, labels
from tests.bench.figures import Figure
from tests.builders.labels import equip
from tests.peers.site import Site, a_site

CODES: Final = 1_000_000
GOAL: Final = 15.0  # seconds, on two cores
SAMPLE: Final = 100_000  # numbers that libffx encrypts alone, for comparison


async def measure() -> list[Figure]:
    """Return the time, the processor time and the rows that a million codes take."""
    return await asyncio.to_thread(_measured)


def _measured() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        site = a_site(folder, f"sqlite:///{folder}/gateway.db")
        site.keys.make_missing()
        site.run("db", "upgrade").check_returncode()
        site.file_in(equip)
        before, begun, cpu = _rows(site), time.perf_counter(), _cpu()
        out = folder / "codes.txt"
        ordered = ("--class", "1", "--count", str(CODES), "--party", "hetao", "--out", out)
        site.run("codes", "issue", *ordered).check_returncode()
        seconds, cpu = time.perf_counter() - begun, _cpu() - cpu
        with out.open("rb") as file:
            written = sum(1 for _ in file)
        rows = _rows(site) - before
    row = f"issue, {CODES:,} codes"
    return [
        Figure(row, "the whole command", seconds, "s", GOAL, lower=True, baseline=_alone(), against="libffx alone"),
        Figure(row, "processor time, all processes", cpu, "s"),
        Figure(row, "lines written", written, "", CODES),
        Figure(row, "rows added", rows, "", 4, lower=True),
    ]


def _alone() -> float:
    """Return the seconds in which libffx encrypts as many numbers, in one process."""
    cipher = FF1(b"k" * 16, radix=10)
    begun = time.perf_counter()
    for number in range(SAMPLE):
        cipher.encrypt(f"{number:013}", tweak=b"11")
    return (time.perf_counter() - begun) * CODES / SAMPLE


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rows(site: Site) -> int:
    counts: list[int] = []

    def work(connection: Connection) -> None:
        for table in (label_issues, label_ranges, labels):
            counts.append(connection.execute(select(func.count()).select_from(table)).scalar_one())

    site.transact(work)
    return sum(counts)

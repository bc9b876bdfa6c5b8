"""A gateway to be killed: `python -m tests.peers.answering URL FOLDER FIRST LAST AHEAD`.

It takes in the questions FIRST to LAST-1 that are not acknowledged yet, on two lines of one submission at a time, and
answers them, on a clock that is AHEAD seconds ahead. What it acknowledges and what it sends is written down in FOLDER,
on disk before anything else happens: `acknowledged` holds the questions, `wire` a segment and its recipient a line.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from gateway.domain.address import Address
from gateway.domain.errors import StoreDown
from gateway.domain.message import Submission
from gateway.domain.outcome import Accepted, Outcome
from gateway.ports import Deliver
from tests.builders.messages import a_citizen, a_part, liquor_code
from tests.builders.pipeline import serving
from tests.builders.store import a_ledger

AT_ONCE = 8  # questions that wait for their acknowledgement at the same time
ON_THE_AIR = 0.003  # seconds a segment takes


class ClockAhead:
    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class Diary:
    """A file of lines, each on disk before `write` returns."""

    def __init__(self, path: Path) -> None:
        self.lines = path.read_text().splitlines() if path.exists() else []
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())
        os.fsync(self._file)


class RecordingLine:
    """`ports.Channel` to citizens who never complain."""

    kind = "recording"
    window = 1
    daily_limit = None
    ready = True

    def __init__(self, account: str, asked: list[int], acknowledged: Diary, wire: Diary) -> None:
        self.account = account
        self._asked = asked
        self._acknowledged = acknowledged
        self._wire = wire
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def reaches(self, recipient: Address) -> bool:
        return True

    async def run(self, deliver: Deliver) -> NoReturn:
        async with asyncio.TaskGroup() as tasks:
            for number in self._asked:
                await self._at_once.acquire()
                tasks.create_task(self._bring(number, deliver))
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    async def _bring(self, number: int, deliver: Deliver) -> None:
        part = a_part(
            liquor_code(number),
            sender=a_citizen(number),
            key=str(number).encode(),
            account=self.account,
            channel=self.kind,
            at=datetime.now(UTC),
        )
        while True:
            try:
                await deliver(part)
            except StoreDown:
                continue
            break
        self._acknowledged.write(str(number))
        self._at_once.release()

    async def send(self, submission: Submission) -> Outcome:
        self._wire.write(f"{submission.segment} {submission.recipient.number}")
        await asyncio.sleep(ON_THE_AIR)
        return Accepted(str(submission.segment))


async def main(url: str, folder: Path, first: int, last: int, ahead: float) -> None:
    acknowledged, wire = Diary(folder / "acknowledged"), Diary(folder / "wire")
    known = {int(line) for line in acknowledged.lines if line}
    ledger = await a_ledger(url)
    lines = []
    for at, account in enumerate(("one", "two")):
        asked = [number for number in range(first, last) if number % 2 == at and number not in known]
        lines.append(RecordingLine(account, asked, acknowledged, wire))
    async with serving(ledger, *lines, clock=ClockAhead(ahead)):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))

"""A process that counts first queries: `python -m tests.peers.counting URL NAME CODE…`, until told by stdin to go.

Each of its queries asks for all codes, in an order of its own, in one transaction; it prints the counts it got for
each code, as JSON.
"""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime

from gateway.domain.trace import Standing
from gateway.ports import Count, Unit
from tests.builders.store import a_ledger

QUERIES = 250


async def main(url: str, name: str, codes: list[str]) -> None:
    ledger = await a_ledger(url)
    chance = random.Random(name)

    async def ask(number: int) -> dict[str, int]:
        order = chance.sample(codes, k=len(codes))
        queries = [Count(code, f"{name} {number}".encode(), datetime.now(UTC)) for code in order]

        def work(unit: Unit) -> list[Standing]:
            return unit.traces.count(queries)

        standings = await ledger.run(work)
        return {query.code: standing.count for query, standing in zip(queries, standings, strict=True)}

    await ledger.run(lambda unit: unit.traces.find([]))  # connected before the start
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    got = await asyncio.gather(*(ask(number) for number in range(QUERIES)))
    print(json.dumps({code: sorted(one[code] for one in got) for code in codes}), flush=True)
    await ledger.database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))

"""The benchmarks: `python -m tests.bench`, or a choice of rows: `python -m tests.bench modems kill`.

Each row prints itself when it is done; all of them stand in `.cache/bench/results.md` and `results.json` at the end.
Two cores, nothing else running; the whole takes about eight minutes.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from gateway.cli import running
from tests.bench import (
    console,
    hotline,
    idle,
    imports,
    issue,
    kill,
    lookup,
    modems,
    nodes,
    permits,
    pipeline,
    radio,
    unplug,
)
from tests.bench.figures import Figure, table
from tests.peers.children import adopt_orphans, children, end

RESULTS: Final = Path(__file__).parents[2] / ".cache" / "bench"

ROWS: Final[Mapping[str, Callable[[], Awaitable[list[Figure]]]]] = {
    "idle": idle.measure,
    "pipeline": pipeline.measure,
    "modems": modems.measure,
    "permits": permits.measure,
    "lookup": lookup.measure,
    "hotline": hotline.measure,
    "issue": issue.measure,
    "imports": imports.measure,
    "unplug": unplug.measure,
    "kill": kill.measure,
    "radio": radio.measure,
    "console": console.measure,
    "nodes": nodes.measure,
}


async def run(chosen: list[str]) -> list[Figure]:
    """Measure the chosen rows, one after the other, and print each."""
    figures: list[Figure] = []
    for name in chosen:
        begun = time.monotonic()
        found = await ROWS[name]()
        figures += found
        print(f"\n{name}: {time.monotonic() - begun:.0f} s\n{table(found)}", flush=True)
    return figures


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; default: all")
    chosen = parser.parse_args().rows or list(ROWS)
    for name in chosen:
        if name not in ROWS:
            parser.error(f"no row is called {name!r}; there are {', '.join(ROWS)}")
    adopt_orphans()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f} before", flush=True)
    try:
        figures = running.run(run(chosen))  # as the commands do
    finally:
        for child in children():
            end(child)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "results.md").write_text(f"{machine}\n\n{table(figures)}\n", "utf-8")
    written = {"machine": machine, "figures": [figure.plain() for figure in figures]}
    (RESULTS / "results.json").write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"\n{RESULTS / 'results.md'} and results.json")


if __name__ == "__main__":
    main()

"""`python -m gateway.emulators.modem`: emulated modems in a process of their own.

Prints one line of JSON once they can be opened, and ends on SIGTERM, SIGINT or with the process that started it.
"""

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from gateway.emulators.modem.control import control_socket
from gateway.emulators.modem.network import Timing, emulated_network
from gateway.emulators.modem.phone import Identity

_PARENT_CHECK = 0.5  # seconds between two looks at whether the parent still lives


async def run(arguments: argparse.Namespace) -> None:
    """Run the modems until told to stop."""
    parent = os.getppid()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    folder: Path = arguments.dir
    control: Path = arguments.control or folder / "modems.sock"
    timing = Timing(arguments.latency, arguments.jitter, arguments.receipt_delay, arguments.seed)
    identity = Identity(pin=arguments.pin, sim_slots=arguments.slots)
    async with (
        emulated_network(folder, arguments.count, identity=identity, timing=timing) as network,
        control_socket(network, control),
    ):
        modems = [{"port": str(modem.port), "number": modem.number} for modem in network.modems]
        print(json.dumps({"modems": modems, "control": str(control), "pid": os.getpid()}), flush=True)
        while not stop.is_set() and os.getppid() == parent:
            try:
                async with asyncio.timeout(_PARENT_CHECK):
                    await stop.wait()
            except TimeoutError:
                continue


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m gateway.emulators.modem", description=__doc__)
    parser.add_argument("--count", type=int, default=2, help="how many modems (default 2)")
    parser.add_argument("--dir", type=Path, required=True, help="existing folder for the links ttyEMU0, ttyEMU1, …")
    parser.add_argument("--control", type=Path, help="the control socket (default DIR/modems.sock)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from a PDU to its +CMGS")
    parser.add_argument("--jitter", type=float, default=0.0, help="the latency varies by so many seconds either way")
    parser.add_argument("--receipt-delay", type=float, default=0.0, help="seconds from a +CMGS to its receipt")
    parser.add_argument("--seed", type=int, default=0, help="of the jitter")
    parser.add_argument("--pin", help="the SIMs' PIN")
    parser.add_argument("--slots", type=int, default=50, help="messages a SIM can hold")
    return parser


if __name__ == "__main__":
    asyncio.run(run(arguments().parse_args()))

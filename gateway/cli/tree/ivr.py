"""The hotline's flows: check, draw, walk."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, group

ivr = group("ivr", "The hotline's flows: check them, draw them, walk them in the terminal.")

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="a file's name in ivr_flows/ without .yaml")]


@ivr.command()
def check(config: ConfigFile = None) -> None:
    """Check all flows; print each fault with file, line and reason; exit 1 if there is one."""
    from gateway.cli.ivr import check as run

    run(config)


@ivr.command()
def graph(
    flow: FlowName,
    out: Annotated[Path, typer.Option("-o", "--out", dir_okay=False, help="the picture, .svg")],
    config: ConfigFile = None,
) -> None:
    """Draw a flow."""
    from gateway.cli.ivr import graph as run

    run(flow, out, config)


@ivr.command("try")
def try_(
    flow: FlowName,
    sender: Annotated[str, typer.Option("--from", help="who calls; empty: a withheld number")] = "13900000000",
    config: ConfigFile = None,
) -> None:
    """Walk a flow: keys are typed, an empty line is silence, the end of the input hangs up. Nothing is kept."""
    from gateway.cli.ivr import walk as run

    run(flow, sender, config)

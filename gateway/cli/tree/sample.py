"""A city to try things out with."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, group

sample = group("sample", "A small city, all names invented, to try things out with.")


@sample.command()
def load(
    config: ConfigFile = None,
    seed: Annotated[int, typer.Option(help="the same seed on the same day makes the same city")] = 1,
    add: Annotated[bool, typer.Option("--add", help="also into a database that has records already")] = False,
    phones: Annotated[
        bool, typer.Option("--phones", help="register its phones, too: they get alerts and reminders by SMS")
    ] = False,
) -> None:
    """Load the city: 2,000 cylinders, 300 lifts, 150 vehicles, 50 batches of goods, 20,000 labels."""
    from gateway.cli.sample import load as run

    run(config, seed, add=add, phones=phones)

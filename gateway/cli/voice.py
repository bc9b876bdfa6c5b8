"""`gateway voice`: the speech engine and its clips."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway import settings as config
from gateway.cli.running import run
from gateway.domain.errors import GatewayError
from gateway.interchange.sample import load
from gateway.ivr.prompts import prompts
from gateway.ivr.shelf import Shelf
from gateway.render.lines import Lines, listed_words
from gateway.text import spoken
from gateway.voice import rendering
from gateway.voice.blocks import blocks
from gateway.voice.engines import NoEngine, kokoro
from gateway.voice.engines.opening import opened, wanted
from gateway.voice.library import RATE, SHIPPED, WIDTH, Library, write_clip
from gateway.voice.normalise import normalise
from gateway.voice.prompts import NAMED, OPERATOR, RESCUE
from gateway.voice.settings import VoiceSettings

# Shipped clips are all of one voice, whatever the operator's settings say.
OURS: Final = VoiceSettings()

# Fields of records whose values answers say by name (sms_templates/**/*.voice.j2).
SPOKEN_NAMES: Final = frozenset(
    {"address", "body", "cooperative", "cut", "farm", "inspection_body", "maker", "name"}
    | {"origin", "owner", "product", "reason", "shop", "station", "suspended_for"}
)


def sentences() -> rendering.Wanted:
    """Return all that is shipped: of the shipped flows and templates, with the default settings."""
    service = config.ServiceSettings()
    flows = Shelf([config.shipped("ivr_flows")], service.lift_digits).flows
    lines = Lines([config.shipped("sms_templates")], service.values)
    said = (*chain.from_iterable(map(prompts, flows.values())), *lines.fixed(), *lines.fragments(), *listed_words())
    return rendering.Wanted(
        kokoro.ident(OURS.voice, OURS.speed), (*said, *blocks(), OPERATOR, RESCUE, *city_names()), NAMED
    )


def city_names() -> list[str]:
    """Return the names that answers of the sample city have in them: the demo speaks without an engine too."""
    city = load(config.shipped("config") / "sample", date(2026, 1, 1))  # of whatever day: its names are the same
    found = chain.from_iterable(_names(msgspec.to_builtins(filed.record)) for filed in city.records)
    labels = [one.label for one in city.ranges] + [one.label for one in city.singles]
    countersigns = (label.countersign or "" for label in labels)
    return [name for one in dict.fromkeys((*found, *countersigns)) if (name := spoken.name(one)) and name.isalpha()]


def _names(record: dict[str, Any]) -> Iterator[str]:
    for field, value in record.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _names(one)
            elif isinstance(one, str) and field in SPOKEN_NAMES:
                yield one


def render(file: Path | None, into: Path | None, *, check: bool, prune: bool) -> None:
    """Make what is missing, say what is no longer used."""
    library = Library.read(into or SHIPPED)
    asked = sentences()
    state = rendering.state(library, asked)
    for fault in state.faults:
        typer.echo(fault)
    for entry in state.missing if check else ():
        typer.echo(f"missing: {entry.file or entry.spoken}")
    if check:
        _summed_up(library, state)
        raise typer.Exit(0 if state.good else 1)
    if state.faults:
        library = Library(library.folder, tuple(e for e in library.entries if not library.fault(e)))
        state = rendering.state(library, asked)
    if state.missing:
        library = _spoken(file, library, state)
    if prune and state.unused:
        library = rendering.prune(library, state.unused)
    _summed_up(library, rendering.state(library, asked))


def _spoken(file: Path | None, library: Library, state: rendering.State) -> Library:
    settings = OURS.model_copy(
        update={"engine": "kokoro", "dir": _settings(file).dir, "workers": _settings(file).workers}
    )
    wanted(settings)  # says at once what is not installed
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("speaking", total=len(state.missing))
        return run(rendering.render(library, state.missing, settings, lambda _: progress.advance(task)))


def _summed_up(library: Library, state: rendering.State) -> None:
    octets = sum(path.stat().st_size for entry in library.entries if (path := library.path(entry)).is_file())
    typer.echo(f"{len(library.entries)} clips, {octets / 2**20:.1f} MB, {len(state.missing)} missing")
    for entry in state.unused:
        typer.echo(f"no longer said: {entry.file or entry.spoken}")


def say(text: str, out: Path, file: Path | None) -> None:
    """Speak `text` into `out`, with the engine or from shipped pieces."""
    settings = _settings(file)
    said = normalise(text)
    if ident := wanted(settings):
        from gateway.voice.sound import finished

        engine = opened(settings)
        pcm, by = finished(engine.synth(said), engine.rate, said), ident
    else:
        pcm, by = _from_pieces(said), "shipped clips; `gateway voice install` brings an engine"
    try:
        write_clip(out, pcm)
    except OSError as err:
        raise GatewayError(f"{out}: {err.strerror}") from err
    typer.echo(f"{said}\n{out}: {len(pcm) / WIDTH / RATE:.1f} s, by {by}")


def _from_pieces(said: str) -> bytes:
    pcm = Library.read().put_together(said)
    if pcm is None:
        raise NoEngine(
            f"{said!r} cannot be said with the shipped clips; for an engine: pip install 'fangxin-gateway[speech]', "
            "then gateway voice install"
        )
    return pcm


def install(from_: Path | None, file: Path | None) -> None:
    """Put the model together."""
    from gateway.voice.install import install as put_together

    settings = _settings(file)
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns) as progress:
        task = progress.add_task("")
        put_together(
            settings,
            from_,
            lambda what, done, of: progress.update(task, description=what, completed=done, total=of),
        )
    typer.echo(f"{settings.folder}: ready; try `gateway voice say 您好 -o hello.wav`")
    if not wanted(settings.model_copy(update={"engine": "auto"})):
        typer.echo("its packages are not installed yet: pip install 'fangxin-gateway[speech]'")


def _settings(file: Path | None) -> VoiceSettings:
    return config.load(config.settings_file(file)).voice

"""`gateway check`."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
import typer
from sqlalchemy.engine import make_url

from gateway import settings as config
from gateway.domain.errors import BadSettings, TemplateFault
from gateway.ivr.flow import Flow
from gateway.ivr.shelf import Shelf
from gateway.ivr.source import FlowFault
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.store.vault import Keys
from gateway.voice.engines.opening import wanted
from gateway.voice.library import BadClips, Library


def check(file: Path | None) -> None:
    """Print the settings, secrets masked. Raises `BadSettings` or `TemplateFault` naming every fault, of flows too."""
    path = config.settings_file(file)
    settings = config.load(path)
    written: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True)
    for section in ("database", "redis"):
        if url := written[section].get("url"):
            written[section]["url"] = make_url(url).render_as_string(hide_password=True)
    typer.echo(f"# {path}\n{tomli_w.dumps(written)}".rstrip())
    folders = settings.templates.folders
    signature = f"【{settings.service.signature}】"
    faults: list[str] = []
    for renderer in (partial(SmsRenderer, folders, signature), partial(VoiceRenderer, folders)):
        try:
            renderer({})
        except TemplateFault as err:
            faults.append(str(err))
    try:
        flows = _flows(settings)
    except (FlowFault, BadClips) as err:
        faults.append(str(err))
    if faults:
        raise TemplateFault("\n".join(faults))
    typer.echo(f"# keys: {_keys(settings)}", err=True)
    typer.echo(f"# redis: {_redis(settings.redis.url)}", err=True)
    typer.echo(f"# templates in {', '.join(map(str, folders))}: all compile", err=True)
    typer.echo(f"# flows in {', '.join(map(str, settings.ivr.folders))}: {', '.join(sorted(flows))}", err=True)


def _flows(settings: config.Settings) -> Mapping[str, Flow]:
    """Read the flows; where no engine speaks, each of their sentences needs a shipped clip."""
    library = Library.read()
    says = library.says if wanted(settings.voice) is None else None
    return Shelf(settings.ivr.folders, settings.service.lift_digits, says).flows


def _redis(url: str | None) -> str:
    """Return whether it answers; without it the service answers all the same."""
    if url is None:
        return "none, each process counts for itself"
    from gateway.bus.redis import fault  # its driver: only who has a Redis needs it

    reason = asyncio.run(fault(url))
    return f"away, each process counts for itself until it answers: {reason}" if reason else "answers"


def _keys(settings: config.Settings) -> str:
    """Return which keys are there, or what `serve` would refuse to start for: they may be made after this check."""
    try:
        folder = settings.key_folder
        Keys(folder).vault()
        versions = Keys(folder).code_keys()
    except BadSettings as err:
        return str(err)
    return f"all in {folder}, for codes of versions {', '.join(map(str, versions)) or 'none: make codes-v1.key'}"

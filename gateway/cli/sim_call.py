"""`gateway sim call`: rings the running demo as a telephone would, and tells what was heard."""

import asyncio
import json
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from gateway.cli.demo import newest
from gateway.cli.demo_hotline import EXTENSION
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.errors import BadSettings, GatewayError
from gateway.emulators.caller import Call, NotAnswered, phone, transcript
from gateway.emulators.caller.recording import read
from gateway.emulators.caller.transcript import Said
from gateway.voice.library import Library
from gateway.wire.g711 import Samples

PATIENCE: Final = 60.0  # seconds for the demo's switch to come up
LONGEST: Final = 120.0  # seconds until we hang up, whatever is being said
# Keys that lead to a person, who talks on: so many seconds of it are enough to know that he is there.
TO_A_PERSON, WITH_A_PERSON = ("0", "9"), 20.0
OUR_TURN: Final = 1.0  # seconds without a word, after which a caller takes it for his turn
LIFT = 6  # digits
WHOLE = 16  # digits that the gateway knows to be all: no # behind them


def call(code: str, wav: Path | None, sender: str, then: str, state: Path | None) -> None:
    """Ring, key the code, listen; exit 1 when no answer was heard."""
    if not (code.isascii() and code.isdecimal()):
        raise BadSettings(f"{code}: a telephone has digits only; write a code, or a lift's {LIFT} digits")
    if sender and not Address.parse(sender).number.isdecimal():
        raise BadSettings(f"--from {sender}: not a number; write digits, as 13900000002")
    if not all(key in "0123456789*#" for key in then):
        raise BadSettings(f"--then {then}: keys are 0-9, * and #")
    if wav and not wav.resolve().parent.is_dir():
        raise BadSettings(f"--wav {wav}: there is no such folder")
    folder = (state or newest()).resolve()
    if not folder.is_dir():
        raise GatewayError(f"{folder}: there is no such folder; --state takes that of a running demo")
    if not run(_call(code, wav, sender, then, folder)):
        raise typer.Exit(1)


async def _call(code: str, wav: Path | None, sender: str, then: str, folder: Path) -> bool:
    hotline = await _hotline_of(folder)
    sounds = await asyncio.to_thread(_Sounds)
    async with phone() as caller:
        try:
            up = await caller.dial(EXTENSION, ("127.0.0.1", hotline["sip"]), caller=sender)
        except NotAnswered as err:
            typer.echo(f"没有接通：{err}", err=True)
            return False
        asked = await _talk(up, code, then)
        await up.hang_up()
    if wav:
        try:
            up.heard.write(wav)
        except OSError as err:
            raise GatewayError(f"{wav}: {err.strerror}") from err
    said = await asyncio.to_thread(sounds.said, up.heard.samples, Path(hotline["sounds"]) / "zh")
    _show(up, said, sounds.words)
    # The first key of the code silences the prompt: what begins after it is the answer.
    answer = next((one for one in said if one.second >= asked[0]), None)
    if answer is None:
        typer.echo(f"按完编码后什么也没有听到（共 {up.heard.seconds:.1f} 秒）", err=True)
        return False
    typer.echo(f"最后一键到答复的第一个声音：{1000 * max(0.0, answer.second - asked[-1]):.0f} 毫秒")
    return True


async def _talk(up: Call, code: str, then: str) -> list[float]:
    """Key a choice and the code, hear the answer out, and press on; return the seconds of the code's keys."""
    choice = "2" if len(code) == LIFT else "1"
    await up.heard.more(1.0, within=10.0)  # it speaks
    entry = code if len(code) == WHOLE else f"{code}#"
    up.press(f"{choice},,{entry}")
    keys = len(up.sound.pressed) + 1 + len(entry)
    while len(up.sound.pressed) < keys and not up.ended.is_set():
        await up.until(up.now + 0.1)
    asked = [second for _, second in up.sound.pressed[1:]] or [up.now]
    await up.heard.more(0.1, within=10.0)
    for key in then:
        if not await up.quiet(OUR_TURN, within=LONGEST):
            break
        up.press(key)
        await up.heard.more(0.1, within=10.0)
    await up.quiet(OUR_TURN, within=WITH_A_PERSON if then.endswith(TO_A_PERSON) else LONGEST)
    return asked


class _Sounds:
    """What the hotline can say, as the shipped clips have it."""

    def __init__(self) -> None:
        library = Library.read()
        self.words: dict[str, str] = {entry.name: entry.spoken for entry in library.entries}
        self._samples: dict[str, Samples] = {e.name: array("h", library.pcm(e)) for e in library.entries}

    def said(self, recording: Samples, folder: Path) -> list[Said]:
        """Return what is heard, also of the sounds made since; a sound put together takes its words from its pieces."""
        made = {file.stem: read(file) for file in folder.glob("m*.wav") if file.stem not in self._samples}
        found = transcript.said(recording, self._samples | made)
        for whole in found:
            if whole.sound in made:
                pieces = transcript.outermost([one for one in found if whole.holds(one) and one.sound not in made])
                self.words.setdefault(whole.sound, "".join(self.words[one.sound] for one in pieces))
        return transcript.outermost(found)


def _show(up: Call, said: list[Said], words: Mapping[str, str]) -> None:
    keys = [(second, f"  [按 {key}]") for key, second in up.sound.pressed]
    heard = [(one.second, f"{words[one.sound]}{'' if one.whole else '……（被打断）'}") for one in said]
    for second, line in sorted(keys + heard, key=lambda step: step[0]):
        typer.echo(f"{second:6.1f} 秒  {line}")


async def _hotline_of(folder: Path) -> dict[str, Any]:
    """Wait until the demo in `folder` takes calls; return where."""
    told: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    told = json.loads((folder / "demo.json").read_text("utf-8"))["hotline"]
                except (OSError, ValueError, KeyError):
                    told = "starting"
                if isinstance(told, dict):
                    return told
                if told != "starting":
                    break
                await asyncio.sleep(0.2)
    except TimeoutError as err:
        raise GatewayError(f"{folder}: no demo is running there; start one with `gateway demo`") from err
    raise GatewayError(
        f"{folder}: this demo has no hotline: {told or 'it found no Asterisk (PATH, ASTERISK_ROOT)'}; texts work"
    )

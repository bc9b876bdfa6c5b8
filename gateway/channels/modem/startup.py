"""Bring a modem from any state to the one we work in, and choose what it can do."""

import re
from dataclasses import dataclass
from typing import Protocol

from gateway.channels.modem.dialogue import Dialogue, Reset, Silence
from gateway.channels.modem.settings import ModemSettings
from gateway.domain.errors import GatewayError, LinkDown

# A modem that has just been plugged in answers after this many seconds at the latest; then it is opened anew.
_ATTENTION_WITHIN = 20.0

# The SIM holds what came over a change of the modem, hence first; ME is the modem's own memory.
_STORAGES = ("SM", "ME")

# 27.007 §9.2: what only a person can cure. 10 no SIM, 12 PUK, 15 wrong SIM, 16 wrong password.
_FOR_A_PERSON = {10: "no SIM", 12: "SIM asks for its PUK", 15: "wrong SIM", 16: "the PIN was refused"}

# A SIM that was opened properly has this many (31.101 §9.5); with one fewer somebody has erred already.
_ALL_TRIES = 3
_TRIES_LEFT = re.compile(r"SIM PIN\"?, *(\d+)")

_GROUP = re.compile(r"\(([^()]*)\)")
_QUOTED = re.compile(r'"([A-Z]{2})"')


class Held(GatewayError):
    """The modem waits for a person; the text says for what."""


class PinTrial(Protocol):
    """Remembers that a SIM's PIN was tried: a third wrong try locks the SIM."""

    def may_try(self) -> bool:
        """Return True once and note it; afterwards False until `proved`."""
        ...

    @property
    def remedy(self) -> str:
        """Say what a person has to do before it is tried again."""
        ...

    def proved(self) -> None:
        """Note that the PIN is right: it may be used again."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What was chosen: the storages to look through, the one that receives first, and the +CNMI in force."""

    storages: tuple[str, ...]
    notify: str  # "2,1,0,1,0"; empty when the modem offers none and is only polled


async def start(dialogue: Dialogue, settings: ModemSettings, trial: PinTrial) -> Setup:
    """Make the modem ready for PDU mode with stored messages announced.

    Raises `Held` when it waits for a person, `LinkDown` when it does not play along.
    """
    dialogue.mute = False
    within = settings.command_timeout
    try:
        await dialogue.attention(_ATTENTION_WITHIN)
        for command in ("ATE0", "ATV1", "AT+CMEE=1"):
            await dialogue.command(command, within)
        await _unlock(dialogue, settings, trial)
        dialogue.mute = True
        await _must(dialogue, "AT+CMGF=0", within)
        # Phase 2: in phase 2+ each +CDS would have to be acknowledged, or the modem stops routing them (27.005 §3.2.1).
        await dialogue.command("AT+CSMS=0", within)
        storages = await _choose_storages(dialogue, within)
        notify = await _choose_notification(dialogue, within)
        await dialogue.command("AT+CREG=1", within)
    except (Silence, Reset) as stop:
        raise LinkDown(f"while it was set up: {stop}") from stop
    return Setup(storages, notify)


async def _unlock(dialogue: Dialogue, settings: ModemSettings, trial: PinTrial) -> None:
    within = settings.command_timeout
    answer = await dialogue.ask("AT+CPIN?", within)
    state = answer.after("+CPIN:")
    if state == "READY":
        trial.proved()
        return
    if state == "SIM PIN":
        await _enter_pin(dialogue, settings, trial)
        return
    if state is None and answer.final.code in _FOR_A_PERSON:
        raise Held(_FOR_A_PERSON[answer.final.code])
    if state is None:  # the SIM is busy, or the modem still starting
        raise LinkDown(f"AT+CPIN?: {answer.final}")
    raise Held(f"SIM asks for {state}")


async def _enter_pin(dialogue: Dialogue, settings: ModemSettings, trial: PinTrial) -> None:
    if settings.pin is None:
        raise Held(f'SIM asks for its PIN: set `pin` of [[modem]] "{settings.name}"')
    # 27.007 §8.65; modems that do not know the command answer with an error.
    left = _TRIES_LEFT.search(
        (await dialogue.command('AT+CPINR="SIM PIN"', settings.command_timeout)).after("+CPINR:") or ""
    )
    if left and int(left[1]) < _ALL_TRIES:
        raise Held(f"the PIN was refused before, {left[1]} tries are left: enter the right one in a telephone")
    if not trial.may_try():
        raise Held(f"the PIN was refused before: {trial.remedy}")
    answer = await dialogue.command(f'AT+CPIN="{settings.pin.get_secret_value()}"', settings.command_timeout)
    if not answer.ok:
        raise Held(f"the PIN was refused ({answer.final}); it will not be tried again: {trial.remedy}")
    trial.proved()


async def _must(dialogue: Dialogue, command: str, within: float) -> None:
    answer = await dialogue.command(command, within)
    if not answer.ok:
        raise LinkDown(f"{command}: {answer.final}")


async def _choose_storages(dialogue: Dialogue, within: float) -> tuple[str, ...]:
    offered = (await dialogue.ask("AT+CPMS=?", within)).after("+CPMS:")
    storages, receives = choose_storages(offered or "")
    await _must(dialogue, f'AT+CPMS="{receives}","{receives}","{receives}"', within)
    return (receives, *(storage for storage in storages if storage != receives))


async def _choose_notification(dialogue: Dialogue, within: float) -> str:
    offered = (await dialogue.ask("AT+CNMI=?", within)).after("+CNMI:")
    for choice in choose_notifications(offered or ""):
        if (await dialogue.command(f"AT+CNMI={choice}", within)).ok:
            return choice
    return ""


def choose_storages(offered: str) -> tuple[tuple[str, ...], str]:
    """Choose from the answer to AT+CPMS=? the storages to look through, and the one that is to receive."""
    groups = [tuple(_QUOTED.findall(group)) for group in _GROUP.findall(offered)]
    readable = groups[0] if groups else _STORAGES[:1]
    receiving = groups[2] if len(groups) > 2 else readable
    storages = tuple(name for name in _STORAGES if name in readable) or readable[:1] or _STORAGES[:1]
    return storages, next((name for name in storages if name in receiving), storages[0])


def choose_notifications(offered: str) -> tuple[str, ...]:
    """Choose from the answer to AT+CNMI=? what to try, best first.

    <mode> 2 keeps URCs back while the line is busy; <mt> 1 stores and announces; <ds> 1 routes status reports,
    2 stores them; <bfr> 0 hands over what was kept back (27.005 §3.4.1).
    """
    groups = [_numbers(group) for group in _GROUP.findall(offered)]
    if len(groups) < 5:
        return ("2,1,0,1,0", "2,1,0,2,0", "1,1,0,1,0", "2,1,0,0,0")
    mode = next((value for value in (2, 1, 3, 0) if value in groups[0]), 0)
    reports = next((value for value in (1, 2) if value in groups[3]), 0)
    arrivals = 1 if 1 in groups[1] else 0
    buffered = 0 if 0 in groups[4] else min(groups[4], default=0)
    best = f"{mode},{arrivals},0,{reports},{buffered}"
    return (best, f"{mode},{arrivals},0,0,{buffered}")


def _numbers(group: str) -> set[int]:
    """Read `0-2,4`."""
    found: set[int] = set()
    for piece in group.split(","):
        low, _, high = piece.strip().partition("-")
        if low.isdigit():
            found.update(range(int(low), int(high if high.isdigit() else low) + 1))
    return found

"""Builds the hotline: the dialogue (flows, the desk for calls, who walks the one over the other) and its telephone."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from uuid_utils.compat import uuid7

from gateway.channels.asterisk.ami import Account, ControlPlane, SwitchState
from gateway.channels.asterisk.server import AgiServer
from gateway.channels.asterisk.settings import AsteriskSettings
from gateway.channels.asterisk.sounds import OF_THE_SWITCH, RECORDINGS, Sounds
from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.errors import GatewayError
from gateway.ivr.desk import ACCOUNT, CallDesk, CallLimits
from gateway.ivr.flow import Flow
from gateway.ivr.ports import Speech
from gateway.ivr.runner import Hotline, Running
from gateway.ivr.shelf import Shelf
from gateway.jobs import runner
from gateway.jobs.ahead import SpeakingAhead
from gateway.jobs.flows import Tally
from gateway.jobs.post import Letters
from gateway.limiter import shared_limiter
from gateway.pipeline.answer import Desk
from gateway.pipeline.live import LiveDesk
from gateway.ports import Badges, Bus, Clock, Ledger, Limiter, Meter, News
from gateway.render.lines import Lines, listed_words
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.settings import Settings
from gateway.store.books import SqlArchive
from gateway.store.vault import Vault
from gateway.voice.settings import VoiceSettings
from gateway.voice.speech import ClipSpeech, speech

log = logging.getLogger(__name__)

AGAIN: Final = 5.0  # seconds before a hotline that could not begin is tried again
AHEAD_EVERY: Final = 2.0  # seconds between two looks for what may be spoken ahead of the callers
TIDY_EVERY: Final = 3600.0  # seconds between two looks for recordings that are too old


class Dialogue:
    """The hotline without its telephone, from `run` until it is cancelled; `answer` takes a call."""

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger,
        archive: SqlArchive,
        badges: Badges,
        vault: Vault,
        codes: CodeBook,
        renderer: SmsRenderer,
        voice: VoiceRenderer,
        speech: Speech,
        texts: Limiter,
        bus: Bus,
        clock: Clock,
        meter: Meter,
        posted: Callable[[], None],
        has_clip: Callable[[str], bool] | None = None,
    ) -> None:
        """Take what the service has. Raises `FlowFault` where not even the shipped flow can be used.

        `texts`: the limiter of replies by SMS, since what a caller is texted counts there. `has_clip`: whether a fixed
        sentence has its clip; without it nobody looks.
        """
        service, limits = settings.service, settings.limits
        desk = Desk(renderer, codes)
        callers = shared_limiter("callers", limits.on_screen(), bus, vault.mark)
        withheld = shared_limiter("withheld", limits.of_address(), bus, vault.mark)
        self.shelf = Shelf(settings.ivr.folders, service.lift_digits, has_clip, falls_back=True)
        self.live = LiveDesk(ledger, desk, callers, clock, meter, partial(bus.ring, News.ANSWERS))
        self.desk = CallDesk(
            live=self.live,
            desk=desk,
            archive=archive,
            voice=voice,
            badges=badges,
            identities=vault,
            limits=CallLimits(callers, withheld, texts),
            letters=Letters(renderer, Address.parse(service.short_code), uuid7),
            mint=uuid7,
            clock=clock,
            posted=posted,
            lift_digits=service.lift_digits,
        )
        self.voice, self._folders, self._common = voice, settings.templates.folders, service.values
        self.tally = Tally(archive, clock)
        self.hotline = Hotline(self.shelf, self.desk, speech, meter, self.tally.count)
        self.answer = self.hotline.answer

    def fixed(self) -> list[str]:
        """Return the lines of all templates, operators' words among them, that are the same in all answers.

        Those of the flows are spoken when a flow is read. Raises `TemplateFault`.
        """
        published = list(self.voice.templates.published.values())
        return [*Lines(self._folders, self._common, published).fixed(), *listed_words()]

    async def run(self) -> NoReturn:
        """Answer at the desk and look after the flows until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.run(), name="desk for calls")
            tasks.create_task(self.tally.run(), name="counts of calls")
            await self.shelf.run()


# What makes the dialogue, once there are sounds to speak with; `has_clip` as `Dialogue` takes it.
Staging: TypeAlias = Callable[[Speech, Callable[[str], bool]], Dialogue]


class Telephone:
    """The dialogue on the switch, from `run` until it is cancelled. Texts are answered whatever it lacks."""

    account: Final = ACCOUNT

    def __init__(
        self,
        asterisk: AsteriskSettings,
        voice: VoiceSettings,
        staged: Staging,
        clock: Clock,
        forget_before: Callable[[], datetime | None],
    ) -> None:
        """Take the settings, and what makes the dialogue once there are sounds.

        `forget_before`: recordings from before it are deleted; None: that is not known yet.
        """
        self._asterisk, self._voice, self._staged = asterisk, voice, staged
        self._clock, self._forget_before = clock, forget_before
        self._server: AgiServer | None = None
        self._speech: ClipSpeech | None = None
        self._control: ControlPlane | None = None
        self._error = "not begun yet"
        self.dialogue: Dialogue | None = None

    @property
    def calls(self) -> int:
        """Return how many calls are in a dialogue now."""
        return self._server.calls if self._server else 0

    @property
    def switch(self) -> SwitchState:
        """Return what is known of the switch."""
        return self._control.state if self._control else SwitchState(error=self._error)

    @property
    def flows(self) -> Mapping[str, Flow] | None:
        """Return the flows in force; None: it has not begun."""
        return self.dialogue.shelf.flows if self.dialogue else None

    @property
    def running(self) -> tuple[Running, ...]:
        """Return the calls in a dialogue now."""
        return self.dialogue.hotline.running if self.dialogue else ()

    @property
    def speech(self) -> ClipSpeech | None:
        """Return who makes sounds; None: it has not begun."""
        return self._speech

    @property
    def shown(self) -> dict[str, Any]:
        """Return how it stands, as plain values."""
        server = self._server
        taking = server is not None and server.ready.is_set()
        switch = self.switch
        return switch.plain | {
            "kind": "asterisk",
            "ready": taking and switch.up,
            "error": self._error or switch.error,
            "calls": self.calls,
            "ends": dict(server.ends) if server else {},
            "engines": self._speech.engines if self._speech else 0,
            "prepared": self._speech.prepared if self._speech else 0,
            "to_prepare": self._speech.to_prepare if self._speech else 0,
        }

    async def run(self) -> NoReturn:
        """Take calls until cancelled; what cannot begin is said once, and tried again until somebody has mended it."""
        told = ""
        while True:
            try:
                await self._take_calls()
            except* (GatewayError, OSError) as errors:
                self._error = "; ".join(map(str, _singles(errors)))
            if self._error != told:
                log.error("the hotline cannot begin", extra={"reason": self._error})
                told = self._error
            await asyncio.sleep(AGAIN)

    async def _take_calls(self) -> None:
        folder = self._asterisk.sounds_dir
        sounds = Sounds(folder)
        async with AsyncExitStack() as stack:
            stack.callback(self._forget)
            self._speech = speaking = await stack.enter_async_context(speech(self._voice, folder))
            if faults := sounds.faults(OF_THE_SWITCH):
                raise GatewayError("\n".join(faults))
            _make_place(sounds)
            self.dialogue = dialogue = self._staged(speaking, lambda words: _sayable(speaking, words))
            self._server = AgiServer(self._asterisk.agi_address, sounds, dialogue.answer)
            account = self._asterisk
            self._control = stack.enter_context(
                ControlPlane(Account(account.ami_host, account.ami_port, account.ami_user, account.secret()))
            )
            self._error = ""
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(dialogue.run(), name="dialogue")
                    tasks.create_task(self._speak_ahead(dialogue, speaking), name="speaking ahead")
                    tasks.create_task(self._tidy(folder / RECORDINGS), name="recordings")
                    await self._server.run()
            finally:
                await dialogue.tally.end()  # after the last call: it counts too

    def _forget(self) -> None:
        self._server = self._speech = self._control = self.dialogue = None

    async def _speak_ahead(self, dialogue: Dialogue, speaking: ClipSpeech) -> None:
        ahead = SpeakingAhead(dialogue.desk.archive, dialogue.voice, speaking, dialogue.fixed)
        await runner.run([runner.Job("speaking ahead", AHEAD_EVERY, ahead.round)], self._clock)

    async def _tidy(self, recordings: Path) -> NoReturn:
        while True:
            before = self._forget_before()
            try:
                forgotten = await asyncio.to_thread(forget_recordings, recordings, before) if before else 0
            except OSError as err:
                log.warning("old recordings cannot be deleted", extra={"reason": str(err)})
            else:
                if forgotten:
                    log.info("old recordings are deleted", extra={"recordings": forgotten})
            await asyncio.sleep(TIDY_EVERY if before else AGAIN)


def _make_place(sounds: Sounds) -> None:
    try:
        sounds.make_place()
    except OSError as err:
        raise GatewayError(
            f"[asterisk] sounds_dir: {sounds.folder / RECORDINGS}: {err.strerror}; complaints are recorded there"
        ) from err


def _sayable(speaking: ClipSpeech, words: str) -> bool:
    """Return whether a fixed sentence has its clip, or an engine that makes it ahead of the first call."""
    return speaking.sounds([words])[0] is not None or speaking.prepare([words]) > 0


def _singles(errors: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return the single errors of a group of groups."""
    singles: list[BaseException] = []
    for error in errors.exceptions:
        singles += _singles(error) if isinstance(error, BaseExceptionGroup) else [error]
    return singles


def forget_recordings(folder: Path, before: datetime) -> int:
    """Delete the recordings of complaints that are older; return how many. Raises `OSError`."""
    old = [path for path in folder.glob("complaint-*.wav") if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)

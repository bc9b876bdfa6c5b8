"""Builds the dialogue of the hotline: flows, the desk for calls, and who walks the one over the other."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from uuid_utils.compat import uuid7

from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.ivr.desk import CallDesk, CallLimits
from gateway.ivr.ports import Speech
from gateway.ivr.runner import Hotline
from gateway.ivr.shelf import Shelf
from gateway.jobs.post import Letters
from gateway.limiter import InProcessLimiter
from gateway.pipeline.answer import Desk
from gateway.pipeline.live import LiveDesk
from gateway.ports import Badges, Clock, Ledger, Limiter, Meter
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.settings import Settings
from gateway.store.books import SqlArchive
from gateway.store.vault import Vault


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
        clock: Clock,
        meter: Meter,
        posted: Callable[[], None],
        has_clip: Callable[[str], bool] | None = None,
    ) -> None:
        """Take what the service has. Raises `FlowFault` naming every fault of every flow.

        `texts`: the limiter of replies by SMS, since what a caller is texted counts there. `has_clip`: whether a fixed
        sentence has its clip; without it nobody looks.
        """
        service, limits = settings.service, settings.limits
        desk = Desk(renderer, codes)
        callers = InProcessLimiter(limits.on_screen())
        self.shelf = Shelf(settings.ivr.folders, service.lift_digits, has_clip)
        self.live = LiveDesk(ledger, desk, callers, clock, meter)
        self.desk = CallDesk(
            live=self.live,
            desk=desk,
            archive=archive,
            voice=voice,
            badges=badges,
            identities=vault,
            limits=CallLimits(callers, InProcessLimiter(limits.of_address()), texts),
            letters=Letters(renderer, Address.parse(service.short_code), uuid7),
            mint=uuid7,
            clock=clock,
            posted=posted,
            lift_digits=service.lift_digits,
        )
        self.hotline = Hotline(self.shelf, self.desk, speech, meter)
        self.answer = self.hotline.answer

    async def run(self) -> NoReturn:
        """Answer at the desk and look after the flows until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.run(), name="desk for calls")
            await self.shelf.run()


def forget_recordings(folder: Path, before: datetime) -> int:
    """Delete the recordings of complaints that are older; return how many. Raises `OSError`."""
    old = [path for path in folder.glob("complaint-*.wav") if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)

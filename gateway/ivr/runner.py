"""Takes calls and leads each through its flow."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from gateway.ivr.asking import Questions
from gateway.ivr.desk import CallDesk
from gateway.ivr.flow import Flow
from gateway.ivr.ports import CallEnded, Speech, VoiceCall, Way
from gateway.ivr.shelf import Shelf
from gateway.ivr.speaking import Speaker
from gateway.ivr.walk import Running, Walk
from gateway.ports import Meter

log = logging.getLogger(__name__)


class Hotline:
    """Takes calls. Its owner runs the desk behind it.

    How many calls one number may have up is the switch's to count (`[dialogue]` of extensions.conf): it knows them all,
    whichever gateway they are led by, and holds the line also while none is there.
    """

    def __init__(
        self,
        shelf: Shelf,
        desk: CallDesk,
        speech: Speech,
        meter: Meter,
        noted: Callable[[str, str, str], None] = lambda *_: None,
    ) -> None:
        """Take what it leads with; `noted` is told each flow, step and way out that a call took."""
        self._shelf, self._desk, self._speech, self._meter, self._noted = shelf, desk, speech, meter, noted
        self._walks: dict[str, Walk] = {}
        self._questions = Questions()
        self.tally: Counter[tuple[str, str, str]] = Counter()  # flow, step, exit: how often it was left so

    @property
    def running(self) -> tuple[Running, ...]:
        """Return the calls in a dialogue now, the longest first; plain values, which stay as they are."""
        now = asyncio.get_running_loop().time()
        found = (walk.shown(now) for walk in list(self._walks.values()))
        return tuple(sorted(found, key=lambda one: one.lasting, reverse=True))

    async def answer(self, call: VoiceCall, script: str) -> None:
        """Lead the dialogue of a call, from its first word until it goes on elsewhere or is over. Never raises."""
        flow = self._shelf.get(script)
        try:
            if flow is None:
                log.error("no such flow", extra={"call": call.id, "flow": script})
                await call.leave(Way.QUEUE)
                return
            await self._lead(call, flow)
        except CallEnded as err:
            log.info("call ended", extra={"call": call.id, "how": str(err.how)})
        except Exception:  # one call must not end the others; the switch takes one without a last act for failed
            log.exception("a dialogue failed", extra={"call": call.id, "flow": script})

    async def _lead(self, call: VoiceCall, flow: Flow) -> None:
        visit = self._desk.visit(call.caller, call.called)
        try:
            async with asyncio.TaskGroup() as behind:
                speaker = Speaker(call, self._speech)
                walk = Walk(call, flow, visit, speaker, self._questions, behind, self._left)
                self._walks[call.id] = walk
                await walk.run()
        finally:
            self._walks.pop(call.id, None)

    @property
    def asking(self) -> int:
        """Return how many questions the desk has not answered yet."""
        return len(self._questions)

    def _left(self, flow: str, step: str, exit_: str) -> None:
        """Count an exit of a step."""
        self.tally[flow, step, exit_] += 1
        self._noted(flow, step, exit_)
        self._meter.count("ivr_steps", flow=flow, step=step, exit=exit_)


__all__: Final = ["Hotline", "Running"]

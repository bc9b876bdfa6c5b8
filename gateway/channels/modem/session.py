"""One life of the line to one modem: one owner, one command at a time."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from gateway.channels.modem.arrivals import Mailer
from gateway.channels.modem.at import Booted, Echo, Event, Registered, Routed, StorageFull, Stored, Ussd
from gateway.channels.modem.courier import Courier
from gateway.channels.modem.dialogue import Answer, Dialogue, Port, Reset, Silence
from gateway.channels.modem.mailbox import Mailbox
from gateway.channels.modem.pdu import Encoded
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.startup import PinTrial, Setup, start
from gateway.channels.modem.state import Readings, Registration
from gateway.channels.modem.status import Blame, Judgement, judge
from gateway.channels.modem.watch import Watch
from gateway.domain.errors import GatewayError, LinkDown
from gateway.domain.outcome import Accepted, Deferred, Uncertain
from gateway.ports import Clock, Deliver

log = logging.getLogger(__name__)

# A segment that the owner has not begun with by then goes back: the line is busy with something else (seconds).
_BEGIN_WITHIN = 30.0

# What could not be stored, read or deleted is tried again this soon (seconds).
_SWEEP_AGAIN = 2.0


@dataclass(slots=True)
class _Job:
    encoded: Encoded
    done: asyncio.Future[Judgement] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    begun: bool = False

    def settle(self, judgement: Judgement) -> None:
        if not self.done.done():
            self.done.set_result(judgement)

    def give_up(self) -> None:
        if not self.begun:
            self.settle(Judgement(Deferred("the line was busy"), Blame.NOBODY))


@dataclass(frozen=True, slots=True)
class Host:
    """What a session needs of the channel that opened it."""

    deliver: Deliver
    route: Callable[[str], None]  # takes the PDUs that lie in no storage, to keep them
    started: Callable[[], None]  # told each time the modem has been set up
    clock: Clock
    trial: PinTrial


class Session:
    """One opening of a port, used once: `run()` ends with it."""

    def __init__(self, port: Port, settings: ModemSettings, host: Host, readings: Readings) -> None:
        self._settings = settings
        self._host = host
        self._readings = readings
        self._wake = asyncio.Event()
        self._jobs: deque[_Job] = deque()
        self._setup: Setup | None = None  # None: to be set up (again)
        self._dialogue = Dialogue(port, self._heard, self._wake.set)
        mailer = Mailer(settings.name, settings.own_address)
        courier = Courier(settings.name, host.deliver, readings)
        self._mailbox = Mailbox(self._dialogue, settings, mailer, courier, host.clock, self._wake.set)
        self._watch = Watch(self._dialogue, settings, readings, self._lost_settings)
        self._time = asyncio.get_running_loop().time
        self._sweep_at = self._watch_at = self._balance_at = 0.0
        self._anew = False  # it said so since the last setting up began
        self._resting = False
        self._thorough = True  # the next sweep lists also what counts as empty

    @property
    def started(self) -> bool:
        """Return whether the modem is set up and takes texts."""
        return self._setup is not None

    @property
    def idle(self) -> bool:
        """Return whether nothing is under way, waits or is held."""
        waiting = self._jobs or self._dialogue.waiting or self._mailbox.announced or self._mailbox.deletable
        return self._resting and not waiting

    async def run(self) -> GatewayError:
        """Serve the modem until its line is lost or it waits for a person; return why."""
        ended: list[GatewayError] = []
        try:
            # Deliveries under way are cancelled when the line ends: what they bring lies in the modem still.
            async with asyncio.TaskGroup() as deliveries:
                await self._serve(deliveries)
        except* GatewayError as group:
            ended.extend(error for error in group.exceptions if isinstance(error, GatewayError))
        finally:
            self._setup = None
            while self._jobs:
                self._jobs.popleft().settle(Judgement(Deferred("the line went down"), Blame.NOBODY))
        return ended[0]

    async def send(self, encoded: Encoded) -> Judgement:
        """Have one segment sent. Cancelled before its turn, it is forgotten."""
        job = _Job(encoded)
        self._jobs.append(job)
        self._wake.set()
        timer = asyncio.get_running_loop().call_later(_BEGIN_WITHIN, job.give_up)
        try:
            return await job.done
        finally:
            timer.cancel()

    async def _serve(self, deliveries: asyncio.TaskGroup) -> NoReturn:
        while True:
            self._wake.clear()
            self._dialogue.check()
            setup = self._setup or await self._set_up()
            try:
                worked = await self._turn(setup, deliveries)
            except (Silence, Reset) as stop:
                # The next command finds step again, or ends the session.
                log.debug("modem out of step", extra={"modem": self._settings.name, "error": str(stop)})
                self._mailbox.sweep_soon = True
                continue
            if not worked:
                await self._rest()

    async def _set_up(self) -> Setup:
        self._anew = False
        setup = await start(self._dialogue, self._settings, self._host.trial)
        if self._anew:
            raise LinkDown("it started anew while it was set up")
        self._mailbox.reset(setup.storages)
        self._setup = setup
        self._readings.registration = Registration.UNKNOWN  # until it says; what held before may be over
        self._sweep_at = self._watch_at = 0.0
        self._thorough = True
        self._host.started()
        if not setup.notify:
            log.warning("modem announces nothing; it is polled", extra={"modem": self._settings.name})
        return setup

    async def _turn(self, setup: Setup, deliveries: asyncio.TaskGroup) -> bool:
        """Do at most one thing of each kind, so that none keeps another waiting; say whether there was any."""
        worked = False
        for step in self._due(deliveries):
            worked = True
            await step()
            if self._setup is not setup:
                # It has started anew: an index would now be looked for in whatever storage it prefers.
                return True
        return await self._keep_time(setup, deliveries) or worked

    def _due(self, deliveries: asyncio.TaskGroup) -> Iterator[Callable[[], Awaitable[None]]]:
        """Name what is to be done, each when its turn comes."""
        if self._jobs:
            job = self._jobs.popleft()
            yield lambda: self._attempt(job)
        if self._mailbox.deletable:
            yield self._mailbox.delete
        if self._mailbox.announced:
            yield lambda: self._mailbox.fetch(deliveries)
        if self._watch.chores:
            yield self._watch.chores.popleft()

    async def _keep_time(self, setup: Setup, deliveries: asyncio.TaskGroup) -> bool:
        now = self._time()
        if self._mailbox.sweep_soon:
            self._sweep_at = min(self._sweep_at, now + _SWEEP_AGAIN)
            self._mailbox.sweep_soon = False
        if now >= self._sweep_at:
            # Put off first: what fails is tried again later, not at once and without end.
            self._sweep_at = now + self._settings.sweep_interval
            thorough, self._thorough = self._thorough, False
            await self._mailbox.sweep(deliveries, thorough=thorough)
            self._readings.storages = self._mailbox.uses
            return True
        if now >= self._watch_at:
            self._watch_at = now + self._settings.watch_interval
            self._watch.due(setup.notify)
            if now >= self._balance_at and self._settings.balance_ussd:
                self._balance_at = now + self._settings.balance_interval
                self._watch.balance_due()
            return True
        return False

    async def _rest(self) -> None:
        """Wait for something to do."""
        self._resting = True
        try:
            async with asyncio.timeout_at(min(self._sweep_at, self._watch_at)):
                await self._wake.wait()
        except TimeoutError:
            pass  # a sweep or a watch is due
        finally:
            self._resting = False

    async def _attempt(self, job: _Job) -> None:
        """Send one segment: command, prompt and text with nothing in between."""
        if job.done.done():
            return
        job.begun = True
        command = f"AT+CMGS={job.encoded.tpdu_length}"
        judgement = Judgement(Deferred("the line went down"), Blame.NOBODY)
        try:
            refused = await self._dialogue.prompt(command, self._settings.prompt_timeout)
            if refused is not None:
                judgement = judge(refused, left=False)
                return
            judgement = Judgement(Uncertain("the line went down"), Blame.NETWORK)
            answer = await self._dialogue.text(command, job.encoded.pdu_hex, self._settings.submit_timeout)
            judgement = _judge_answer(answer)
        except Reset as reset:
            judgement = Judgement(Deferred(str(reset)), Blame.NOBODY)
            self._lost_settings()
        except Silence as silence:
            left = isinstance(judgement.outcome, Uncertain)
            judgement = Judgement((Uncertain if left else Deferred)(str(silence)), Blame.NETWORK)
        finally:
            job.settle(judgement)

    def _lost_settings(self) -> None:
        if self._setup is not None:
            log.warning("modem has started anew; it is set up again", extra={"modem": self._settings.name})
        self._setup = None
        self._anew = True
        self._wake.set()

    def _heard(self, event: Event) -> None:
        match event:
            case Stored(storage, index):
                self._mailbox.announce(storage, index)
            case Routed(pdu):
                self._host.route(pdu)
                return
            case StorageFull():
                self._sweep_at = 0.0
            case Booted() | Echo():
                self._lost_settings()
            case Registered(stat):
                self._readings.registration = Registration.of(stat)
            case Ussd():
                self._watch.heard(event)
            case _:
                return
        self._wake.set()


def _judge_answer(answer: Answer) -> Judgement:
    if not answer.ok:
        return judge(answer.final)
    # +CMGS: <mr>[,<scts or ackpdu>] (27.005 §3.5.1)
    reference = (answer.after("+CMGS:") or "").partition(",")[0].strip()
    return Judgement(Accepted(reference), Blame.NOBODY)

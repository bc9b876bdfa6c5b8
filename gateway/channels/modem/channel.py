"""One SIM as a channel: keeps the line to its modem up, carries segments out and texts in."""

import asyncio
import logging
import time
from typing import NoReturn

from gateway.channels.modem.arrivals import KIND, Mailer
from gateway.channels.modem.courier import Courier
from gateway.channels.modem.pdu import Encoded, encode
from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.port import SerialPort
from gateway.channels.modem.quarantine import Quarantine
from gateway.channels.modem.routed import RoutedQueue
from gateway.channels.modem.session import Host, Session
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.startup import Held, PinTrial
from gateway.channels.modem.state import LineState, LinkState, Readings
from gateway.domain.address import Address
from gateway.domain.errors import GatewayError, LinkDown
from gateway.domain.message import Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused
from gateway.ports import Clock, Deliver

log = logging.getLogger(__name__)

# Seconds until a lost port is opened again: soon, for a modem that starts anew; never more than the longest,
# so that a replugged one is back within five (DESIGN section 6).
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 1.0

# How often a held modem is looked at again (seconds): the person may have entered the PIN elsewhere.
_HELD_PAUSE = 60.0

# T15: control characters mean nothing in an answer; line ends do. ESC would start an extension character.
_CONTROLS = dict.fromkeys(code for code in range(0x20) if chr(code) not in "\n\r")


class ModemChannel:
    """Implements `ports.Channel` for one GSM modem."""

    def __init__(self, settings: ModemSettings, clock: Clock, trial: PinTrial | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._trial = trial or PinOnce()
        self._mailer = Mailer(settings.name, settings.own_address)
        self._readings = Readings()
        self._quarantine = Quarantine()
        self._session: Session | None = None
        self._link = LinkState.DOWN
        self._since = clock.now()
        self._last_error = ""
        self._told = False  # somebody has been told that the line is down
        self._pause = _FIRST_PAUSE
        self._routed = RoutedQueue(self._mailer, clock)

    @property
    def kind(self) -> str:
        """Return `modem`."""
        return KIND

    @property
    def account(self) -> str:
        """Return the modem's name in the configuration."""
        return self._settings.name

    @property
    def window(self) -> int:
        """Return 1: a modem takes one text after the other."""
        return 1

    @property
    def daily_limit(self) -> int | None:
        """Return how many segments the SIM may send in a day."""
        return self._settings.daily_limit

    @property
    def ready(self) -> bool:
        """Return whether a submission handed over now would be tried now."""
        return self._session is not None and not self._obstacle(self._session)

    @property
    def state(self) -> LineState:
        """Return what is known of the modem now."""
        readings = self._readings
        quarantined = self._link is LinkState.UP and self._quarantine.active(time.monotonic())
        return LineState(
            account=self.account,
            state=LinkState.QUARANTINED if quarantined else self._link,
            since=self._since,
            signal_dbm=readings.signal_dbm,
            registration=readings.registration,
            operator=readings.operator,
            balance=readings.balance,
            storages=readings.storages,
            last_error=self._last_error,
            received=readings.received,
            sent=readings.sent,
            failed=readings.failed,
        )

    def reaches(self, recipient: Address) -> bool:
        """Return whether the number can be dialled: 1 to 20 digits (23.040 §9.1.2.5)."""
        number = recipient.number
        return number.isascii() and number.isdigit() and len(number) <= 20

    async def run(self, deliver: Deliver) -> None:
        """Keep the line up until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_line(deliver), name=f"{self.account} line")
                tasks.create_task(
                    self._routed.run(Courier(self.account, deliver, self._readings)), name=f"{self.account} routed"
                )
        finally:
            self._turn(LinkState.DOWN)

    async def send(self, submission: Submission) -> Outcome:
        """Carry one segment through the modem; one at a time."""
        session = self._session
        obstacle = self._obstacle(session) if session else "no line to the modem"
        if session is None or obstacle:
            return Deferred(obstacle)
        try:
            encoded = _encode(submission)
        except ValueError as error:
            return Refused(str(error))
        judgement = await session.send(encoded)
        if isinstance(judgement.outcome, Accepted):
            self._readings.sent += 1
        else:
            self._readings.failed += 1
            self._last_error = judgement.outcome.reason
        if self._quarantine.note(judgement, time.monotonic()):
            log.warning(
                "modem quarantined: its sends fail",
                extra={"modem": self.account, "error": self._last_error, "link": self._link.value},
            )
        return judgement.outcome

    def _obstacle(self, session: Session) -> str:
        """Say why nothing can be sent now; empty when it can."""
        if not session.started:
            return "the modem is being set up"
        if not self._readings.registration.carries:
            return f"no network: {self._readings.registration}"
        return "the line is in quarantine" if self._quarantine.active(time.monotonic()) else ""

    async def _keep_line(self, deliver: Deliver) -> NoReturn:
        while True:
            try:
                reason = await self._serve(deliver)
            except LinkDown as error:
                reason = error
            except Exception as error:
                # A modem that says what nobody foresaw must not take the others down with it.
                log.exception("modem session failed", extra={"modem": self.account})
                reason = LinkDown(f"session failed: {error!r}")
            self._down(reason)
            if isinstance(reason, Held):
                await asyncio.sleep(_HELD_PAUSE)
            else:
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    async def _serve(self, deliver: Deliver) -> GatewayError:
        port = SerialPort(self._settings.port, self._settings.baudrate)
        try:
            host = Host(deliver, self._routed.add, self._up, self._clock, self._trial)
            self._session = Session(port, self._settings, host, self._readings)
            return await self._session.run()
        finally:
            self._session = None
            port.close()

    def _up(self) -> None:
        self._told = False
        self._pause = _FIRST_PAUSE
        if self._link is not LinkState.UP:
            log.info("modem up", extra={"modem": self.account, "port": str(self._settings.port)})
        self._turn(LinkState.UP)

    def _down(self, reason: GatewayError) -> None:
        held = isinstance(reason, Held)
        self._last_error = str(reason)
        # Once is enough: until it is up again the rest is of interest to nobody but a debugger.
        level = logging.DEBUG if self._told else logging.ERROR if held else logging.WARNING
        log.log(level, "modem held" if held else "modem down", extra={"modem": self.account, "error": str(reason)})
        self._told = True
        self._turn(LinkState.HELD if held else LinkState.DOWN)

    def _turn(self, link: LinkState) -> None:
        if link is not self._link:
            self._link, self._since = link, self._clock.now()


def _encode(submission: Submission) -> Encoded:
    text = submission.text.translate(_CONTROLS)
    return encode(submission.recipient, text, submission.encoding, submission.concat, status_report=True)

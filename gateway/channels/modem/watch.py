"""What is read off a modem now and then: settings, signal, network, balance."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from gateway.channels.modem.at import Ussd
from gateway.channels.modem.dialogue import Dialogue
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import Readings, Registration

Chore: TypeAlias = Callable[[], Awaitable[None]]

# The operator's name changes seldom: read at every so-manieth watch.
_OPERATOR_EVERY = 10

_UCS2_BITS, _CHARSET_BITS = 0x08, 0x0C  # data coding scheme, general groups (23.038 §5)


class Watch:
    """One session's chores, one command each, so that a send can go in between."""

    def __init__(
        self, dialogue: Dialogue, settings: ModemSettings, readings: Readings, on_reset: Callable[[], None]
    ) -> None:
        self.chores: deque[Chore] = deque()
        self._dialogue = dialogue
        self._within = settings.command_timeout
        self._ussd = settings.balance_ussd
        self._readings = readings
        self._on_reset = on_reset
        self._rounds = 0

    def due(self, notify: str) -> None:
        """Queue a round of chores; `notify` is the +CNMI that must be in force."""
        if self.chores:
            return
        if self._rounds % _OPERATOR_EVERY == 0:
            self.chores.append(self._operator)
        self._rounds += 1
        self.chores.extend((self._signal, self._registration, lambda: self._settings(notify)))

    def balance_due(self) -> None:
        """Queue the question for the balance, if its code is configured; no other is ever sent."""
        if self._ussd and self._readings.registration.carries:
            self.chores.append(self._balance)

    def heard(self, ussd: Ussd) -> None:
        """Take the network's answer to the question for the balance."""
        if ussd.text:
            self._readings.balance = plain(ussd)
        if ussd.open:
            self.chores.append(self._hang_up)

    async def _operator(self) -> None:
        await self._dialogue.command("AT+COPS=3,0", self._within)
        answer = (await self._dialogue.ask("AT+COPS?", self._within)).after("+COPS:") or ""
        self._readings.operator = answer.split('"')[1] if answer.count('"') >= 2 else ""

    async def _signal(self) -> None:
        answer = (await self._dialogue.ask("AT+CSQ", self._within)).after("+CSQ:") or ""
        self._readings.signal_dbm = dbm(answer.partition(",")[0])

    async def _registration(self) -> None:
        answer = (await self._dialogue.ask("AT+CREG?", self._within)).after("+CREG:") or ""
        stat = answer.split(",")[1].strip() if "," in answer else ""
        if stat.isdigit():
            self._readings.registration = Registration.of(int(stat))

    async def _settings(self, notify: str) -> None:
        """Find out whether the modem has started anew without a word."""
        mode = (await self._dialogue.ask("AT+CMGF?", self._within)).after("+CMGF:")
        inform = (await self._dialogue.ask("AT+CNMI?", self._within)).after("+CNMI:")
        if mode not in (None, "0") or (notify and inform is not None and inform.replace(" ", "") != notify):
            self._on_reset()

    async def _balance(self) -> None:
        # The answer comes as +CUSD when the network has it; dcs 15: GSM 7 bit.
        await self._dialogue.command(f'AT+CUSD=1,"{self._ussd}",15', self._within)

    async def _hang_up(self) -> None:
        await self._dialogue.command("AT+CUSD=2", self._within)


def dbm(rssi: str) -> int | None:
    """Return the field strength for <rssi> of +CSQ: -113 dBm and 2 dB a step; 99 is unknown (27.007 §8.5)."""
    return 2 * int(rssi) - 113 if rssi.isdigit() and int(rssi) <= 31 else None


def plain(ussd: Ussd) -> str:
    """Return the text of a USSD answer; modems write UCS-2 as hexadecimal digits."""
    if ussd.dcs is not None and ussd.dcs & _CHARSET_BITS == _UCS2_BITS:
        try:
            return bytes.fromhex(ussd.text).decode("utf-16-be", "replace")
        except ValueError:
            return ussd.text
    return ussd.text

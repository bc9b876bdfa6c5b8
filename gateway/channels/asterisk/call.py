"""`VoiceCall` over FastAGI.

Why these commands (tried on Asterisk 22):

* `STREAM FILE` plays one sound, tells its length, keeps to the keys it is given, and ends at once when our side is
  gone, so that a killed gateway drops the caller into the dialplan's fallback. `EXEC Read`, `Background` and
  `Playback` take several sounds but play and wait on for a dead gateway, and Read pauses 50 ms between sounds.
  Between two commands lies one round trip, under a millisecond, in which a key is dropped.
* `GET DATA` has one timer for the first key and the others, so the first key is awaited by `STREAM FILE` (type-ahead)
  or `WAIT FOR DIGIT`, and `GET DATA` without a sound takes the rest with the timer between keys. The gap between both
  lies right behind a key; the next comes at the earliest 80 ms later, which is the shortest key the switch makes.
* -1 is the answer for a missing sound and for a hang-up: `CHANNEL STATUS` tells which.
* A gateway that stands still says nothing, and the switch would wait for it in silence: so it ends the dialogue after
  a lease, `SET AUTOHANGUP`, which is put off before a command that could outlast it.
* `RECORD FILE` does not see that our side is gone; it goes on to its own end, and its file is kept in every case.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Final

from gateway.channels.asterisk import agi
from gateway.channels.asterisk.link import Link
from gateway.channels.asterisk.sounds import Sounds, recording
from gateway.domain.address import Address
from gateway.domain.errors import ProtocolError
from gateway.ivr.numbers import may_be_dialled
from gateway.ivr.ports import KEYS, CallEnded, HangUp, Keyed, KeysEnd, SoundMissing, Taken, Way

log = logging.getLogger(__name__)

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,150}\Z")
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,3}\Z")
_NUMBER: Final = re.compile(r"\+?[0-9]{1,20}\Z")
# The presentation's bits 6 and 7 of Q.931 §4.5.10; 01 is "restricted".
_PRESENTATION, _RESTRICTED = 0x60, 0x20


class AgiCall:
    """One call, as the environment says. Raises `ProtocolError` for an environment that Asterisk does not send."""

    def __init__(self, link: Link, environment: agi.Environment, sounds: Sounds) -> None:
        values = environment.values
        self._link = link
        self._sounds = sounds
        self._id = values.get("uniqueid", "")
        if not _ID.match(self._id):
            raise ProtocolError("an environment without the call's id")
        self._caller = Address.parse(_number(values.get("callerid", ""), values.get("callingpres", "")))
        self._called = Address.parse(_number(values.get("arg_2", "")))
        self.left: Way | None = None  # how it goes on, once that is said
        lease = values.get("arg_3", "")
        self._lease = float(lease) if _SECONDS.match(lease) else 0.0
        self._held = asyncio.get_running_loop().time() + self._lease  # until then the switch waits for us

    @property
    def id(self) -> str:
        """Return the switch's own name of the call."""
        return self._id

    @property
    def caller(self) -> Address:
        """Return who calls; `number` is empty for a withheld one."""
        return self._caller

    @property
    def called(self) -> Address:
        """Return the number that was dialled; `number` is empty where a line was rung by its name."""
        return self._called

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        """Play one after the other; return the key of `keys` that cut it short, or nothing."""
        for heard, (sound, seconds) in enumerate(self._lengths(sounds)):
            reply = await self._ask(agi.stream_file(sound, keys), seconds)
            try:
                key = await self._key(reply, keys, sound)
            except SoundMissing as err:
                err.heard = heard
                raise
            if key:
                return key
        return ""

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        """Play, cut short by any key, and take keys until there are `most`, `#`, or silence."""
        key = await self.play(sounds, KEYS) or await self.listen(first)
        if not key:
            return Keyed("", KeysEnd.SILENCE)
        if key == "#":
            return Keyed("", KeysEnd.HASH)
        if most == 1:
            return Keyed(key, KeysEnd.FULL)
        reply = await self._ask(agi.get_data(_milliseconds(between), most - 1), most * between)
        await self._alive(reply, "")
        pressed = key + reply.result
        keys = "".join(one for one in pressed if one in KEYS)  # RFC 4733 has A to D too; no number has them
        if reply.note == "timeout":
            return Keyed(keys, KeysEnd.SILENCE)
        return Keyed(keys, KeysEnd.FULL if len(pressed) >= most else KeysEnd.HASH)

    async def listen(self, seconds: float) -> str:
        """Return the key that is pressed within so many seconds, or nothing."""
        reply = await self._ask(agi.wait_for_digit(_milliseconds(seconds)), seconds)
        return await self._key(reply, KEYS, "")

    async def record(self, name: str, *, longest: float, silence: float, keys: str = "") -> Taken:
        """Record what is said after a beep; `Sounds.recording` says where. Raises `SoundMissing` for no room."""
        list(self._lengths(["beep"]))
        if not self._sounds.has_room(longest):  # the switch would go on into the void, and say nothing of it
            log.error("no room for recordings", extra={"call": self._id})
            raise SoundMissing(name)
        command = agi.record_file(recording(name), _milliseconds(longest), max(1, round(silence)), f"#{keys}")
        reply = await self._ask(command, longest)
        if reply.note in ("hangup", "writefile", "randomerror", "waitfor"):
            await self._alive(agi.Reply(200, "-1"), name)
        return Taken((reply.endpos or 0) / 8000, agi.pressed(reply.result, keys))

    async def leave(self, way: Way, number: str = "") -> None:
        """Say how the call goes on. A number that may not be dialled leads to the operators, first in line."""
        to = may_be_dialled(number)
        if way is Way.NUMBER and to is None:
            log.error("a number that may not be dialled", extra={"call": self._id, "number": str(Address(number))})
            way = Way.QUEUE_FIRST
        if way is Way.NUMBER and to is not None:
            await self._ask(agi.set_variable("GATEWAY_NUMBER", to), 0)
        await self._ask(agi.set_variable("GATEWAY_WAY", way.value), 0)
        self.left = way

    async def _ask(self, command: bytes, within: float) -> agi.Reply:
        if self.left is not None:
            raise CallEnded(HangUp.SWITCH)  # the dialplan has it, or will in a moment
        await self._hold(within)
        return await self._say(command, within)

    async def _hold(self, within: float) -> None:
        """Have the switch wait for us beyond the next command, by half a lease at least and two at most."""
        now = asyncio.get_running_loop().time()
        end = now + within + self._lease
        if not self._lease:
            return
        if self._held < min(end - self._lease / 2, self._link.ends) or self._held > end + self._lease:
            self._held = min(end, self._link.ends)
            await self._say(agi.hang_up_in(self._held - now), 0)

    async def _say(self, command: bytes, within: float) -> agi.Reply:
        reply = await self._link.ask(command, within)
        if reply.code == 511:  # the channel is dead
            self._link.end(HangUp.CALLER)
            raise CallEnded(HangUp.CALLER)
        if reply.code != 200:
            self._link.end(HangUp.SWITCH, f"{reply.code} {reply.text}")
            raise CallEnded(HangUp.SWITCH)
        return reply

    async def _key(self, reply: agi.Reply, keys: str, sound: str) -> str:
        await self._alive(reply, sound)
        return agi.pressed(reply.result, keys)

    async def _alive(self, reply: agi.Reply, sound: str) -> None:
        """Tell a sound that could not be played from a caller who is gone; the switch says -1 for both."""
        if reply.result == "-1":
            if (await self._ask(agi.channel_status(), 0)).result == "-1":
                self._link.end(HangUp.CALLER)
                raise CallEnded(HangUp.CALLER)
            if not sound:  # nothing was to be played: asked again it would say the same, and for ever
                self._link.end(HangUp.SWITCH, "the switch takes no keys from a channel that lives")
                raise CallEnded(HangUp.SWITCH)
            raise SoundMissing(sound)

    def _lengths(self, sounds: Sequence[str]) -> list[tuple[str, float]]:
        """Return each sound with its seconds. Raises `SoundMissing` before anything is heard."""
        lengths = [(sound, self._sounds.seconds(sound)) for sound in sounds]
        if missing := [sound for sound, seconds in lengths if seconds is None]:
            raise SoundMissing(missing[0])
        return [(sound, seconds or 0.0) for sound, seconds in lengths]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _number(shown: str, presentation: str = "") -> str:
    """Return a number as the carrier shows it, nothing for a withheld one or for what is none (DOMAIN T7)."""
    restricted = presentation.isascii() and presentation.isdigit() and int(presentation) & _PRESENTATION == _RESTRICTED
    return shown if _NUMBER.match(shown) and not restricted else ""

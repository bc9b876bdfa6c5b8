"""When a caller takes it for his turn."""

import asyncio
from array import array

from gateway.emulators.caller.sip import Offer
from gateway.emulators.caller.sound import Sound
from gateway.emulators.caller.telephone import HOST, Call, Phone
from gateway.wire import g711


async def test_silence_before_the_first_word_is_nobodys_turn() -> None:
    sound = Sound()
    sound.start(Offer(HOST, 9, (g711.ALAW,), 101))
    call = Call(Phone(), sound, "one")
    try:
        assert not await call.quiet(0.01, within=0.05)
        turn = asyncio.ensure_future(call.quiet(0.05, within=5))
        await asyncio.sleep(0)
        call.heard.put(array("h", [1000] * 160), 1, 0, call.now)
        assert await turn
    finally:
        call.close()

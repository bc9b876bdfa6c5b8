"""A phone on loopback: rings a number, keys digits, records what it hears; or answers when it is rung."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, cast

from gateway.domain.errors import GatewayError, ProtocolError
from gateway.emulators.caller import sip
from gateway.emulators.caller.recording import Recording
from gateway.emulators.caller.sound import Sound
from gateway.wire import g711
from gateway.wire.g711 import Samples

HOST: Final = "127.0.0.1"
T1: Final = 0.5  # seconds until a request goes out again (RFC 3261 §17.1.1.1)
TRIES: Final = 6
LAST_SOUND: Final = 0.2  # seconds in which sound that was sent before the BYE may still be read


class NotAnswered(GatewayError):
    """The far end refused the call, or nobody was there; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}" if status else reason)
        self.status = status


class Call:
    """One call that is up. Times are seconds since the answer."""

    def __init__(self, phone: "Phone", sound: Sound, call_id: str) -> None:
        self.id = call_id
        self.sound = sound
        self.ended = asyncio.Event()
        self.caller = ""  # who rings, where it was the far end
        self._phone = phone
        self._sending = asyncio.create_task(sound.send(), name=f"sound of {call_id}")
        self._bye: sip.Message | None = None

    @property
    def heard(self) -> Recording:
        """Return what has been heard so far."""
        return self.sound.heard

    @property
    def now(self) -> float:
        """Return the seconds since the answer."""
        return self.sound.now

    def press(self, keys: str) -> None:
        """Key in digits; `,` waits half a second."""
        self.sound.press(keys)

    def say(self, samples: Samples) -> None:
        """Say something: 16-bit samples at 8 kHz."""
        self.sound.say(samples)

    async def until(self, second: float) -> None:
        """Wait for a second of the call; returns early when it ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, second - self.now)):
                await self.ended.wait()

    async def quiet(self, seconds: float, within: float) -> bool:
        """Wait until nothing more has been heard for so long: then it is our turn. False: it ended, or time is up.

        A switch sends no packets while it plays nothing. Before its first word it is not our turn, however long a busy
        machine takes for it.
        """
        until = self.now + within
        while self.heard.first is None and not self.ended.is_set() and self.now < until:
            await self.heard.more(0.02, within=min(0.2, until - self.now))
        while self.heard.first is not None and not self.ended.is_set() and self.now < until:
            left = seconds - (self.now - self.heard.seconds)
            if left <= 0:
                return True
            await self.until(min(until, self.now + left))
        return False

    async def hang_up(self) -> None:
        """End it from our side. May be called twice, and after the far end has ended it."""
        if not self.ended.is_set() and self._bye:
            self._phone.forget(self)
            with suppress(NotAnswered):
                await self._phone.ask(self._bye)
        self.close()

    def talks_by(self, bye: sip.Message) -> None:
        """Take the request that will end the call."""
        self._bye = bye

    def close(self) -> None:
        """End our side without a word."""
        self.ended.set()
        self._phone.forget(self)
        self._sending.cancel()
        self.sound.close()


class Phone(asyncio.DatagramProtocol):
    """One SIP socket; any number of calls at once. `phone` makes it."""

    def __init__(self) -> None:
        self.rung: asyncio.Queue[Call] = asyncio.Queue()  # calls that came in and were answered
        self.answers = True  # off: it rings and rings
        self.says: Samples | None = None  # again and again, to whoever has rung
        self.refuses = 0  # a status to refuse calls with, as 486 for "busy"
        self.closed = asyncio.Event()  # the socket is gone, its port free
        self._transport: asyncio.DatagramTransport | None = None
        self._calls: dict[str, Call] = {}
        self._sounds: list[Sound] = []
        self._waiting: dict[str, asyncio.Queue[sip.Message]] = {}
        self._ringing: dict[str, asyncio.Task[None]] = {}
        self._answered: dict[str, sip.Message] = {}

    @property
    def port(self) -> int:
        """Return our own port."""
        assert self._transport is not None  # noqa: S101 - made by create_datagram_endpoint, which connects first
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def calls(self) -> list[Call]:
        """Return the calls that are up."""
        return list(self._calls.values())

    async def dial(
        self,
        number: str,
        to: tuple[str, int],
        *,
        caller: str = "13900000001",
        name: str = "",
        password: str = "",
        within: float = 10.0,
        kind: int = g711.ALAW,
    ) -> Call:
        """Ring a number at a switch and return the call once it is answered. `caller` empty: withheld.

        Raises `NotAnswered` when it is refused, or not answered `within` seconds.
        """
        sound = await self._sound(kind)
        call_id, tag = secrets.token_hex(12), secrets.token_hex(6)
        uri = f"sip:{number}@{to[0]}:{to[1]}"
        shown = f'"{name}" ' if name else ""
        who = f"{shown}<sip:{caller}@{HOST}>" if caller else '"Anonymous" <sip:anonymous@anonymous.invalid>'
        headers = {
            "max-forwards": ["70"],
            "from": [f"{who};tag={tag}"],
            "to": [f"<{uri}>"],
            "call-id": [call_id],
            "contact": [f"<sip:{caller or 'anonymous'}@{HOST}:{self.port}>"],
            "content-type": ["application/sdp"],
        }
        if not caller:
            headers["privacy"] = ["id"]
        body = sip.Offer(HOST, sound.port, (kind,), 101).pack()
        invite = sip.Message(headers | {"cseq": ["1 INVITE"]}, body, "INVITE", uri)
        try:
            async with asyncio.timeout(within):
                answered = await self.ask(invite, to)
                if answered.status in (401, 407) and password:
                    invite = _with_credentials(invite, answered, caller, password)
                    answered = await self.ask(invite, to)
                _accepted(answered)
                sound.start(sip.offer(answered.body))
        except BaseException as err:
            sound.close()
            if isinstance(err, TimeoutError):
                raise NotAnswered(0, f"no answer within {within:.0f} s") from err
            raise
        call = Call(self, sound, call_id)
        self._calls[call_id] = call
        kept = {name: headers[name] for name in ("max-forwards", "from", "call-id")}
        call.talks_by(
            sip.Message(
                kept | {"to": answered.headers["to"], "cseq": ["9 BYE"]}, method="BYE", uri=_contact(answered, uri)
            )
        )
        self._acknowledge(invite, answered)
        return call

    async def ask(self, request: sip.Message, to: tuple[str, int] | None = None) -> sip.Message:
        """Send a request, again and again, and return its last answer. Raises `NotAnswered` when none comes."""
        branch = "z9hG4bK" + secrets.token_hex(8)
        headers = {"via": [f"SIP/2.0/UDP {HOST}:{self.port};branch={branch};rport"], **request.headers}
        data = sip.Message(headers, request.body, request.method, request.uri).pack()
        to = to or _place(request.uri)
        answers = self._waiting[branch] = asyncio.Queue()
        wait: float | None = T1
        tries = 0
        try:
            while True:
                if wait is not None:
                    self._send(data, to)
                    tries += 1
                try:
                    async with asyncio.timeout(wait):
                        got = await answers.get()
                except TimeoutError:
                    if tries == TRIES:
                        raise NotAnswered(0, "the switch is silent") from None
                    wait = None if wait is None else wait * 2
                    continue
                wait = None  # it was heard: how long it may ring is the caller's to say
                if got.status >= 200:
                    if got.status >= 300 and request.method == "INVITE":
                        self._acknowledge(sip.Message(headers, "", "INVITE", request.uri), got, to, branch)
                    return got
        finally:
            del self._waiting[branch]

    def forget(self, call: Call) -> None:
        """Take a call off the list."""
        self._calls.pop(call.id, None)
        self._answered.pop(call.id, None)

    def close(self) -> None:
        """End all calls without a word, and the socket."""
        for call in list(self._calls.values()):
            call.close()
        if self._transport:
            self._transport.close()

    async def silence(self) -> None:
        """Close the sound of all calls there ever were, and wait until their ports are free."""
        for sound in self._sounds:
            sound.close()
            await sound.closed.wait()

    async def stop_ringing(self) -> None:
        """Give up the calls that have come in and are not answered yet."""
        ringing = list(self._ringing.values())
        for task in ringing:
            task.cancel()
        await asyncio.gather(*ringing, return_exceptions=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # the loop's own class is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand an answer to whoever waits for it; do what a request asks for."""
        with suppress(ProtocolError):  # a phone ignores what is no SIP
            message = sip.unpack(data)
            if message is None:
                return
            if message.status:
                self._answer_came(message, addr)
            else:
                self._request_came(message, addr)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Say so."""
        self.closed.set()

    def _answer_came(self, message: sip.Message, addr: tuple[str, int]) -> None:
        branch = message.first("via").partition("branch=")[2].partition(";")[0]
        if waiting := self._waiting.get(branch):
            waiting.put_nowait(message)
        elif message.asked == "INVITE" and 200 <= message.status < 300:  # our ACK was lost
            request = sip.Message(
                {**message.headers, "max-forwards": ["70"]}, method="INVITE", uri=_contact(message, "")
            )
            self._acknowledge(request, message, addr)

    def _request_came(self, request: sip.Message, addr: tuple[str, int]) -> None:
        call_id = request.first("call-id")
        match request.method:
            case "INVITE":
                if call_id in self._answered:
                    self._send(self._answered[call_id].pack(), addr)
                elif call_id in self._calls:
                    sound = self._calls[call_id].sound
                    body = sip.Offer(HOST, sound.port, (sound.kind,), 101).pack()
                    self._reply(request, addr, 200, "OK", body)
                elif call_id not in self._ringing:
                    task = asyncio.create_task(self._ring(request, addr), name=f"ringing {call_id}")
                    self._ringing[call_id] = task
                    task.add_done_callback(lambda _: self._ringing.pop(call_id, None))
            case "ACK":
                self._answered.pop(call_id, None)
            case "CANCEL":
                self._reply(request, addr, 200, "OK")
                if ringing := self._ringing.get(call_id):
                    ringing.cancel()
            case "BYE":
                self._reply(request, addr, 200, "OK")
                if call := self._calls.get(call_id):
                    asyncio.get_running_loop().call_later(LAST_SOUND, call.close)
            case _:
                self._reply(request, addr, 200, "OK")

    async def _ring(self, invite: sip.Message, addr: tuple[str, int]) -> None:
        """Ring and, if we do, answer; a ringing that is cancelled says so."""
        call_id = invite.first("call-id")
        if self.refuses:
            self._reply(invite, addr, self.refuses, "No")
            return
        self._reply(invite, addr, 180, "Ringing")
        try:
            offered = sip.offer(invite.body)
            if not self.answers:
                await asyncio.Event().wait()
            sound = await self._sound(offered.kinds[0])
        except asyncio.CancelledError:
            self._reply(invite, addr, 487, "Request Terminated")
            raise
        sound.start(offered)
        call = Call(self, sound, call_id)
        call.caller = invite.first("from")
        self._calls[call_id] = call
        body = sip.Offer(HOST, sound.port, (offered.kinds[0],), offered.events).pack()
        answered = self._reply(invite, addr, 200, "OK", body)
        self._answered[call_id] = answered
        bye = {"max-forwards": ["70"], "from": answered.headers["to"], "to": answered.headers["from"]}
        bye |= {"call-id": [call_id], "cseq": ["9 BYE"]}
        call.talks_by(sip.Message(bye, method="BYE", uri=_contact(invite, "")))
        if self.says:
            call.say(self.says * 10)
        self.rung.put_nowait(call)

    def _reply(
        self, request: sip.Message, addr: tuple[str, int], status: int, reason: str, body: str = ""
    ) -> sip.Message:
        contact = f"<sip:{HOST}:{self.port}>"
        message = sip.answer(request, status, reason, tag=f"t{self.port}", contact=contact, body=body)
        self._send(message.pack(), addr)
        return message

    def _acknowledge(
        self, invite: sip.Message, answered: sip.Message, to: tuple[str, int] | None = None, branch: str = ""
    ) -> None:
        """Acknowledge the last answer to an INVITE: a refusal in its own transaction, a success in a new one."""
        uri = invite.uri if branch else _contact(answered, invite.uri)
        via = f"SIP/2.0/UDP {HOST}:{self.port};branch={branch or 'z9hG4bK' + secrets.token_hex(8)};rport"
        kept = {name: invite.headers[name] for name in ("from", "call-id")}
        number = invite.first("cseq").split()[0]
        headers = {
            "via": [via],
            "max-forwards": ["70"],
            **kept,
            "to": answered.headers["to"],
            "cseq": [f"{number} ACK"],
        }
        self._send(sip.Message(headers, method="ACK", uri=uri).pack(), to or _place(uri))

    async def _sound(self, kind: int) -> Sound:
        _, sound = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Sound(kind), (HOST, 0))
        self._sounds = [*(one for one in self._sounds if not one.closed.is_set()), sound]
        return sound

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, to)


@asynccontextmanager
async def phone(port: int = 0) -> AsyncIterator[Phone]:
    """Open a phone on loopback; its calls end with the block."""
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(Phone, (HOST, port))
    try:
        yield made
    finally:
        for call in made.calls:
            await call.hang_up()
        await made.stop_ringing()
        made.close()
        await made.closed.wait()
        await made.silence()


def _with_credentials(invite: sip.Message, refused: sip.Message, user: str, password: str) -> sip.Message:
    name, proof = (
        ("www-authenticate", "authorization")
        if refused.status == 401
        else (
            "proxy-authenticate",
            "proxy-authorization",
        )
    )
    line = sip.credentials(refused.first(name), "INVITE", invite.uri, user, password)
    headers = {**invite.headers, proof: [line], "cseq": ["2 INVITE"]}
    return sip.Message(headers, invite.body, invite.method, invite.uri)


def _accepted(answered: sip.Message) -> None:
    if answered.status >= 300:
        raise NotAnswered(answered.status, answered.reason)


def _contact(message: sip.Message, default: str) -> str:
    contact = message.first("contact")
    return contact.partition("<")[2].partition(">")[0] or contact.partition(";")[0] or default


def _place(uri: str) -> tuple[str, int]:
    """Return host and port of `sip:user@host:port`."""
    host, _, port = uri.rpartition("@")[2].removeprefix("sip:").partition(";")[0].partition(":")
    return host, int(port or 5060)

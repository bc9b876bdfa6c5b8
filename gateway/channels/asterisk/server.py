"""The FastAGI server: a connection is a call is a task."""

import asyncio
import logging
import re
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeAlias

from gateway.channels.asterisk.call import AgiCall
from gateway.channels.asterisk.link import Link
from gateway.channels.asterisk.settings import listened_outside
from gateway.channels.asterisk.sounds import Sounds
from gateway.domain.errors import BadSettings, ProtocolError
from gateway.ivr.ports import CallEnded, HangUp, VoiceCall

log = logging.getLogger(__name__)

# What is called for each call, with the name of its line (`hotline`, `station`). Its last act on the call is `leave`.
Handler: TypeAlias = Callable[[VoiceCall, str], Awaitable[None]]

MOST_CALLS: Final = 600  # as the switch's own maxcalls
GREETING: Final = 5.0  # seconds for the environment
LIMIT: Final = 300.0  # seconds of a dialogue, where the switch does not say (DOMAIN T18)
# Seconds a handler has after its call has ended: a complaint is filed, an SMS ordered.
TIDYING: Final = 30.0
# Seconds all of them have when the service ends.
PARTING: Final = 5.0

_SCRIPT: Final = re.compile(r"[a-z]{1,32}\Z")
_SECONDS: Final = re.compile(r"[0-9]{1,5}\Z")


class AgiServer:
    """Takes calls from the switch while `run` runs. No one proves who they are here: it listens inside only."""

    def __init__(self, listen: tuple[str, int], sounds: Sounds, handle: Handler, *, most: int = MOST_CALLS) -> None:
        self._listen = listen
        self._sounds = sounds
        self._handle = handle
        self._most = most
        self._links: set[Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._ends: Counter[str] = Counter()
        self.ready = asyncio.Event()

    @property
    def calls(self) -> int:
        """Return how many calls are in a dialogue now."""
        return len(self._links)

    @property
    def ends(self) -> Mapping[str, int]:
        """Return how many calls ended in which way: `Way` where it was said, else `HangUp`, `failed` or `refused`."""
        return self._ends

    @property
    def port(self) -> int:
        """Return the port, once `ready`; for a `listen` that leaves it open."""
        return self._listen[1]

    async def run(self) -> NoReturn:
        """Serve until cancelled; then the switch gets every running call back, and goes on with its fallback.

        Raises `OSError` when the port is taken, `BadSettings` where others than the switch may reach it.
        """
        loop = asyncio.get_running_loop()
        await self._stay_inside()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            server = await loop.create_server(lambda: Link(self._opened), *self._listen, backlog=self._most)
            self._listen = server.sockets[0].getsockname()[:2]
            log.info("taking calls", extra={"host": self._listen[0], "port": self._listen[1]})
            self.ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.ready.clear()
                server.close()
                await self._part()
        raise AssertionError("only a cancellation ends it")

    async def _stay_inside(self) -> None:
        found = await asyncio.get_running_loop().getaddrinfo(*self._listen, type=socket.SOCK_STREAM)
        for *_, address in found:
            if fault := listened_outside(str(address[0])):
                raise BadSettings(f"[asterisk] agi_listen: {self._listen[0]}: {fault}")

    async def _part(self) -> None:
        """End all calls, and let their handlers come to an end."""
        for link in list(self._links):
            link.end(HangUp.SHUTDOWN)
        if self._serving:
            await asyncio.wait(self._serving, timeout=PARTING)

    def _opened(self, link: Link) -> None:
        if self._tasks is None or not self.ready.is_set() or len(self._links) >= self._most:
            log.warning("a call was refused", extra={"calls": len(self._links)})
            self._ends["refused"] += 1
            link.end(HangUp.SHUTDOWN)
            return
        self._links.add(link)
        task = self._tasks.create_task(self._serve(link), name="call")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, link: Link) -> None:
        """Hold one dialogue. Whatever goes wrong in it ends this call alone, which the switch then takes back."""
        how = "failed"
        try:
            call, script = await self._greet(link)
            how = await self._hold(link, call, script)
        except ProtocolError as err:
            log.warning("no call", extra={"reason": str(err)})
        except CallEnded as err:
            how = err.how.value
        except Exception:
            log.exception("a dialogue failed")  # the server outlives any handler
        finally:
            self._ends[how] += 1
            self._links.discard(link)
            link.end(HangUp.SWITCH)

    async def _greet(self, link: Link) -> tuple[AgiCall, str]:
        try:
            async with asyncio.timeout(GREETING):
                environment = await asyncio.shield(link.environment)
        except TimeoutError:
            raise ProtocolError("no environment came in time") from None
        except asyncio.CancelledError:
            if link.environment.cancelled():  # the connection ended before it
                raise ProtocolError(link.fault or "the switch closed the connection") from None
            raise
        script = environment.values.get("network_script", "")
        if not _SCRIPT.match(script):
            raise ProtocolError("a line that cannot be")
        limit = environment.values.get("arg_1", "")
        link.bound(float(limit) if _SECONDS.match(limit) else LIMIT)
        return AgiCall(link, environment, self._sounds), script

    async def _hold(self, link: Link, call: AgiCall, script: str) -> str:
        """Run the handler; once its call has ended it has `TIDYING` seconds. Returns how the call ended."""
        dialogue = asyncio.ensure_future(self._handle(call, script))
        try:
            either: list[asyncio.Future[Any]] = [dialogue, link.ended]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            async with asyncio.timeout(TIDYING if link.ended.done() else None):
                await dialogue
        except CallEnded as err:
            return err.how.value
        except TimeoutError:
            log.error("a dialogue does not end with its call", extra={"call": call.id, "line": script})  # noqa: TRY400 - nothing was raised in it
            return "failed"
        finally:
            dialogue.cancel()
            with suppress(asyncio.CancelledError, Exception):  # told above, where it was awaited
                await dialogue
        if call.left is not None:
            return call.left.value
        if link.ended.done():
            return link.ended.result().value
        log.error("a dialogue ended without its last act", extra={"call": call.id, "line": script})
        return "failed"

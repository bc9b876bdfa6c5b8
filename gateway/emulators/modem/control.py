"""Handsets and fault switches of a running emulator, reached from another process.

One JSON object a line over a Unix socket: `{"id": 1, "do": "text", "from": "139…", "text": "CX…"}` is answered by
`{"id": 1, "replies": […]}`, any number at once and in any order; what cannot be done by `{"id": 1, "error": "…"}`.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

from gateway.emulators.modem.modem import EmulatedModem
from gateway.emulators.modem.network import EmulatedNetwork

_LONGEST_LINE = 16 * 1024 * 1024
Request: TypeAlias = Mapping[str, Any]
_Answer: TypeAlias = dict[str, Any]


class ControlServer:
    """Answers the requests of any number of clients about one network."""

    def __init__(self, network: EmulatedNetwork) -> None:
        self._network = network
        self._loop = asyncio.get_running_loop()
        self._can: dict[str, Callable[[Request], Awaitable[_Answer]]] = {
            "text": self._text,
            "faults": self._faults,
            "unplug": self._unplug,
            "plug": self._plug,
            "restart": self._restart,
            "status": self._status,
            "handsets": self._handsets,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it closes; what it still waits for is dropped then."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                task = asyncio.create_task(self._serve_one(line, writer))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        except (ConnectionError, ValueError):
            pass  # a client that is gone, or a line past all bounds: this connection ends, the others go on
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            writer.close()

    async def _serve_one(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        request: Any = None
        try:
            request = json.loads(line)
            act = self._can.get(request["do"])
            answer = await act(request) if act else {"error": f"`do` is one of {', '.join(self._can)}"}
        except KeyError as missing:
            answer = {"error": f"the request lacks {missing}"}
        except (ValueError, TypeError, LookupError) as fault:
            answer = {"error": str(fault)}
        number = request.get("id") if isinstance(request, dict) else None
        if not writer.is_closing():
            writer.write(json.dumps({"id": number, **answer}).encode() + b"\n")

    async def _text(self, request: Request) -> _Answer:
        """Send a text and wait for so many replies; `why` says what hinders when fewer come in time."""
        handset = self._network.handset(request["from"])
        handset.forget_unseen()
        sent = await self._network.text(request["from"], request["text"], request.get("to"))
        replies: list[_Answer] = []
        why: str | None = None
        try:
            async with asyncio.timeout(request.get("timeout", 60)):
                while len(replies) < request.get("replies", 1):
                    reply = await handset.next_reply(request.get("timeout", 60))
                    replies.append(
                        {
                            "text": reply.text,
                            "segments": reply.segments,
                            "modem": reply.modem,
                            "first_seconds": reply.first_at - sent.at,
                            "seconds": reply.last_at - sent.at,
                        }
                    )
        except TimeoutError:
            why = sent.fate
        return {"replies": replies, "why": why, "to": sent.modem.number}

    def _modems(self, request: Request) -> tuple[EmulatedModem, ...]:
        which = request.get("modem")
        return self._network.modems if which is None else (self._network.modem(which),)

    async def _faults(self, request: Request) -> _Answer:
        changes = request["set"]
        for modem in self._modems(request):
            if request.get("clear"):
                modem.mend()
            modem.switch(**changes)
        return {}

    async def _unplug(self, request: Request) -> _Answer:
        seconds = request.get("seconds")
        for modem in self._modems(request):
            if seconds is None:
                modem.unplug()
            else:
                modem.unplug_for(float(seconds))
        return {}

    async def _plug(self, request: Request) -> _Answer:
        for modem in self._modems(request):
            modem.plug()
        return {}

    async def _restart(self, request: Request) -> _Answer:
        for modem in self._modems(request):
            modem.restart()
        return {}

    async def _status(self, _request: Request) -> _Answer:
        now = self._loop.time()
        return {
            "modems": [
                {
                    "name": modem.name,
                    "port": str(modem.port),
                    "number": modem.number,
                    "plugged": modem.plugged,
                    "stored": {name: len(modem.phone.memories[name]) for name in ("SM", "ME")},
                    "held": self._network.held(modem),
                    "heard_seconds_ago": None if modem.heard_at is None else now - modem.heard_at,
                    "pin_tries_left": modem.phone.sim.tries_left,
                }
                for modem in self._network.modems
            ]
        }

    async def _handsets(self, _request: Request) -> _Answer:
        return {
            "handsets": {
                handset.number: {
                    "replies": [reply.text for reply in handset.replies],
                    "segments": [
                        [segment.text, segment.place.number if segment.place else 1] for segment in handset.segments
                    ],
                }
                for handset in self._network.handsets
            }
        }


@asynccontextmanager
async def control_socket(network: EmulatedNetwork, path: Path) -> AsyncIterator[None]:
    """Listen at `path` for clients; only this user may connect."""
    connections: set[asyncio.Task[None]] = set()
    control = ControlServer(network)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(control.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_unix_server(accept, sock=_bind(path), limit=_LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        _unbind(path)


def _bind(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)  # the file is this user's from its first moment on
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


def _unbind(path: Path) -> None:
    path.unlink(missing_ok=True)

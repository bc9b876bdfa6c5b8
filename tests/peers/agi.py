"""A switch played by hand over FastAGI, with a caller on it who does what is written down, and hangs up when told."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from itertools import count
from typing import Final

PATIENCE: Final = 20.0  # seconds for the gateway's next command
_CALLS: Final = count(1)


@dataclass
class AgiCaller:
    """Types `0-9*#`, and at `~` lets a wait pass; behind his script he does so for ever.

    `leaves`: at this command (from 1) he hangs up: instead of its reply, or `after` it, while no command is under way.
    """

    script: str = ""
    number: str = "13800000001"
    leaves: int = 0
    after: bool = False
    commands: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    uniqueid: str = field(default_factory=lambda: f"17.{next(_CALLS)}")

    @property
    def left(self) -> bool:
        """Return whether he hung up himself, as told."""
        return 0 < self.leaves <= len(self.commands)

    async def rings(self, port: int, line: str = "hotline") -> "AgiCaller":
        """Call, until he hangs up or the gateway is done with the call."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        keys = list(self.script)
        said = {"network_script": line, "uniqueid": self.uniqueid, "callerid": self.number, "arg_1": "300"}
        writer.write("".join(f"agi_{name}: {value}\n" for name, value in said.items()).encode() + b"\n")
        try:
            async with asyncio.timeout(PATIENCE):
                while command := (await reader.readline()).decode().strip():
                    if moment := _moment(command):  # of which there are as many as the other work takes
                        await asyncio.sleep(moment)
                        writer.write(b"200 result=0\n")
                        continue
                    self.commands.append(command)
                    reply = self._reply(command, keys)
                    if self.left and not self.after:
                        writer.write(b"HANGUP\n")
                        break
                    writer.write(reply.encode() + b"\n")
                    if self.left:
                        writer.write(b"HANGUP\n")
                        break
                await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return self

    def _reply(self, command: str, keys: list[str]) -> str:
        """Answer as Asterisk 22 does."""
        name, _, rest = command.partition(" ")
        match name:
            case "STREAM":
                allowed = rest.rpartition('"')[0].rpartition('"')[2]
                return f"200 result={ord(keys.pop(0)) if keys[:1] and keys[0] in allowed else 0} endpos=8000"
            case "WAIT":
                pressed = keys.pop(0) if keys else "~"
                return f"200 result={0 if pressed == '~' else ord(pressed)}"
            case "GET":
                return f"200 result={_chunk(keys, int(command.split()[-1]))}"
            case "RECORD":
                pressed = keys.pop(0) if keys else "~"
                ended = f"{ord(pressed)} (dtmf)" if pressed in rest.split('"')[1] else "0 (timeout)"
                return f"200 result={ended} endpos=24000"
            case "SET":
                _, variable, value = rest.split(" ", 2)
                self.variables[variable] = value.strip('"')
                return "200 result=1"
            case "CHANNEL":
                return "200 result=6"
            case _:
                return "510 Invalid or unknown command"


def _moment(command: str) -> float:
    """Return the seconds for which he is only listened to beside other work, 0 where a key of his is awaited."""
    wait, _, milliseconds = command.rpartition(" ")
    return int(milliseconds) / 1000 if wait == "WAIT FOR DIGIT" and int(milliseconds) < 1000 else 0.0


def _chunk(keys: list[str], most: int) -> str:
    """Return the keys of one chunk, and how it ended where no key did that."""
    typed = ""
    while len(typed) < most:
        key = keys.pop(0) if keys else "~"
        if key == "~":
            return f"{typed} (timeout)"
        if key == "#":
            break
        typed += key
    return typed

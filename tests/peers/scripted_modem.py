"""A modem that says what a test tells it to: the other end of a dialogue without any port."""

from collections.abc import Callable

from gateway.channels.modem.at import Event
from gateway.channels.modem.dialogue import Dialogue


class ScriptedModem:
    """Answers each command by `script`; what stands in none of its keys is answered with silence."""

    def __init__(self, script: dict[str, str] | None = None) -> None:
        self.script = script or {}
        self.written = b""
        self.commands: list[str] = []
        self.events: list[Event] = []
        self.losses = 0
        self.dialogue = Dialogue(self, self.events.append, self._count_loss)

    def start(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self.say, self.vanish = on_data, on_lost

    def write(self, data: bytes) -> None:
        self.written += data
        if data == b"\x1b":
            return
        command = data.decode("ascii").rstrip("\r\x1a")
        self.commands.append(command)
        answer = self.script.get(command)
        if answer is not None:
            self.say(answer.encode("latin-1"))

    def _count_loss(self) -> None:
        self.losses += 1

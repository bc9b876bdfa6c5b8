"""A reply as a handset shows it, for the terminal."""

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from gateway.emulators.modem.client import Answered
from gateway.text.segments import measure

_WIDTH = 46  # columns: about what a handset shows in a line


def show(reply: Answered) -> None:
    """Draw one reply, and under it what it took."""
    console = Console(width=max(_WIDTH, 40), highlight=False)
    size = measure(reply.text)
    console.print(Panel(Text(reply.text), expand=False, padding=(0, 1)))
    milliseconds = round(reply.seconds * 1000)
    console.print(f"  {reply.segments} 条短信 · {size.units} 字 · {milliseconds} 毫秒 · 经 {reply.modem}", markup=False)

"""How a command runs asynchronous work."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, on uvloop."""
    return uvloop.run(work)

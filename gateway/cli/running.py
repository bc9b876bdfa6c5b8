"""How a command runs asynchronous work."""

import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop
from sqlalchemy.exc import DBAPIError

from gateway.domain.errors import GatewayError

T = TypeVar("T")

# Every question leaves thousands of short-lived objects and few cycles; at the default thresholds (700, 10, 10) going
# through all open questions and persons again and again took 40 % of the processor time under load.
_COLLECT = (50_000, 20, 20)
# Seconds after which the event loop lets the store's thread go on, which asks for the interpreter after each call
# into SQLite; at the default 5 ms a batch of 256 questions spends most of its time asking.
_SWITCH = 0.0005


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, on uvloop, the interpreter tuned for many questions a second.

    What the database refuses for good is told in its words, and an argument of other bytes than UTF-8 by itself: by
    `GatewayError`.
    """
    gc.set_threshold(*_COLLECT)
    sys.setswitchinterval(_SWITCH)
    try:
        return uvloop.run(work)
    except DBAPIError as err:
        raise GatewayError(f"the database refuses: {err.orig}") from err
    except UnicodeEncodeError as err:
        written = err.object.encode("utf-8", "replace").decode()
        raise GatewayError(f"{written}: not text in UTF-8") from err

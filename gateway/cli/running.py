"""How a command runs asynchronous work."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop
from sqlalchemy.exc import DBAPIError

from gateway.domain.errors import GatewayError

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, on uvloop. What the database refuses for good is told in its words."""
    try:
        return uvloop.run(work)
    except DBAPIError as err:
        raise GatewayError(f"the database refuses: {err.orig}") from err

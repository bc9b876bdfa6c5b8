"""What a page of the console says of itself: where it is, who sees it, its word in the bar."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import web

from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.filing.people import ROLES

if TYPE_CHECKING:
    from gateway.console.visit import Visit

Handler: TypeAlias = Callable[["Visit"], Awaitable[web.StreamResponse]]

PREFIX: Final = "/console"
# The bar, in the order of use. A word whose page is not here, or not for this person, does not show.
WORDS: Final = (
    noted("实况"),
    noted("用语"),
    noted("试用"),
    noted("查询"),
    noted("图表"),
    noted("工单"),
    noted("导入"),
    noted("流程"),
    noted("管理"),
)
EVERYBODY: Final = frozenset(ROLES)
ADMIN: Final = frozenset({Role.ADMIN})
# A form of text fields.
SMALL: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One address below `/console`, for one method."""

    method: str
    path: str  # as aiohttp's router reads it
    handler: Handler
    roles: frozenset[Role] = EVERYBODY
    word: str | None = None  # under which word of the bar it stands
    entry: bool = False  # that word leads here
    open: bool = False  # nobody has to be signed in
    first: bool = False  # also for somebody who has yet to choose his password
    most_bytes: int = SMALL  # of what is sent to it
    quiet: bool = False  # asked for by a script, over and over: it keeps no session alive


def get(path: str, handler: Handler, **more: object) -> Page:
    """Return a page that only shows."""
    return Page("GET", path, handler, **more)  # type: ignore[arg-type] # named as the fields are


def post(path: str, handler: Handler, **more: object) -> Page:
    """Return one that a form is sent to; the frame has seen to its CSRF token."""
    return Page("POST", path, handler, **more)  # type: ignore[arg-type] # named as the fields are

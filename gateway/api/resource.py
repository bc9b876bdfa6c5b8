"""How an operation of the interface is declared. The OpenAPI document is made of these declarations.

A resource is an *act* or a *view*. An act is a synchronous function of the books: it runs in one transaction,
together with its `Idempotency-Key`. A view is awaited and changes nothing that must not happen twice.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec
from aiohttp import web

from gateway.domain.access import Actor, Role
from gateway.filing.books import Books
from gateway.ports import First

P = TypeVar("P")
B = TypeVar("B")
A = TypeVar("A")

# What one event or record may take; a batch of EPCIS events has a limit of its own.
MOST_BYTES = 64 * 1024
JSON = "application/json"


class Nothing(msgspec.Struct, frozen=True):
    """No parameters, or no body."""


@dataclass(frozen=True, slots=True)
class Call(Generic[P, B]):
    """One request, checked: `parameters` of path and query, `body`, and who sends it."""

    parameters: P
    body: B
    now: datetime
    request: web.Request
    caller: Actor | None = None  # None: a public resource, asked without a key

    @property
    def actor(self) -> Actor:
        """Return the caller of a resource that asks for a key."""
        assert self.caller is not None  # noqa: S101 - the frame let nobody in without one
        return self.caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[P, B, A]):
    """One operation.

    `parameters`: a struct whose fields are the `{names}` in the path and, the others, the query's. `roles`: whose keys
    may use it, `ADMIN` always; empty: anybody, also without a key. `statuses`: the errors beside those that follow
    from the rest (401, 403, 413, 415, 422, 503), each with what it means. `view` may return a response of its own
    where `media` names further types, or one it gave before.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    answer: type[A]
    parameters: type[P] = Nothing  # type: ignore[assignment]  # the default of P
    body: type[B] = Nothing  # type: ignore[assignment]  # the default of B
    roles: frozenset[Role] = frozenset()
    act: Callable[[Books, Call[P, B]], A] | None = None
    view: Callable[[Call[P, B]], Awaitable[A | First | web.StreamResponse]] | None = None
    status: int = 200
    statuses: dict[int, str] = field(default_factory=dict)
    location: Callable[[A], str] | None = None  # the `Location` of what was made
    most_bytes: int = MOST_BYTES
    accepts: tuple[str, ...] = (JSON,)
    media: tuple[str, ...] = ()
    tag: str = ""
    once: bool = False  # a view that heeds an `Idempotency-Key` by itself

    def __post_init__(self) -> None:
        """An act or a view, never both; only a POST with a key changes things."""
        if (self.act is None) is (self.view is None):
            raise ValueError(f"{self.path}: declare an act or a view")
        if self.method == "GET" and (self.act or self.has_body):
            raise ValueError(f"{self.path}: a GET has no act and no body")
        if self.act and self.public:
            raise ValueError(f"{self.path}: an act needs somebody who does it")

    @property
    def has_body(self) -> bool:
        """Return whether a request carries anything."""
        return self.body is not Nothing

    @property
    def public(self) -> bool:
        """Return whether no key is needed."""
        return not self.roles

    @property
    def heeds_key(self) -> bool:
        """Return whether the same `Idempotency-Key` gets the first answer again."""
        return self.act is not None or self.once


AnyResource: TypeAlias = Resource[Any, Any, Any]

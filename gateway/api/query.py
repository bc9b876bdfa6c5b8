"""`GET|POST /api/v1/query/{code}`: the public view. A GET never counts; of a covert code it tells nothing."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from gateway.api.asking import Answer, Asker, Asking
from gateway.api.frame import fingerprint, idempotency_key
from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.api.visitor import Visitors
from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.pipeline.draft import Replied
from gateway.pipeline.live import Once
from gateway.ports import First

_TESTS = frozenset({Role.REGULATOR, Role.ADMIN})
_LIMITED = {429: "Asked too often; see Retry-After."}


class Code(msgspec.Struct, frozen=True):
    """What stands on the label: a code of 16 or 20 digits, a lift's number, a plate, a firm's own code."""

    code: Annotated[str, msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Query:
    """Answers the interface as a text is answered."""

    asking: Asking
    visitors: Visitors

    async def look(self, call: Call[Code, Nothing]) -> Answer:
        """Tell what may be told without counting."""
        return await self.asking.look(call.parameters.code, self._asker(call, None))

    async def ask(self, call: Call[Code, Nothing]) -> Answer | First:
        """Count and tell; the same `Idempotency-Key` gets the first answer again."""
        browser = self.visitors.browser(call.request)
        stranger = f"web:{browser.hex()}" if browser else f"ip:{self.visitors.address(call.request)}"
        key = idempotency_key(call.request, call.caller or stranger)
        once = Once(key, fingerprint(call.request, b""), self._first) if key else None
        return await self.asking.ask(call.parameters.code, self._asker(call, key), once)

    def _first(self, replied: Replied) -> First:
        return First(200, msgspec.json.encode(self.asking.written(replied)))

    def _asker(self, call: Call[Code, Nothing], key: str | None) -> Asker:
        visitors, caller = self.visitors, call.caller
        address = visitors.address(call.request)
        querier = self._querier(call, caller, key)
        if caller is None:
            return Asker("api", address, querier, visitors.of_address(address))
        if caller.role in _TESTS:
            return Asker("api", address, querier, None, keyed=True, test=True)
        return Asker("api", address, querier, visitors.identities.querier(Address(f"key:{caller.name}")), keyed=True)

    def _querier(self, call: Call[Code, Nothing], caller: Actor | None, key: str | None) -> bytes:
        """Return who asks: a key asks for many people, so only what it names by an `Idempotency-Key` is one."""
        if caller is not None:
            return self.visitors.identities.querier(Address(f"api:{key}" if key else ""))
        return self.visitors.browser(call.request) or self.visitors.identities.querier(Address(""))


def resources(asking: Asking, visitors: Visitors) -> tuple[AnyResource, ...]:
    """Return both operations."""
    query = Query(asking, visitors)
    return (
        Resource(
            method="GET",
            path="/api/v1/query/{code}",
            summary="Look at a code without counting; a covert one tells nothing and asks for a POST",
            answer=Answer,
            parameters=Code,
            view=query.look,
            statuses=_LIMITED,
        ),
        Resource(
            method="POST",
            path="/api/v1/query/{code}",
            summary="Ask for a code; counts",
            answer=Answer,
            parameters=Code,
            view=query.ask,
            once=True,
            statuses=_LIMITED,
        ),
    )

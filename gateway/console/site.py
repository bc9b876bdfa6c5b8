"""What every page of the console may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gateway.domain.proof import Workshop
from gateway.domain.reply import Plain
from gateway.filing.books import Archive
from gateway.ports import Clock

if TYPE_CHECKING:
    from aiohttp import web

    from gateway.console.looks import Looks
    from gateway.console.passwords import Gatekeeper
    from gateway.console.session import Sessions
    from gateway.console.studio import Studio
    from gateway.console.throttle import Throttle
    from gateway.console.trial import Trials


class Health(Protocol):
    """What can be said of the service now."""

    @property
    def answering(self) -> bool: ...  # noqa: D102 - named by its type
    @property
    def lines(self) -> Mapping[str, Mapping[str, Any]]: ...  # noqa: D102 - as /readyz shows them
    @property
    def ready(self) -> bool: ...  # noqa: D102 - named by its type


@dataclass(frozen=True, slots=True)
class Site:
    """What stands behind the pages. A page that needs more of the outside adds a port here; `web.py` fills it in."""

    archive: Archive
    clock: Clock
    health: Callable[[], Health]
    service: Mapping[str, Plain]  # hotline, report_number, short_code, signature
    address: "Callable[[web.Request], str]"  # of whoever asks
    looks: "Looks"
    sessions: "Sessions"
    gate: "Gatekeeper"
    throttle: "Throttle"
    workshop: Workshop
    trials: "Trials"
    studio: "Studio"

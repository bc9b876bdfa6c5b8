"""Who acts, and on what: roles, and the scope of a party (DOMAIN 1.1 R12, T21)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.errors import Refusal, Why


class Role(StrEnum):
    """What a key, a phone or a person at the machine may be; the values are the names used outside."""

    STATION = "station"
    FIRM = "firm"  # factories, abattoirs, farms, retailers
    COOPERATIVE = "cooperative"
    MAINTENANCE = "maintenance"  # lift maintenance units
    USE_UNIT = "use_unit"
    INSPECTOR = "inspector"
    OFFICE = "office"  # the police's vehicle office: a restricted query (R49)
    REGULATOR = "regulator"
    ADMIN = "admin"  # whoever runs the gateway
    WORDING = "wording"  # tunes what citizens read and hear
    AGENT = "agent"  # answers the hotline


# What only a person at the console is: no key and no phone.
PERSONS = frozenset({Role.WORDING, Role.AGENT})
EVERYWHERE = frozenset({Role.REGULATOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something: `name` is what the audit shows (`key:01a4…`, `cli:root`, `user:wang`)."""

    name: str
    role: Role
    party: str | None = None

    @property
    def everywhere(self) -> bool:
        """True for those who may see and change what is anybody's."""
        return self.role in EVERYWHERE

    def reaches(self, parties: Collection[str | None]) -> bool:
        """Return whether a thing with these parties (its owner, its units) is this actor's."""
        return self.everywhere or (self.party is not None and self.party in parties)

    def require(self, parties: Collection[str | None], what: str) -> None:
        """Raise `Refusal` (forbidden) when `what` is another party's; the text does not tell whose."""
        if not self.reaches(parties):
            raise Refusal(Why.FORBIDDEN, f"{what}不属于本单位，无权操作")

    def require_role(self, *roles: Role) -> None:
        """Raise `Refusal` (forbidden) for a role that may not do this."""
        if self.role not in roles and self.role is not Role.ADMIN:
            raise Refusal(Why.FORBIDDEN, f"此操作只限：{'、'.join(roles)}")


@dataclass(frozen=True, slots=True)
class Badge:
    """What a registered phone with its PIN may ask (DOMAIN T3: never the caller's number alone)."""

    role: Role
    party: str


class PinFault(StrEnum):
    """Why a PIN opens nothing."""

    WRONG = "wrong"
    LOCKED = "locked"

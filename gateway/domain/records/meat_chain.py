"""The links of a meat chain (DOMAIN 2.2), from the animal to the shop; each may still be missing from a record."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from gateway.domain.calendar import shifted
from gateway.domain.records.base import Name, Number, require

Celsius: TypeAlias = Annotated[float, msgspec.Meta(ge=-80, le=60)]
# How a certificate is numbered could not be confirmed: free text (DOMAIN 2.2).
_CertificateNo: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class Animal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One animal of the lot; `epc` is an SGTIN-96 or a GIAI-96, `tid` the chip's own number."""

    ear_tag: Annotated[str, msgspec.Meta(pattern=r"^[123][0-9]{14}$")]  # species, county GB/T 2260, serial
    epc: Annotated[str, msgspec.Meta(pattern=r"^(30|34)[0-9A-F]{22}$")] | None = None
    tid: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{16,48}$")] | None = None
    breed: Name | None = None
    sex: Literal["male", "female", "castrated"] | None = None
    born_on: date | None = None


class Feed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the lot was fed, and when."""

    name: Name
    maker: Name | None = None
    from_on: date
    to_on: date | None = None

    def __post_init__(self) -> None:
        """Check the order of days."""
        require(self.to_on is None or self.to_on >= self.from_on, "feeds.to_on", self.to_on, "结束日期早于开始日期")


class Vaccination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vaccination of the lot."""

    disease: Name
    vaccine: Name
    vaccine_batch: Number | None = None
    given_on: date
    vet: Name | None = None


class DrugUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One treatment with a veterinary drug; `given_on` is the last dose."""

    name: Name
    dose: Name | None = None
    given_on: date
    withdrawal_days: Annotated[int, msgspec.Meta(ge=0, le=365)]
    trace_code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{24}$")] | None = None  # on the drug's own pack

    @property
    def free_on(self) -> date:
        """Return the first day of lawful slaughter: after the last day of withdrawal (DOMAIN 2.2)."""
        return shifted(self.given_on, self.withdrawal_days + 1)


class Slaughter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the ear tag ends and the carcass begins; one carcass becomes many units."""

    abattoir: Name
    abattoir_id: Number | None = None  # its party
    slaughtered_on: date
    carcass_nos: tuple[Number, ...] = ()


class Quarantine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quarantine certificate, of the animals (产地检疫) or of the product."""

    number: _CertificateNo
    issued_by: Name | None = None
    issued_on: date
    result: Literal["pass", "fail"] = "pass"


class Stamp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The abattoir's meat inspection (肉品品质检验)."""

    number: _CertificateNo
    stamped_on: date


class Processing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From carcass to pack."""

    plant: Name
    plant_id: Number | None = None
    cut: Name | None = None
    packed_on: date
    net_kg: Annotated[float, msgspec.Meta(gt=0, le=2000)]  # of one unit
    storage_celsius: Celsius | None = None


class Leg(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One transport; all of it is for the firms and the regulator."""

    carrier: Name
    vehicle: Name | None = None
    origin: Name | None = None
    destination: Name | None = None
    departed_at: datetime
    arrived_at: datetime | None = None
    lowest_celsius: Celsius | None = None
    highest_celsius: Celsius | None = None

    def __post_init__(self) -> None:
        """Check the order of times and temperatures."""
        departed, arrived = self.departed_at, self.arrived_at or self.departed_at
        require(departed.tzinfo is not None, "logistics.departed_at", departed.isoformat(), "缺少时区")
        require(arrived.tzinfo is not None, "logistics.arrived_at", arrived.isoformat(), "缺少时区")
        require(arrived >= departed, "logistics.arrived_at", arrived.isoformat(), "到达早于出发")
        low, high = self.lowest_celsius, self.highest_celsius
        require(low is None or high is None or low <= high, "logistics.lowest_celsius", low, f"最低温高于最高温{high}")


class Retail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop that sells it."""

    shop: Name
    shop_id: Number | None = None
    arrived_on: date

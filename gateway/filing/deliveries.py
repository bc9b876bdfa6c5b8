"""Deliveries of filled cylinders (R31): who brings one, and to whom it is sold."""

from datetime import datetime
from typing import Annotated

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.records.base import Name, Number, PartyId, Phone
from gateway.domain.records.delivery import PHOTO_LIMIT, CylinderPrivate, Delivery
from gateway.domain.records.lpg import Cylinder
from gateway.filing.books import Books
from gateway.filing.events import (
    Sent,
    Taken,
    again,
    altered,
    checked,
    event,
    newest,
    party_of,
    refiled,
    reporter,
    settle,
)
from gateway.filing.things import Written, find, only_name

_PRIVATE = ("courier_photo", "courier_id_card", "courier_phone", "customer_id", "customer_address")
_SEALED = ("courier", *_PRIVATE)


class DeliveryEvent(Sent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cylinder handed over. ID card, photograph, phone and customer are for the regulator only (DOMAIN 0.7)."""

    code: Written | None = None  # of its seal
    cylinder_no: Written | None = None
    courier: Name
    staff_no: Number
    selling_unit: PartyId | None = None  # none: the party that reports it
    courier_photo: Annotated[bytes, msgspec.Meta(max_length=PHOTO_LIMIT)] | None = None  # JPEG or PNG, base64
    courier_id_card: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{17}[0-9X]$")] | None = None
    courier_phone: Phone | None = None
    customer_id: Number | None = None
    customer_address: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None

    def __post_init__(self) -> None:
        """Ask for one name of the cylinder."""
        only_name(code=self.code, cylinder_no=self.cylinder_no)


def deliver(books: Books, actor: Actor, sent: DeliveryEvent, now: datetime) -> Taken:
    """Take in a delivery by the cylinder's station, or by whoever sells for it; an older one changes no record."""
    actor.require_role(Role.STATION, Role.FIRM, Role.REGULATOR)
    party = reporter(actor, sent)
    thing = find(only_name(code=sent.code, cylinder_no=sent.cylinder_no), books, "lpg")
    # Whoever filled it last is none of them: a fill at another's station is recorded, and gives no right to it.
    actor.require((thing.owner, thing.parties.get("owner"), thing.parties.get("seller")), "该气瓶")
    seller = party_of(books, sent.selling_unit or party, "selling_unit")
    with checked():
        private = CylinderPrivate(**{name: getattr(sent, name) for name in _PRIVATE})
    new = event("delivery", thing, party, sent, now, _SEALED)
    if taken := again(books, new):
        return taken
    latest = newest(books, new)
    if latest:
        delivery = Delivery(
            name=sent.courier, staff_no=sent.staff_no, selling_unit=seller.name, selling_unit_id=seller.id
        )
        assert isinstance(thing.record, Cylinder)  # noqa: S101 - the only model of its type
        changed = altered(thing.record, delivery=delivery)
        books.records.put(refiled(thing, changed, private=private), actor.name, now)
    return settle(books, actor, new, now, applied=latest)

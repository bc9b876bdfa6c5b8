"""Who brings a cylinder, and to whom (DOMAIN 2.6): what the public may know of it, and what only the regulator."""

from typing import Annotated, ClassVar

import msgspec
from stdnum.cn import ric

from gateway.domain.records.base import Name, Number, PartyId, Phone, Private, require

PHOTO_LIMIT = 200_000  # octets
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # how JPEG (ITU-T T.81, SOI) and PNG (RFC 2083, 3.1) files begin


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who brings it. His photograph, ID card and phone are the regulator's: see `CylinderPrivate` (DOMAIN 0.7)."""

    name: Name
    staff_no: Number
    selling_unit: Name | None = None
    selling_unit_id: PartyId | None = None


class CylinderPrivate(Private, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The delivery man as the regulator may see him, and the customer of a real-name sale (DOMAIN 2.6)."""

    withheld: ClassVar[frozenset[str]] = frozenset({"customer_id", "customer_address"})

    courier_photo: Annotated[bytes, msgspec.Meta(max_length=PHOTO_LIMIT)] | None = None  # base64 in JSON
    courier_id_card: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{17}[0-9X]$")] | None = None
    courier_phone: Phone | None = None
    customer_id: Number | None = None
    customer_address: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None

    def __post_init__(self) -> None:
        """Check the picture by how it begins and the ID card by its check character; neither is repeated."""
        photo, card = self.courier_photo, self.courier_id_card
        require(photo is None or photo.startswith(_PICTURES), "courier_photo", "****", "不是JPEG或PNG图片")
        require(card is None or ric.is_valid(card), "courier_id_card", "****", "校验不通过，请核对身份证号")

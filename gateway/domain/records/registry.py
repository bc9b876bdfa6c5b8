"""Every record type the gateway knows; a new one is its module, its way, its templates and a line here."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from gateway.domain.records.base import RecordType
from gateway.domain.records.flour import FLOUR
from gateway.domain.records.lift import LIFT
from gateway.domain.records.liquor import LIQUOR
from gateway.domain.records.lpg import LPG
from gateway.domain.records.meat import MEAT
from gateway.domain.records.melon import MELON
from gateway.domain.records.station import STATION
from gateway.domain.records.tomato import TOMATO
from gateway.domain.records.vehicle import VEHICLE

# Its own model is each type's private matter: `RecordType.decide` checks that a record is of it.
AnyType: TypeAlias = RecordType[Any]

_TYPES: tuple[AnyType, ...] = (
    LIQUOR,
    FLOUR,
    TOMATO,
    MELON,
    MEAT,
    LPG,
    VEHICLE,
    STATION,
    LIFT,
)

REGISTRY: Mapping[str, AnyType] = {kind.name: kind for kind in _TYPES}
_OF_CLASS: Mapping[int, AnyType] = {digit: kind for kind in _TYPES for digit in kind.classes}


def of_class(digit: int) -> AnyType | None:
    """Return the type whose codes have class `digit`; None for a class without a type."""
    return _OF_CLASS.get(digit)

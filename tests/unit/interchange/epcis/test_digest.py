"""The canonical hash, against `epcis-event-hash-generator` 1.9.3, the reference implementation of CBV 2.0 §8.9.2.

The hashes below are what it computed for these events.
"""

import pytest

from gateway.interchange.epcis.context import Context
from gateway.interchange.epcis.digest import digest
from tests.builders import epcis
from tests.builders.epcis import CONTEXT, LOT, Json, an_event

PLACES: Json = {
    "readPoint": {"id": "urn:epc:id:sgln:6901234.00001.7"},
    "bizLocation": {"id": "urn:epc:id:sgln:6901234.00001.0"},
}
WEIGHED = an_event(
    "ObjectEvent",
    "2026-05-03T08:00",
    action="OBSERVE",
    bizStep="inspecting",
    disposition="in_progress",
    quantityList=[{"epcClass": LOT, "quantity": 200.50, "uom": "KGM"}],
    bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:6901234000016:1152"}],
    **PLACES,
) | {"eventTime": "2026-05-03T00:00:00.123456Z"}
HASHES = [
    (epcis.tagging(), "eab8c007292b9c7b5f551eccb7c4f0f19f264b3ea6a341ef3e911bb8d94e0a5e"),
    (epcis.selling(), "a510ec6b64739c158c562083943a121b4cd219a9fa332239bbf331882768e2dd"),
    (epcis.slaughter(), "d080cb4db9d0daaa85735f073a944f79863bce290d757c9d01d314b493ad180d"),
    (epcis.cutting(), "5f45742080597c7eb77a9dfe00bf02d4db19a91c2965d318b8a3a0fb7959d3f3"),
    (epcis.boxing(), "3009bee27c17dd0d841e4168240c4163556a21d93d9b2498e28d794d9ab08177"),
    (epcis.shipping(), "60efec82231d36f47b5c53db456ae7a1b27bb84486a2b4163c8658b416e1d317"),
    (WEIGHED, "d0ac06bc2d64a2c6692a288320bfcfbe74b6c00f9d58273fa5c2521c14749d35"),
]


def hashed(event: Json) -> str:
    return digest(event, Context().with_(CONTEXT).expand)


@pytest.mark.parametrize(("event", "known"), HASHES)
def test_a_hash_is_the_reference_implementations(event: Json, known: str) -> None:
    assert hashed(event) == f"ni:///sha-256;{known}?ver=CBV2.0"


def test_the_same_event_written_otherwise_has_the_same_hash() -> None:
    event = epcis.shipping()
    otherwise = dict(reversed(event.items())) | {
        "eventTime": "2026-05-03T00:00:00.000Z",
        "epcList": ["https://id.gs1.org/00/069012340000000177"],
        "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
        "eventID": "urn:uuid:another",
        "recordTime": "2026-05-06T08:00:00Z",
    }
    assert hashed(otherwise) == hashed(event)
    assert hashed(epcis.taken_back(event)) == hashed(event)


@pytest.mark.parametrize(
    "change",
    [
        {"eventTime": "2026-05-03T08:00:01+08:00"},
        {"epcList": [epcis.PACKS[0]]},
        {"action": "DELETE"},
        {"destinationList": epcis.to("somebody")},
        {"fx:transport": {"carrier": "冷链物流", "highest_celsius": 5.0}},
    ],
)
def test_another_event_has_another_hash(change: Json) -> None:
    assert hashed(epcis.shipping() | change) != hashed(epcis.shipping())

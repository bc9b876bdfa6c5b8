"""EPCIS documents as readers on farms, in abattoirs, plants and shops send them: a sheep's whole life."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from gateway.domain.epcis.event import Event
from gateway.domain.trace import Party, PartyKind
from gateway.filing.epcis import Document, Unread
from gateway.interchange.epcis.document import decode, read

Json: TypeAlias = dict[str, Any]

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"fx": "urn:fangxin100:epcis:"}]
FARM, ABATTOIR, PLANT, SHOP = "farm-wlt", "abattoir-lh", "plant-lh", "shop-xh"
PARTIES = [
    Party(FARM, "乌拉特中旗草原牧场", PartyKind.FARM, "150824"),
    Party(ABATTOIR, "临河清真屠宰场", PartyKind.ABATTOIR, "150802"),
    Party(PLANT, "临河分割厂", PartyKind.FACTORY, "150802"),
    Party(SHOP, "新华超市", PartyKind.RETAILER, "150802"),
]
SHEEP = "urn:fangxin100:eartag:315082400000001"
CARCASS = "urn:epc:id:giai:6901234.CARCASS1"
PACKS = ["urn:epc:id:sgtin:6901234.056789.1001", "urn:epc:id:sgtin:6901234.056789.1002"]
LOT = "urn:epc:class:lgtin:6901234.056789.BM-0501"
BOX = "urn:epc:id:sscc:6901234.0000000017"


def an_event(kind: str, at: str, number: str | None = None, **fields: Any) -> Json:  # noqa: ANN401 - JSON
    """Return an event; `at` is local time, as `2026-05-01T08:00`; `fx_…` are extension fields."""
    made: Json = {"type": kind, "eventTime": f"{at}:00+08:00", "eventTimeZoneOffset": "+08:00"}
    if number is not None:
        made["eventID"] = f"urn:uuid:{number}"
    return made | {name.replace("fx_", "fx:", 1) if name.startswith("fx_") else name: v for name, v in fields.items()}


def to(party: str) -> list[Json]:
    """Return the list that hands something over to a party."""
    return [{"type": "possessing_party", "destination": f"urn:fangxin100:party:{party}"}]


def tagging(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said = {
        "ilmd": {"fx:animal": {"breed": "巴美肉羊", "sex": "male", "born_on": "2025-09-01"}, "fx:breeder": "张三"},
        "epcList": [SHEEP],
        "bizStep": "commissioning",
    }
    return an_event("ObjectEvent", "2025-09-10T09:00", "tag", action="ADD") | said | fields


def raising(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said: Json = {
        "fx:feeds": [],
        "fx:vet_drugs": [],
        "fx:vaccines": [{"disease": "口蹄疫", "vaccine": "O型灭活疫苗", "given_on": "2025-11-01"}],
    }
    return (
        an_event("ObjectEvent", "2025-11-02T09:00", "raise", action="OBSERVE", epcList=[SHEEP], bizStep="inspecting")
        | said
        | fields
    )


def selling(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    paper = {"number": "1508240001", "issued_on": "2026-04-30"}
    return (
        an_event("ObjectEvent", "2026-04-30T10:00", "sell", action="OBSERVE", epcList=[SHEEP], bizStep="shipping")
        | {"destinationList": to(ABATTOIR), "fx:animal_quarantine": paper}
        | fields
    )


def slaughter(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said = {
        "inputEPCList": [SHEEP],
        "outputEPCList": [CARCASS],
        "fx:quarantine": {"number": "1508020101", "issued_on": "2026-05-01"},
    }
    return an_event("TransformationEvent", "2026-05-01T06:00", "kill", bizStep="transforming") | said | fields


def handing_over(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    return (
        an_event("ObjectEvent", "2026-05-01T18:00", "hand", action="OBSERVE", epcList=[CARCASS], bizStep="shipping")
        | {"destinationList": to(PLANT)}
        | fields
    )


def cutting(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said = {
        "inputEPCList": [CARCASS],
        "outputEPCList": PACKS,
        "outputQuantityList": [{"epcClass": LOT, "quantity": 2}],
        "ilmd": {
            "fx:type": "meat",
            "fx:record": {"product": "巴美羊肉", "shelf_life_days": 30},
            "fx:processing": {"cut": "后腿", "net_kg": 1.0},
        },
    }
    return an_event("TransformationEvent", "2026-05-02T07:00", "cut", bizStep="transforming") | said | fields


def boxing(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said = {"parentID": BOX, "childEPCs": PACKS, "bizStep": "packing"}
    return an_event("AggregationEvent", "2026-05-02T12:00", "box", action="ADD") | said | fields


def shipping(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    said = {"destinationList": to(SHOP), "fx:transport": {"carrier": "冷链物流", "highest_celsius": 4.0}}
    return (
        an_event("ObjectEvent", "2026-05-03T08:00", "ship", action="OBSERVE", epcList=[BOX], bizStep="shipping")
        | said
        | fields
    )


def receiving(**fields: Any) -> Json:  # noqa: ANN401 - JSON
    return (
        an_event("ObjectEvent", "2026-05-04T08:00", "shelf", action="OBSERVE", epcList=[BOX], bizStep="receiving")
        | fields
    )


def a_life() -> list[tuple[str, Json]]:
    """Return who says what, from the ear tag to the shop."""
    return [
        (FARM, tagging()),
        (FARM, raising()),
        (FARM, selling()),
        (ABATTOIR, slaughter()),
        (ABATTOIR, handing_over()),
        (PLANT, cutting()),
        (PLANT, boxing()),
        (PLANT, shipping()),
        (SHOP, receiving()),
    ]


def taken_back(event: Json) -> Json:
    """Return the declaration that an event was in error."""
    return event | {"errorDeclaration": {"declarationTime": "2026-05-05T08:00:00+08:00", "reason": "incorrect_data"}}


def a_document(*events: Json, context: object = CONTEXT) -> bytes:
    return json.dumps(
        {
            "@context": context,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-05T08:00:00+08:00",
            "epcisBody": {"eventList": list(events)},
        },
        ensure_ascii=False,
    ).encode()


def as_read(*events: Json, context: object = CONTEXT) -> Sequence[Event | Unread]:
    """Return what the gateway reads of these events."""
    document: Document = decode(a_document(*events, context=context))
    return read(document)


def as_event(event: Json) -> Event:
    """Return the one event, which can be read."""
    (found,) = as_read(event)
    assert isinstance(found, Event), found
    return found

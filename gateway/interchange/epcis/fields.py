"""The fields of EPCIS events, as the standard writes them (EPCIS 2.0 §7.4 and its JSON binding)."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from gateway.domain.epcis.event import Kind

MOST_NAMES: Final = 5_000  # in one list of one event

_Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Names: TypeAlias = Annotated[list[_Text], msgspec.Meta(max_length=MOST_NAMES)]


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many, or so much, of a kind or a lot of goods."""

    epcClass: _Text  # noqa: N815 - the standard's name
    quantity: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    uom: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{2,3}$")] | None = None  # UN/ECE Recommendation 20


class Destination(msgspec.Struct, frozen=True):
    """Whom or where something is handed over to."""

    type: _Text
    destination: _Text


class _Source(msgspec.Struct, frozen=True):
    type: _Text
    source: _Text


class _Transaction(msgspec.Struct, frozen=True, rename="camel"):
    biz_transaction: _Text
    type: _Text | None = None


class _Place(msgspec.Struct, frozen=True):
    id: _Text


class _Dispositions(msgspec.Struct, frozen=True):
    set: list[_Text] = []
    unset: list[_Text] = []


class _Sensor(msgspec.Struct, frozen=True, rename="camel"):
    sensor_report: list[dict[str, Any]]
    sensor_metadata: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class _Declaration(msgspec.Struct, frozen=True):
    declarationTime: Annotated[datetime, msgspec.Meta(tz=True)]  # noqa: N815 - the standard's name


_Quantities: TypeAlias = Annotated[list[Quantity], msgspec.Meta(max_length=MOST_NAMES)]


class Sent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An event's own fields (EPCIS 2.0 §7.4); extensions are taken out before."""

    type: Kind
    event_time: Annotated[datetime, msgspec.Meta(tz=True)]
    event_time_zone_offset: Annotated[str, msgspec.Meta(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$")]
    event_id: _Text | None = msgspec.field(name="eventID", default=None)
    record_time: Any = None
    error_declaration: _Declaration | None = None
    action: Literal["ADD", "OBSERVE", "DELETE"] | None = None
    biz_step: str | None = None
    disposition: str | None = None
    persistent_disposition: _Dispositions | msgspec.UnsetType = msgspec.UNSET
    epc_list: _Names = []
    quantity_list: _Quantities = []
    parent_id: _Text | None = msgspec.field(name="parentID", default=None)
    child_epcs: _Names = msgspec.field(name="childEPCs", default_factory=list)
    child_quantity_list: _Quantities = []
    input_epcs: _Names = msgspec.field(name="inputEPCList", default_factory=list)
    input_quantity_list: _Quantities = []
    output_epcs: _Names = msgspec.field(name="outputEPCList", default_factory=list)
    output_quantity_list: _Quantities = []
    read_point: _Place | msgspec.UnsetType = msgspec.UNSET
    biz_location: _Place | msgspec.UnsetType = msgspec.UNSET
    biz_transaction_list: list[_Transaction] = []
    source_list: list[_Source] = []
    destination_list: list[Destination] = []
    sensor_element_list: list[_Sensor] = []
    certification_info: str | list[str] | None = None
    ilmd: dict[str, Any] | None = None

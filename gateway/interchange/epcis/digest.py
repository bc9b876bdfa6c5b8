"""The canonical hash of an event (CBV 2.0 §8.9.2): what an event without `eventID` is known by, and what tells two
events apart.

Left out are `eventID`, `recordTime` and `errorDeclaration`, so that a declaration of error has the hash of the event
that it takes back.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeAlias

from gateway.interchange.epcis.identifiers import normalised

_CBV: Final = "https://ref.gs1.org/cbv/"
_VOCABULARY: Final = "https://gs1.org/voc/"
_OLD_URNS: Final = {"bizstep": "BizStep", "disp": "Disp", "btt": "BTT", "sdt": "SDT", "er": "ER"}
_OLD: Final = re.compile(r"urn:epcglobal:cbv:(bizstep|disp|btt|sdt|er):")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\Z")
_IGNORED: Final = frozenset(
    {"type", "eventID", "recordTime", "errorDeclaration", "@context", "rdfs:comment", "comment"}
)

_Write: TypeAlias = Callable[[str, Any], str]
# Writes the name of a field as `{namespace}name`.
Expand: TypeAlias = Callable[[str], str]


def digest(event: Mapping[str, Any], expand: Expand) -> str:
    """Return the event's hash as a `ni` URI (RFC 6920), which is how CBV makes an eventID of it."""
    return f"ni:///sha-256;{sha256(prehash(event, expand).encode()).hexdigest()}?ver=CBV2.0"


def prehash(event: Mapping[str, Any], expand: Expand) -> str:
    """Return the text that is hashed: every field in its canonical order and form, nothing between them."""
    ordered = "".join(write(name, event[name]) for name, write in _ORDER.items() if name in event)
    others = {name: value for name, value in event.items() if name not in _KNOWN and name not in _IGNORED}
    pairs = [write(name, event[name]) for name, write in _PAIRS.items() if name in event]
    return f"eventType={event['type']}{ordered}{''.join(sorted([*pairs, *_extensions(others, expand)]))}"


def _extensions(fields: Mapping[str, Any], expand: Expand) -> Iterator[str]:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield expand(name) + "".join(sorted(_extensions(one, expand)))
            else:
                yield expand(name) + _value(_text(one))


def _text(value: object) -> str:
    return str(value) if value is not None else ""


def _value(text: str) -> str:
    """Return `=` and a value in its canonical form; nothing for an empty one."""
    text = _OLD.sub(lambda found: f"{_CBV}{_OLD_URNS[found[1]]}-", text.strip())
    if _NUMBER.match(text):
        number = float(text)
        text = str(int(number)) if number.is_integer() else str(number)
    return f"={normalised(text)}" if text else ""


def _plain(name: str, value: object) -> str:
    found = _value(_text(value))
    return name + found if found else ""


def _moment(name: str, value: object) -> str:
    """Write a time in UTC and milliseconds."""
    try:
        moment = datetime.fromisoformat(_text(value)).astimezone(UTC) + timedelta(microseconds=500)
    except (ValueError, OverflowError):  # of a sensor, whose times nobody reads here
        return _plain(name, value)
    return f"{name}={moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _worded(prefix: str) -> _Write:
    """Write a word of a vocabulary with the address of the vocabulary."""

    def write(name: str, value: object) -> str:
        text = _text(value)
        return _plain(name, prefix + text if text and ":" not in text else text)

    return write


def _listed(name: str, values: Any) -> str:  # noqa: ANN401 - plain JSON
    found = "".join(sorted(_plain("epc", value) for value in values))
    return name + found if found else ""


def _quantities(name: str, values: Any) -> str:  # noqa: ANN401 - plain JSON
    fields = ("epcClass", "quantity", "uom")
    found = sorted(
        "quantityElement" + "".join(_plain(field, value[field]) for field in fields if field in value)
        for value in values
    )
    return name + "".join(found) if found else ""


def _pairs(prefix: str) -> _Write:
    worded = _worded(prefix)

    def write(name: str, values: Any) -> str:  # noqa: ANN401 - plain JSON
        field = name.removesuffix("List")
        found = sorted(worded("type", value.get("type")) + _plain(field, value.get(field)) for value in values)
        return name + "".join(found) if found else ""

    return write


def _place(name: str, value: Any) -> str:  # noqa: ANN401 - plain JSON
    return name + _plain("id", value.get("id"))


def _dispositions(name: str, value: Any) -> str:  # noqa: ANN401 - plain JSON
    worded = _worded(f"{_CBV}Disp-")
    found = "".join("".join(sorted(worded(part, one) for one in value.get(part, ()))) for part in ("set", "unset"))
    return name + found if found else ""


_METADATA: Final[Mapping[str, _Write]] = {
    "time": _moment,
    "startTime": _moment,
    "endTime": _moment,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _plain),
}
_REPORT: Final[Mapping[str, _Write]] = {
    "type": _worded(_VOCABULARY),
    "exception": _worded(_VOCABULARY),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), _plain),
    "time": _moment,
    "microorganism": _plain,
    "chemicalSubstance": _plain,
    "value": _plain,
    "component": _worded(f"{_CBV}Comp-"),
    **dict.fromkeys(("stringValue", "booleanValue", "hexBinaryValue", "uriValue"), _plain),
    **dict.fromkeys(("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom"), _plain),
    "coordinateReferenceSystem": _plain,
}


def _sensors(name: str, values: Any) -> str:  # noqa: ANN401 - plain JSON
    def fields(head: str, value: Mapping[str, Any], order: Mapping[str, _Write]) -> str:
        return head + "".join(write(field, value[field]) for field, write in order.items() if field in value)

    found = sorted(
        "sensorElement"
        + (fields("sensorMetadata", value["sensorMetadata"], _METADATA) if "sensorMetadata" in value else "")
        + "".join(sorted(fields("sensorReport", report, _REPORT) for report in value.get("sensorReport", ())))
        for value in values
    )
    return name + "".join(found) if found else ""


_ORDER: Final[Mapping[str, _Write]] = {
    "eventTime": _moment,
    "eventTimeZoneOffset": _plain,
    "certificationInfo": _plain,
    "parentID": _plain,
    "epcList": _listed,
    "inputEPCList": _listed,
    "childEPCs": _listed,
    "quantityList": _quantities,
    "childQuantityList": _quantities,
    "inputQuantityList": _quantities,
    "outputEPCList": _listed,
    "outputQuantityList": _quantities,
    "action": _plain,
    "transformationID": _plain,
    "bizStep": _worded(f"{_CBV}BizStep-"),
    "disposition": _worded(f"{_CBV}Disp-"),
    "persistentDisposition": _dispositions,
    "readPoint": _place,
    "bizLocation": _place,
    "sensorElementList": _sensors,
}
# The reference implementation (`epcis-event-hash-generator` 1.9.3) sorts these among the extensions.
_PAIRS: Final[Mapping[str, _Write]] = {
    "bizTransactionList": _pairs(f"{_CBV}BTT-"),
    "sourceList": _pairs(f"{_CBV}SDT-"),
    "destinationList": _pairs(f"{_CBV}SDT-"),
}
_KNOWN: Final = _ORDER.keys() | _PAIRS.keys()

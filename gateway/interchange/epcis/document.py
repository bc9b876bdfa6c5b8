"""Documents into events: each event by itself, so that what is wrong with one is told of that one."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, get_type_hints

import msgspec

from gateway.domain.epcis.event import Event, Kind, Part, Said
from gateway.domain.epcis.lot import MEAT_FIELDS
from gateway.domain.epcis.names import EAR_TAG, LOT, PARTY, is_kind, lot, serial
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.registry import REGISTRY
from gateway.domain.wording import understood
from gateway.filing.epcis import Document, Unread
from gateway.filing.things import require_plain
from gateway.interchange.epcis.context import LOT_NUMBER, Context
from gateway.interchange.epcis.digest import digest
from gateway.interchange.epcis.fields import Destination, Quantity, Sent
from gateway.interchange.epcis.identifiers import canonical

MOST_DEPTH: Final = 16  # levels of JSON in one event
_FIRST_YEAR: Final = 2000  # a reader without a clock begins at 1970

_WORD: Final = re.compile(r"(?:https://ref\.gs1\.org/cbv/[A-Za-z]+-|urn:epcglobal:cbv:[a-z]+:)?([a-z_]{1,64})\Z")
_HANDED_OVER: Final = frozenset({"possessing_party", "owning_party"})


class _Wrong(Exception):
    """What is wrong with an event: the field, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def read(document: Document) -> list[Event | Unread]:
    """Return the document's events in their order, or what is wrong with each. Raises `Refusal` for the whole."""
    context = Context().with_(document.context)
    return [_read(raw, context) for raw in document.epcis_body.event_list]


def _read(raw: msgspec.Raw, context: Context) -> Event | Unread:
    fields: Any = None
    try:
        fields = msgspec.json.decode(raw)
        return _event(fields, context)
    except _Wrong as err:
        return Unread(_id(fields), err.field, err.reason)
    except Refusal as err:
        return Unread(_id(fields), err.field, str(err))
    except msgspec.ValidationError as err:
        return Unread(_id(fields), *_told(err))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        # A document is read without looking into its events.
        return Unread(None, "", f"不是有效的JSON，编码应为UTF-8（{err}）")


def _told(err: msgspec.ValidationError) -> tuple[str, str]:
    """Return which field msgspec refuses, with its indexes, and why, in Chinese."""
    fault = understood(str(err))
    return fault.path, fault.reason


def _id(fields: Any) -> str | None:  # noqa: ANN401 - plain JSON
    found = fields.get("eventID") if isinstance(fields, dict) else None
    return found[:255] if isinstance(found, str) else None


def _event(fields: Any, outer: Context) -> Event:  # noqa: ANN401 - plain JSON
    if not isinstance(fields, dict):
        raise _Wrong("", "事件应为JSON对象")
    _check_json(fields, MOST_DEPTH)
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in set(Kind):
        raise _Wrong("type", f"不支持的事件类型 {str(kind)[:40]}；本接口接收 EPCIS 2.0 JSON 子集：{'、'.join(Kind)}")
    context = outer.with_(fields["@context"]) if "@context" in fields else outer
    own = {name: value for name, value in fields.items() if ":" not in name and name != "@context"}
    sent = msgspec.convert(own, Sent)
    _need(sent.event_time.year >= _FIRST_YEAR, "eventTime", f"早于{_FIRST_YEAR}年，请核对设备时钟")
    said = _said(fields, sent.ilmd or {}, context)
    names = _with_ear_tag(_names(sent), said)
    hashed = digest(fields, context.expand)
    # Its prefixes go with it: who reads it back sees no other event's document.
    kept = {**fields, "eventID": sent.event_id or hashed} | ({"@context": context.declared} if context.declared else {})
    return Event(
        id=sent.event_id or hashed,
        kind=sent.type,
        at=sent.event_time,
        digest=hashed,
        action=None if sent.type is Kind.TRANSFORMATION else sent.action,
        step=_word("bizStep", sent.biz_step),
        disposition=_word("disposition", sent.disposition),
        names=names | _lots(said, names),
        to=_handed_to(sent.destination_list),
        said=said,
        taken_back=sent.error_declaration is not None,
        sent=msgspec.Raw(msgspec.json.encode(kept)),
    )


def _check_json(value: Any, levels: int) -> None:  # noqa: ANN401 - plain JSON
    """Refuse what is nested too deeply, and characters that no database holds."""
    if isinstance(value, str):
        _need("\0" not in value, "", "内容中含有不可用的字符 \\u0000")
    elif isinstance(value, dict | list):
        _need(levels > 0, "", f"嵌套超过{MOST_DEPTH}层")
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            _check_json(part, levels - 1)


def _word(field: str, written: str | None) -> str | None:
    """Return CBV's bare word, however its vocabulary is written."""
    if written is None:
        return None
    found = _WORD.match(written)
    if found is None:
        raise _Wrong(field, f"{written[:80]} 不是 CBV 的词")
    return found[1]


def _said(fields: Mapping[str, Any], ilmd: Mapping[str, Any], context: Context) -> Said:
    """Return our extension fields, at the event and in its ILMD. Others' are kept, and not read."""
    found: dict[str, Any] = {}
    for place, given in (("", fields), ("ilmd.", ilmd)):
        for name, value in given.items():
            if ":" in name and context.expand(name) == name and "://" not in name:
                raise _Wrong(f"{place}{name}", "前缀未在 @context 中声明")
            ours = "lot" if context.expand(name) == LOT_NUMBER else context.ours(name)
            if ours is None:
                continue
            if found.get(ours, value) != value:
                raise _Wrong(f"{place}{name}", "同一内容写了两次，且不一致")
            require_plain(value, f"fx:{ours}")
            found[ours] = value
    try:
        said = msgspec.convert(found, Said)
    except msgspec.ValidationError as err:
        field, reason = _told(err)
        raise _Wrong(f"fx:{field}", reason) from err
    _check(said)
    return said


def _check(said: Said) -> None:
    if said.record is None:
        return
    if said.type is None:
        raise _Wrong("fx:type", "有 fx:record 时须写明批次类型")
    model = REGISTRY[said.type].model
    told = MEAT_FIELDS if said.type == "meat" else set(model.__struct_fields__) - {"batch_no", "carton_code"}
    if derived := sorted(said.record.keys() & (set(model.__struct_fields__) - told)):
        raise _Wrong(f"fx:record.{derived[0]}", "由事件得出，不能直接填写")
    try:
        msgspec.convert(said.record, _part_of(said.type))
    except msgspec.ValidationError as err:
        field, reason = _told(err)
        raise _Wrong(f"fx:record.{field}", reason) from err


@cache
def _part_of(record_type: str) -> type[msgspec.Struct]:
    """Return a record's model with no field required: events tell a record piece by piece."""
    model = REGISTRY[record_type].model
    hints = get_type_hints(model, include_extras=True)
    fields = [(name, hints[name] | msgspec.UnsetType, msgspec.UNSET) for name in model.__struct_fields__]
    return msgspec.defstruct(f"{model.__name__}Part", fields, kw_only=True, forbid_unknown_fields=True)


def _names(sent: Sent) -> dict[Part, tuple[str, ...]]:
    if sent.type is not Kind.TRANSFORMATION and sent.action is None:
        raise _Wrong("action", "必填：ADD、OBSERVE 或 DELETE")
    match sent.type:
        case Kind.OBJECT:
            names = {Part.EPC: _things("epcList", sent.epc_list, "quantityList", sent.quantity_list)}
            _need(bool(names[Part.EPC]) or bool(sent.quantity_list), "epcList", "至少有一个标识")
            return names
        case Kind.AGGREGATION:
            _need(sent.parent_id is not None or sent.action == "OBSERVE", "parentID", "必填")
            children = _things("childEPCs", sent.child_epcs, "childQuantityList", sent.child_quantity_list)
            _need(bool(children) or sent.action != "ADD", "childEPCs", "至少有一个标识")
            parent = (_name("parentID", sent.parent_id),) if sent.parent_id else ()
            return {Part.PARENT: parent, Part.CHILD: children}
        case _:
            inputs = _things("inputEPCList", sent.input_epcs, "inputQuantityList", sent.input_quantity_list)
            outputs = _things("outputEPCList", sent.output_epcs, "outputQuantityList", sent.output_quantity_list)
            _need(bool(inputs) and bool(outputs), "inputEPCList", "投入和产出须写在同一事件中，各至少有一个标识")
            return {Part.INPUT: inputs, Part.OUTPUT: outputs}


def _with_ear_tag(names: dict[Part, tuple[str, ...]], said: Said) -> dict[Part, tuple[str, ...]]:
    """Name an animal by its ear tag as well, so that no other gets the same; what is one animal's is told of one."""
    animal = said.animal
    if animal is None or not (animal.ear_tag or animal.epc or animal.tid):
        return names
    things = names.get(Part.EPC, ())
    _need(len(things) == 1, "fx:animal", "耳标号、芯片号只能写在一只动物的事件中")
    own = () if animal.ear_tag is None else (f"{EAR_TAG}{animal.ear_tag}",)
    return names | {Part.EPC: tuple(dict.fromkeys((*things, *own)))}


def _things(field: str, epcs: Sequence[str], class_field: str, classes: Sequence[Quantity]) -> tuple[str, ...]:
    """Return the names of both lists, each once; a mere kind of goods is no thing."""
    single = [_name(f"{field}[{at}]", epc) for at, epc in enumerate(epcs)]
    lots = [_name(f"{class_field}[{at}].epcClass", one.epcClass) for at, one in enumerate(classes)]
    return tuple(dict.fromkeys(name for name in (*single, *lots) if not is_kind(name)))


def _name(field: str, written: str) -> str:
    try:
        return canonical(written)
    except ValueError as err:
        raise _Wrong(field, str(err)) from err


def _lots(said: Said, names: Mapping[Part, tuple[str, ...]]) -> dict[Part, tuple[str, ...]]:
    """Return the lots that an event is about: those it names, and the one its extension fields describe."""
    named = {name for part in names.values() for name in part if name.startswith(LOT)}
    if said.type is not None:
        made = [name for part in (Part.EPC, Part.OUTPUT) for name in names.get(part, ()) if "/10/" in name]
        numbers = {said.lot} if said.lot else {serial(name) for name in made}
        _need(len(numbers) == 1, "fx:lot", "写明批次类型时须有且只有一个批号（fx:lot 或 LGTIN）")
        named.add(lot(said.type, str(numbers.pop())))
    return {Part.LOT: tuple(sorted(named))} if named else {}


def _handed_to(destinations: Sequence[Destination]) -> tuple[str, ...]:
    names = [one.destination for one in destinations if _word("destinationList", one.type) in _HANDED_OVER]
    return tuple(dict.fromkeys(name.removeprefix(PARTY) for name in names if name.startswith(PARTY)))


def _need(holds: bool, field: str, reason: str) -> None:
    if not holds:
        raise _Wrong(field, reason)


def decode(sent: bytes) -> Document:
    """Return a document as it was sent. Raises `Refusal` for what is none."""
    try:
        return msgspec.json.decode(sent, type=Document)
    except msgspec.ValidationError as err:
        field, reason = _told(err)
        raise Refusal(Why.INVALID, f"{field or '文件'}：{reason}", field) from err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise Refusal(Why.INVALID, f"内容不是有效的JSON，编码应为UTF-8（{err}）") from err

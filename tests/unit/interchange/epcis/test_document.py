"""Documents into events: what is read of them, and what is refused, by name and by place."""

import json

import msgspec
import pytest

from gateway.domain.epcis.event import Event, Kind, Part
from gateway.domain.errors import Refusal
from gateway.filing.epcis import MOST_EVENTS, Unread
from gateway.interchange.epcis.document import decode, read
from gateway.interchange.epcis.fields import MOST_NAMES
from tests.builders import epcis
from tests.builders.epcis import BOX, CONTEXT, LOT, PACKS, Json, a_document, an_event, as_event, as_read

HASH = "ni:///sha-256;"


def fault(event: object, context: object = CONTEXT) -> tuple[str, str]:
    """Return the field and the reason for which an event is refused."""
    (found,) = as_read(event, context=context)  # type: ignore[arg-type]  # what is no event, too
    assert isinstance(found, Unread), found
    return found.field, found.reason


def test_an_event_is_read_with_every_name_in_its_one_form() -> None:
    event = as_event(epcis.cutting())
    assert (event.id, event.kind, event.step) == ("urn:uuid:cut", Kind.TRANSFORMATION, "transforming")
    assert event.names[Part.OUTPUT] == (
        "https://id.gs1.org/01/06901234567892/21/1001",
        "https://id.gs1.org/01/06901234567892/21/1002",
        "https://id.gs1.org/01/06901234567892/10/BM-0501",
    )
    assert event.lots == ("urn:fangxin100:lot:meat:BM-0501",)
    assert event.said.record == {"product": "巴美羊肉", "shelf_life_days": 30}


def test_an_event_is_kept_as_it_was_sent_with_its_prefixes_and_its_id() -> None:
    sent = epcis.boxing() | {"fx:transport": {"carrier": "车队"}, "other:field": [1, {"a": None}]}
    del sent["eventID"]
    context = [*CONTEXT, {"other": "http://ns.example.com/"}]
    (event,) = as_read(sent, context=context)
    assert isinstance(event, Event)
    kept = json.loads(bytes(event.sent))
    assert kept.pop("@context") == {"fx": "urn:fangxin100:epcis:", "other": "http://ns.example.com/"}
    assert kept.pop("eventID") == event.id
    assert event.id.startswith(HASH)
    assert kept == sent


def test_an_animal_with_another_epc_is_named_by_its_ear_tag_as_well() -> None:
    chip, tag = "urn:epc:id:giai:6901234.77", "315082400000009"
    event = as_event(epcis.tagging(epcList=[chip], ilmd={"fx:animal": {"ear_tag": tag}}))
    assert event.makes == ("https://id.gs1.org/8004/690123477", f"urn:fangxin100:eartag:{tag}")
    two = epcis.tagging(epcList=[chip, chip + "8"], ilmd={"fx:animal": {"tid": "E2801160600002"}})
    assert fault(two) == ("fx:animal.tid", "格式不符")
    two["ilmd"]["fx:animal"]["tid"] = "E280116060000205"
    assert fault(two) == ("fx:animal", "耳标号、芯片号只能写在一只动物的事件中")


def test_a_kind_of_goods_is_no_thing() -> None:
    kind = {"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 10}
    event = as_event(epcis.boxing(childQuantityList=[kind, {"epcClass": LOT, "quantity": 200.5, "uom": "KGM"}]))
    assert event.names[Part.CHILD][-1].endswith("/10/BM-0501")
    assert len(event.names[Part.CHILD]) == len(PACKS) + 1


def test_any_prefix_may_stand_for_our_fields_and_the_lot_number_may_be_cbvs() -> None:
    ilmd = {
        "bm:type": "melon",
        "bm:record": {"product": "华莱士瓜", "origin": "磴口县"},
        "cbvmda:lotNumber": "HLS-01",
    }
    picked = an_event("ObjectEvent", "2026-05-02T08:00", action="ADD", epcList=["urn:epc:id:sgtin:6901234.056789.1"])
    (event,) = as_read(picked | {"ilmd": ilmd}, context=[CONTEXT[0], {"bm": "urn:fangxin100:epcis:"}])
    assert isinstance(event, Event)
    assert event.lots == ("urn:fangxin100:lot:melon:HLS-01",)


@pytest.mark.parametrize("context", ["https://evil.example/context.jsonld", [CONTEXT[0], "http://169.254.169.254/x"]])
def test_a_remote_context_is_refused_by_name_and_never_fetched(context: object) -> None:
    with pytest.raises(Refusal, match=r"外部上下文，本系统不下载") as refused:
        as_read(epcis.boxing(), context=context)
    assert refused.value.field == "@context"
    assert fault(epcis.boxing() | {"@context": context})[0] == "@context"


@pytest.mark.parametrize("context", [None, 7, [], {}, {"fx": {"@id": "urn:x"}}, {"@import": "https://evil.example/"}])
def test_a_context_is_the_standards_or_prefixes(context: object) -> None:
    if context in ([], {}):
        assert fault(epcis.tagging(), context)[1] == "前缀未在 @context 中声明"
    else:
        with pytest.raises(Refusal, match="标准上下文的地址"):
            as_read(epcis.boxing(), context=context)


FAULTS: list[tuple[object, str, str]] = [
    ("text", "", "事件应为JSON对象"),
    (epcis.boxing() | {"type": "TransactionEvent"}, "type", "不支持的事件类型 TransactionEvent"),
    (epcis.boxing() | {"type": "AssociationEvent"}, "type", "不支持的事件类型 AssociationEvent"),
    (epcis.boxing() | {"type": ["ObjectEvent"]}, "type", "不支持的事件类型"),
    (epcis.boxing() | {"eventTime": "2026-05-02T12:00:00"}, "eventTime", "时间须写明时区"),
    (epcis.boxing() | {"eventTime": "2026-06-31T12:00:00+08:00"}, "eventTime", "日期或时间无效"),
    (epcis.boxing() | {"eventTimeZoneOffset": "+8"}, "eventTimeZoneOffset", "格式不符"),
    (epcis.boxing() | {"eventTime": "1970-01-01T00:00:07+08:00"}, "eventTime", "早于2000年"),
    (epcis.boxing() | {"fx:transport": {"carrier": "a\0b"}}, "", "不可用的字符"),
    (epcis.boxing() | {"readPoint": {"id": 7}}, "readPoint.id", "应为文字"),
    (epcis.boxing() | {"action": "UPDATE"}, "action", "不在可选项内"),
    ({name: value for name, value in epcis.boxing().items() if name != "action"}, "action", "必填"),
    (epcis.boxing() | {"parentID": None}, "parentID", "必填"),
    (epcis.boxing() | {"childEPCs": []}, "childEPCs", "至少有一个标识"),
    (epcis.boxing() | {"childEPCs": [PACKS[0], "no name"]}, "childEPCs[1]", "不是本接口支持的 EPC 标识"),
    (epcis.boxing() | {"childEPCs": ["x"] * (MOST_NAMES + 1)}, "childEPCs", f"最多{MOST_NAMES}项"),
    (epcis.boxing() | {"childEpcs": PACKS}, "childEpcs", "没有“childEpcs”这一项"),
    (epcis.boxing() | {"bizStep": "Boxing it"}, "bizStep", "不是 CBV 的词"),
    (epcis.boxing() | {"eventID": "x" * 256}, "eventID", "太长，最多255个字"),
    (epcis.cutting() | {"inputEPCList": []}, "inputEPCList", "投入和产出须写在同一事件中"),
    (epcis.cutting() | {"transformationID": "urn:x"}, "transformationID", "没有“transformationID”这一项"),
    (
        epcis.cutting() | {"outputQuantityList": [{"epcClass": LOT, "quantity": 1e10}]},
        "outputQuantityList[0].quantity",
        "不能大于",
    ),
    (epcis.tagging() | {"fx:farm": "x"}, "fx:farm", "没有“farm”这一项"),
    (epcis.raising() | {"fx:vaccines": [{"disease": "口蹄疫"}]}, "fx:vaccines[0].vaccine", "必填"),
    (epcis.cutting() | {"fx:slaughter": {}}, "fx:slaughter", "没有“slaughter”这一项"),
    (
        epcis.cutting(ilmd={"fx:type": "meat", "fx:record": {"product": "羊肉", "slaughter": {}}}),
        "fx:record.slaughter",
        "由事件得出，不能直接填写",
    ),
    (epcis.cutting(ilmd={"fx:type": "meat", "fx:record": {"prodcut": "羊肉"}}), "fx:record.prodcut", "没有“prodcut”"),
    (epcis.cutting(ilmd={"fx:type": "meat", "fx:record": {"product": 7}}), "fx:record.product", "应为文字"),
    (
        epcis.cutting(ilmd={"fx:type": "melon", "fx:record": {"pesticides": [{"name": "吡虫啉"}]}}),
        "fx:record.pesticides[0].applied_on",
        "必填",
    ),
    (epcis.boxing() | {"fx:type": "meat"}, "fx:lot", "有且只有一个批号"),
    (epcis.cutting() | {"fx:type": "liquor"}, "ilmd.fx:type", "同一内容写了两次"),
    (epcis.tagging() | {"ilmd": {"fx:record": {"product": "羊肉"}}}, "fx:type", "须写明批次类型"),
    (epcis.tagging() | {"zz:field": 1}, "zz:field", "前缀未在 @context 中声明"),
    (epcis.taken_back(epcis.boxing()) | {"errorDeclaration": {}}, "errorDeclaration.declarationTime", "必填"),
]


@pytest.mark.parametrize(("event", "field", "reason"), FAULTS)
def test_what_is_wrong_with_an_event_is_told_by_field_and_reason(event: object, field: str, reason: str) -> None:
    told_field, told_reason = fault(event)
    assert told_field == field
    assert reason in told_reason


def test_one_bad_event_leaves_the_others_as_they_are() -> None:
    found = as_read(epcis.tagging(), epcis.boxing() | {"type": "QuantityEvent"}, epcis.boxing())
    assert [type(one) for one in found] == [Event, Unread, Event]


def test_a_file_in_another_encoding_is_told_event_by_event() -> None:
    sent = a_document(epcis.tagging(), epcis.boxing()).replace("巴美肉羊".encode(), "巴美肉羊".encode("gb18030"))
    first, second = read(decode(sent))
    assert isinstance(first, Unread)
    assert "UTF-8" in first.reason
    assert isinstance(second, Event)


def test_text_is_one_line_without_blank_ends() -> None:
    for name in ("羊肉\n【放心100】正品", " 羊肉", "羊肉\u2028"):
        said = {"fx:type": "meat", "fx:lot": "A1", "fx:record": {"product": name}}
        assert fault(epcis.cutting(ilmd=said)) == ("fx:record.product", "首尾不能有空格，中间不能有换行等控制字符")
    assert fault(epcis.cutting(ilmd={"fx:type": "meat", "fx:lot": "A1\nB"}))[0] == "fx:lot"


@pytest.mark.parametrize("depth", [20, 100_000])
def test_what_is_nested_without_end_is_refused(depth: int) -> None:
    document = a_document(epcis.boxing() | {"fx:x": 1}).replace(b'"fx:x": 1', b'"fx:x": ' + b"[" * depth + b"]" * depth)
    try:
        (found,) = read(decode(document))
    except Refusal as err:  # as a whole, where the decoder itself stops
        reason = str(err)
    else:
        assert isinstance(found, Unread)
        reason = found.reason
    assert reason == "嵌套超过16层" or "不是有效的JSON" in reason


WHOLE: list[tuple[Json, str]] = [
    ({"type": "EPCISQueryDocument"}, "type"),
    ({"schemaVersion": "1.2"}, "schemaVersion"),
    ({"creationDate": "yesterday"}, "creationDate"),
    ({"epcisBody": {}}, "epcisBody.eventList"),
    ({"epcisBody": {"eventList": [{}] * (MOST_EVENTS + 1)}}, "epcisBody.eventList"),
]


@pytest.mark.parametrize(("change", "field"), WHOLE)
def test_a_document_that_is_none_is_refused_as_a_whole(change: Json, field: str) -> None:
    document = json.loads(a_document()) | change
    with pytest.raises(Refusal) as refused:
        decode(json.dumps(document).encode())
    assert refused.value.field == field


def test_what_is_no_json_is_refused_and_no_error_of_ours() -> None:
    for sent in (b"", b"{", b"\xff", b"[]", b"null"):
        with pytest.raises(Refusal, match=r"^(内容|文件)"):
            decode(sent)


def test_the_parent_of_an_aggregation_need_not_be_told_when_it_is_only_observed() -> None:
    observed = epcis.boxing(action="OBSERVE")
    del observed["parentID"]
    assert as_event(observed).names[Part.PARENT] == ()
    assert as_event(epcis.boxing(action="DELETE", childEPCs=[])).names[Part.CHILD] == ()


def test_an_event_goes_into_the_database_and_comes_back_as_it_was() -> None:
    for _, sent in epcis.a_life():
        event = as_event(sent)
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event
    assert BOX not in as_event(epcis.boxing()).names[Part.PARENT]

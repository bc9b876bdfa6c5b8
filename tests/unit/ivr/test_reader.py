"""What a flow's file may say, and how each fault in it is told: with file, line and reason."""

import pytest

from gateway.ivr.flow import Flow
from gateway.ivr.prompts import prompts
from gateway.ivr.reader import read
from gateway.ivr.source import FlowFault
from tests.builders.flows import FOLDER, SHIPPED, SMALL, shipped, small


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_flows_have_no_fault(name: str) -> None:
    assert isinstance(shipped(name), Flow)


def test_the_folder_holds_what_is_shipped() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(SHIPPED)


def test_prompts_are_all_fixed_sentences_and_nothing_with_a_value() -> None:
    said = prompts(shipped("hotline"))
    assert {"首次查询，是正品。"}.isdisjoint(said)
    assert {"您好，这里是放心一百查询热线。", "您的投诉已受理，编号是", "详情稍后短信发送。", "幺"} <= set(said)
    assert not [one for one in said if "{" in one]
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('keys: {"1": code}', 'keys: {"1": code, "1": end}', ":6: 1 stands here twice; the first is in line 6"),
        ('keys: {"1": code}', 'keys: {"1": cod}', ":6: main: 1 leads to cod, and there is no such step"),
        ('keys: {"1": code}', 'keys: {"a": code}', ":6: main: a is no key of a telephone"),
        ("    failed: end\n  code", "  code", ":5: main: failed is missing: a way out that nobody wrote"),
        ("failed: end\n  code", "failed: {retry: main}\n  code", ":9: main: failed comes after all tries"),
        ("takes: code", "takes: shoe", ":12: takes: one of code, lift, pin, station"),
        ("takes: code", "takes: lift", ":17: answer: answers code and must come right after an entry of code"),
        ("请按一。", "请按1。", ":5: 1 would be read at random; write it as it is spoken"),
        ("请按一。", "'{{ phone|code }}'", ":5: {{ phone|code }}: there are"),
        ("请按一。", "'{ticket}'", ":5: {ticket}: a value is written {{ ticket|code }}"),
        ("请按一。", "啊" * 61, ":5: a clause of 61 characters"),
        ("about: 小", "abuot: 小", ":1: the flow: no such field as abuot"),
        ("    menu: 请按一。", "    menu: 请按一。\n    wiat: 3", ":6: main: no such field as wiat"),
        ("    menu: 请按一。", "    menu: 请按一。\n    wait: 300", ":6: wait: a number from 2 to 30"),
        ("start: main", "start: mian", ":1: start: there is no step mian"),
        ("  end:\n", "  alone:\n    goto: end\n  end:\n", ":25: alone: no way leads to this step"),
        ("hangup: 再见。", "goto: end", ":25: end: comes round to itself without the caller having a word"),
        ("    hangup: 再见。", "    goto: main", ":4: main: no way leads from here to a transfer or a hangup"),
        ("malformed: {retry: code}", "malformed: {retry: end}", ":20: answer: malformed tries end again"),
        ("malformed: {retry: code}", "malformed: {to: code, retry: code}", "to and retry exclude each other"),
        (
            "    hangup: 再见。",
            '    record: 请说。\n    keys: {"#": main}\n    then: main\n    limited: main\n    failed: main',
            ":27: end: # ends what is recorded",
        ),
        ("    hangup: 再见。", "    transfer: lift", ":26: end: failed is missing"),
        ("    hangup: 再见。", "    hangup: 再见。\n    menu: 请按一。", ":26: end: a step has one of"),
        ("about: 小", "about: &a 小", ":1: anchors (& and *) are not used here: a"),
        ("about: 小", "about: [", ":"),
        ("about: 小", "about: " + "[" * 20 + "]" * 20, ":1: more than 12 levels deep"),
        ("about: 小", "about: !!python/object:os.system 小\nx: 1", ":2: the flow: no such field as x"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_reason(before: str, after: str, fault: str) -> None:
    with pytest.raises(FlowFault) as raised:
        small((before, after))
    assert any(fault in line.removeprefix("small.yaml") for line in str(raised.value).splitlines()), str(raised.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(FlowFault) as raised:
        small(("请按一。", "请按1。"), ("takes: code", "takes: shoe"), ("没有编码。", "没有2。"))
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["5", "12", "14"]


def test_a_sentence_without_a_clip_is_a_fault() -> None:
    with pytest.raises(FlowFault, match=r"small.yaml:4: main: no clip says 请按一。") as raised:
        small(has_clip=lambda clause: clause != "请按一。")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["", "\x00", "- a\n", "just words", "a: " + "x" * 200_001, "{" * 5000])
def test_what_is_no_flow_is_refused(text: str) -> None:
    with pytest.raises(FlowFault, match=r"odd.yaml:1: "):
        read(text, "odd.yaml", "odd")


def test_a_flow_of_anchors_does_not_fill_the_memory() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{at}: &b{at} [*a, *a]\n" for at in range(50)) + SMALL
    with pytest.raises(FlowFault, match="anchors"):
        read(bomb, "bomb.yaml", "bomb")

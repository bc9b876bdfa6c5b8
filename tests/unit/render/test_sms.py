from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Clause, Plain
from gateway.render.sms import MAX_TEXT, SmsRenderer
from gateway.text.segments import Encoding

SIGNATURE = "【放心100】"


def folder_of(root: Path, files: Mapping[str, str]) -> Path:
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return root


def renderer_of(root: Path, files: Mapping[str, str], **common: Plain) -> SmsRenderer:
    return SmsRenderer([folder_of(root, files)], SIGNATURE, common)


def test_a_type_s_own_words_come_before_the_common_ones(tmp_path: Path) -> None:
    renderer = renderer_of(
        tmp_path, {"common/unknown.j2": "通用", "common/help.j2": "帮助", "lift/unknown.j2": "查无此梯"}
    )
    assert renderer.reply([Clause("UNKNOWN", {}, "lift")]).text == SIGNATURE + "查无此梯"
    assert renderer.reply([Clause("UNKNOWN", {}, "liquor")]).text == SIGNATURE + "通用"
    assert renderer.reply([Clause("HELP", {})]).text == SIGNATURE + "帮助"


def test_a_later_folder_replaces_file_by_file(tmp_path: Path) -> None:
    shipped = folder_of(tmp_path / "shipped", {"common/help.j2": "旧", "lift/unknown.j2": "查无此梯"})
    own = folder_of(tmp_path / "own", {"common/help.j2": "新"})
    renderer = SmsRenderer([shipped, own], SIGNATURE, {})
    assert renderer.reply([Clause("HELP", {})]).text == SIGNATURE + "新"
    assert renderer.reply([Clause("UNKNOWN", {}, "lift")]).text == SIGNATURE + "查无此梯"


def test_a_verdict_without_words_is_a_fault_that_names_both_places(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/help.j2": "帮助"})
    with pytest.raises(TemplateFault, match=r"no template lift/elev_ok\.j2 or common/elev_ok\.j2"):
        renderer.reply([Clause("ELEV_OK", {}, "lift")])


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "no templates"),
        ({"common/help.j2": "甲\n{{ a.b }}"}, r"help\.j2:2: Getattr is not allowed"),
        ({"common/help.j2": SIGNATURE + "帮助"}, r"help\.j2: contains the signature"),
    ],
)
def test_a_bad_folder_is_refused_at_the_start(tmp_path: Path, files: Mapping[str, str], says: str) -> None:
    with pytest.raises(TemplateFault, match=says):
        renderer_of(tmp_path, files)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "help.j2").write_bytes("帮助".encode("gb18030"))
    with pytest.raises(TemplateFault, match=r"common/help\.j2: cannot be read as UTF-8"):
        SmsRenderer([tmp_path], SIGNATURE, {})


def test_a_file_from_windows_is_read_as_it_was_meant(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "help.j2").write_bytes("\ufeff帮助，\r\n请拨".encode())
    assert SmsRenderer([tmp_path], SIGNATURE, {}).reply([Clause("HELP", {})]).text == SIGNATURE + "帮助，请拨"


def test_spoken_templates_are_left_to_the_voice(tmp_path: Path) -> None:
    files = {"common/help.j2": "帮助", "common/help.voice.j2": "{{ code|digits }}"}
    assert renderer_of(tmp_path, files).reply([Clause("HELP", {})]).text == SIGNATURE + "帮助"


def test_common_values_are_there_and_a_clause_s_own_come_first(tmp_path: Path) -> None:
    renderer = renderer_of(
        tmp_path, {"common/help.j2": "拨{{ hotline }}，{{ code }}"}, hotline="400-6422-365", code="x"
    )
    assert renderer.reply([Clause("HELP", {"code": "y"})]).text == SIGNATURE + "拨400-6422-365，y"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("一\n二\r\n三\t四", "一 二 三 四"),
        ("正\x00\x1b[2J品\x03\x01", "正[2J品"),
        ("左\u202e右\u200b\u2066\ufeff", "左右"),
        ("甲\u2028乙\u3000丙", "甲 乙 丙"),
        ("\ud83d坏", "坏"),
        ("🐑肉", "🐑肉"),
        ("{{ 7*7 }}{% raw %}", "{{ 7*7 }}{% raw %}"),
        ("\x011\x02藏\x03", "1藏"),
    ],
)
def test_values_go_out_visible_and_on_one_line(tmp_path: Path, value: str, sent: str) -> None:
    renderer = renderer_of(tmp_path, {"common/help.j2": "（{{ v }}）"})
    assert renderer.reply([Clause("HELP", {"v": value})]).text == f"{SIGNATURE}（{sent}）"


def test_a_value_that_is_not_plain_is_refused(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/help.j2": "{{ v }}"})
    with pytest.raises(TemplateFault, match="value v: list is not plain"):
        renderer.reply([Clause("HELP", {"v": ["x"]})])  # type: ignore[dict-item]  # the fault under test


def test_a_text_beyond_ten_segments_is_a_fault_and_never_cut(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/help.j2": "{{ v }}"})
    room = MAX_TEXT - len(SIGNATURE)
    longest = renderer.reply([Clause("HELP", {"v": "瓶" * room})])
    assert len(longest.segments) == 10
    assert "".join(longest.segments) == longest.text == SIGNATURE + "瓶" * room
    with pytest.raises(TemplateFault, match="HELP: the text has 671 characters"):
        renderer.reply([Clause("HELP", {"v": "瓶" * (room + 1)})])


def test_several_clauses_share_one_message_and_one_signature(tmp_path: Path) -> None:
    renderer = renderer_of(tmp_path, {"common/help.j2": "{{ v }}{% optional 1 %}{{ w }}{% endoptional %}"})
    reply = renderer.reply([Clause("HELP", {"v": "一。", "w": "长" * 70}), Clause("HELP", {"v": "二。", "w": None})])
    assert reply.text == SIGNATURE + "一。\n二。"
    assert reply.segments == (reply.text,)
    assert reply.encoding is Encoding.UCS2


def test_without_the_signature_the_same_is_said(tmp_path: Path) -> None:
    signed = renderer_of(tmp_path, {"common/help.j2": "帮助，请拨12315。"})
    assert signed.unsigned().reply([Clause("HELP", {})]).text == "帮助，请拨12315。"
    assert signed.reply([Clause("HELP", {})]).text == SIGNATURE + "帮助，请拨12315。"

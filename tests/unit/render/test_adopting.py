"""Published words are taken over at once or not at all."""

from gateway.domain.reply import Clause, Edition
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer
from gateway.settings import shipped

FOLDERS = (shipped("sms_templates"),)
KEY = "common", "resend"


def test_published_words_are_said_and_taken_back() -> None:
    renderer = SmsRenderer(FOLDERS, "【放心100】", {})
    on_a_page = renderer.unsigned()
    before = renderer.reply([Clause("RESEND", {})]).text
    assert renderer.adopt({KEY: (1, "请再发一次。")}) == []
    assert renderer.reply([Clause("RESEND", {})]).text == "【放心100】请再发一次。"
    assert on_a_page.reply([Clause("RESEND", {})]).text == "请再发一次。"
    assert renderer.reply([Clause("RESEND", {})]).editions == (Edition("common/resend", 1),)
    assert renderer.adopt({}) == []
    assert renderer.reply([Clause("RESEND", {})]).editions == (Edition("common/resend", 0),)
    assert renderer.reply([Clause("RESEND", {})]).text == before


def test_words_that_do_not_compile_leave_those_before_them() -> None:
    renderer = SmsRenderer(FOLDERS, "【放心100】", {})
    renderer.adopt({KEY: (1, "好的。")})
    [fault] = renderer.adopt({KEY: (2, "{% for"), ("lift", "unknown"): (3, "查无此梯。")})
    assert "common/resend" in fault
    assert renderer.reply([Clause("RESEND", {})]).text == "【放心100】好的。"
    both = renderer.reply([Clause("UNKNOWN", {}, "lift"), Clause("RESEND", {})])
    assert both.text == "【放心100】查无此梯。\n好的。"
    assert both.editions == (Edition("lift/unknown", 3), Edition("common/resend", 1))  # not 2: that was never said


def test_speech_follows_too() -> None:
    voice = VoiceRenderer(FOLDERS, {})
    assert voice.adopt({KEY: (1, "请再说一次。")}) == []
    assert voice.spoken([Clause("RESEND", {})]) == ("请再说一次。",)
    assert len(voice.adopt({KEY: (2, "共3次")})) == 1
    assert voice.spoken([Clause("RESEND", {})]) == ("请再说一次。",)

"""What keeps words from going live, by telephone as by text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gateway.console.checks import checks
from gateway.console.view import Check, Specimen, View
from gateway.console.voicing import Voiced, Voicing
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.proof import LONGEST_SPOKEN, Source
from gateway.domain.reply import Clause
from gateway.domain.safety import comes_late, forbidden, missing, sentences_before
from gateway.domain.specimens import on_record
from gateway.domain.verdict import Verdict
from tests.builders.city import VERDICTS, the_city
from tests.unit.console.test_paint import WORKSHOP

NOW = datetime(2026, 7, 20, tzinfo=UTC)
SEAL = Clause(
    "SEAL_BROKEN", {"seal_absent": False, "code": "6112345678904444", "cylinder_no": "WH01", "owner": None,
    "owner_phone": "0473-2012345", "report_number": "12315", "data_as_of": None, "made_on": "2026-03-05"}, "lpg",
)  # fmt: skip
VOICE = "警告，封签破损，请勿使用此瓶。\n瓶号尾号{{ cylinder_no|tail }}。\n联系电话{{ owner_phone|phone }}。"


def view_of(voice: str, sms: str = "警告：封签破损，请勿使用。", name: str = "seal_broken") -> View:
    source = Source("lpg", name, sms, voice)
    shipped = Source("lpg", name, "警告：封签已破损，请勿使用。", VOICE)
    return View(
        source=source, live=None, shipped=shipped, draft=None, history=[], hash="h", faults=[],
        specimens=[Specimen("例", "lpg/WH01", SEAL)],
    )  # fmt: skip


def told(voice: str, **more: str) -> list[Check]:
    view = view_of(voice, **more)
    return [one for one in checks(view, WORKSHOP.bench(view.source), WORKSHOP) if one.state in ("bad", "note")]


def said(found: Sequence[Check]) -> list[str]:
    return [one.say(str) for one in found]


def test_words_that_say_it_first_pass() -> None:
    assert told(VOICE) == []
    assert told("") == []  # then others are said: the files', or the common ones


@pytest.mark.parametrize(
    ("voice", "says"),
    [
        (VOICE.replace("请勿使用此瓶", "有异常"), "语音必说部分缺安全用语“请勿”或“禁止”"),
        (
            VOICE.replace("，请勿使用此瓶。", "。{% optional 1 %}请勿使用此瓶。{% endoptional %}"),
            "语音必说部分缺安全用语",
        ),
        (VOICE.replace("封签破损", "是假货"), "不能说“假货”"),
        ("您好。\n" + VOICE, "语音要先说判定：“请勿”或“禁止”"),
        (VOICE + "\n" + "千万小心。" * 15, "语音必说部分"),
    ],
)
def test_what_must_be_heard_keeps_words_from_going_live(voice: str, says: str) -> None:
    [found] = told(voice)
    assert found.state == "bad"
    assert says in found.say(str)


def test_two_dates_and_a_date_before_its_thing_are_pointed_out() -> None:
    first, *rest = VOICE.split("\n")
    dated = "\n".join([first, "{{ made_on|date }}制造。", *rest])
    assert said(told(dated)) == ["语音先说是哪一件，再说日期"]
    twice = f"{VOICE}\n{{{{ made_on|date }}}}制造，\n{{{{ made_on|month }}}}售出。"
    assert said(told(twice)) == ["语音说了 2 个日期，听的人只记得住一个"]
    assert all(one.state == "note" for one in told(dated) + told(twice))


def test_of_a_lift_that_is_out_of_order_its_phone_may_come_first() -> None:
    assert sentences_before(Verdict.ELEV_FAULT) == 1
    phone, verdict = "应急电话零四七三。", "电梯故障，请勿乘坐。"
    assert comes_late("elev_fault", [phone, verdict]) == ()
    assert comes_late("elev_fault", ["您好。", phone, verdict]) == ("请勿乘坐", "不要乘坐")
    assert comes_late("elev_stopped", [phone, verdict]) == ("请勿乘坐", "不要乘坐")


@pytest.mark.parametrize("record_type", VERDICTS)
def test_shipped_speech_says_what_must_be_heard_of_every_thing_of_the_city(record_type: str) -> None:
    records = [one for one in the_city(NOW).records if one.record_type == record_type][:40]
    own = {name for kind, name in sorted(WORKSHOP.keys()) if kind == record_type}
    for verdict in VERDICTS[record_type]:
        name = verdict.lower()
        source = WORKSHOP.shipped(record_type if name in own else "common", name)
        if source is None or class_of(verdict) is VerdictClass.UNAVAILABLE:
            continue
        bench = WORKSHOP.bench(source)
        for one in records:
            clause, meets = on_record(record_type, name, one.record, one.key, NOW, NOW)
            if not meets:
                continue
            heard = bench.utterance(clause)
            where = f"{source.key}: {heard}"
            assert missing(name, "".join(heard.must)) == [], where
            assert comes_late(name, heard.clauses) == (), where
            assert forbidden(name, "".join(heard.clauses)) == [], where
            assert heard.sounds <= LONGEST_SPOKEN, where


@dataclass
class Exchange:
    """`console.site.Hotline` as far as sounds are made; it says what is in `has`, and with `pieces` what is in them."""

    has: set[str] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)
    engines: int = 1
    engine: str = "ready"
    configured: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        return [one if one in self.has else None for one in clauses]

    def sayable(self, clauses: Sequence[str]) -> list[bool]:
        return [one in self.has | self.pieces for one in clauses]

    def prepare(self, clauses: Sequence[str]) -> int:
        self.asked.append(tuple(clauses))
        return len(clauses)


FIXED, VARYING = ["可用。", "请送检。"], ["尾号八九零四。"]


def standing(voicing: Voicing, now: datetime = NOW) -> Voiced:
    voiced = voicing.stand("h", FIXED, VARYING, now)
    voicing.begin("h", voiced, now)
    return voiced


def test_what_lacks_is_made_and_how_far_that_is_can_be_seen() -> None:
    hotline = Exchange(pieces={*VARYING, "可用。"})
    voicing = Voicing(hotline)  # type: ignore[arg-type] # all that is asked of it
    voiced = standing(voicing)
    assert (voiced.wanted, voiced.done, voiced.total, voiced.seconds) == (("可用。", "请送检。"), 0, 2, 1)
    assert hotline.asked == [("可用。", "请送检。")]  # in one breath, though pieces would say the first
    hotline.has.add("可用。")
    assert ((voiced := standing(voicing)).done, voiced.total) == (1, 2)
    hotline.has.add("请送检。")
    assert standing(voicing) == Voiced()


def test_nobody_waits_for_ever_for_a_sentence_that_an_engine_cannot_say() -> None:
    hotline = Exchange(has={"可用。"}, pieces=set(VARYING))
    voicing = Voicing(hotline)  # type: ignore[arg-type] # as above
    assert standing(voicing).wanted
    assert standing(voicing, NOW + timedelta(seconds=59)).wanted
    for later in (61, 62, 600):
        voiced = standing(voicing, NOW + timedelta(seconds=later))
        assert (voiced.wanted, voiced.silent, voiced.engine) == ((), ("请送检。",), "ready")


@pytest.mark.parametrize("engine", ["none", "away"])
def test_without_an_engine_it_is_told_what_pieces_say_and_what_nobody_hears(engine: str) -> None:
    hotline = Exchange(pieces={"可用。"}, engines=0, engine=engine)
    voicing = Voicing(hotline)  # type: ignore[arg-type] # as above
    voiced = standing(voicing)
    assert (voiced.wanted, voiced.pieced, voiced.silent) == ((), 1, ("请送检。", "尾号八九零四。"))
    assert hotline.asked == []
    view = view_of(VOICE)
    view.voiced, view.spoken = voiced, ["请送检。"]
    found = checks(view, WORKSHOP.bench(view.source), WORKSHOP)
    notes = [one.say(str) for one in found if one.state == "note"]
    why = "没有装合成引擎" if engine == "none" else "合成引擎现在没有起来"
    assert notes == [
        f"语音有 1 句用现成录音拼读：{why}",
        f"现成录音拼不出判定“请送检”，手机来电改发短信，其他人转人工：{why}",
        f"现成录音拼不出“尾号八九零四”，手机来电改发短信，其他人听不到这句：{why}",
    ]


def test_where_nobody_can_call_nothing_is_made() -> None:
    hotline = Exchange(configured=False)
    assert standing(Voicing(hotline)) == Voiced(engine="no hotline")  # type: ignore[arg-type] # as above

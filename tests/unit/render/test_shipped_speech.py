"""The words we speak: each answer has them, they say what the text says, and a caller can keep them in mind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from gateway.domain import judgement, notices
from gateway.domain.proof import LONGEST_SPOKEN
from gateway.domain.question import Need
from gateway.domain.records.registry import REGISTRY
from gateway.domain.reply import Clause
from gateway.domain.trace import LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Verdict
from gateway.render.voice import SAYS
from tests.builders.city import ROOT, shipped_renderer, shipped_voice
from tests.builders.traces import (
    NOW,
    a_cylinder,
    a_fill,
    a_flour,
    a_label,
    a_lift,
    a_liquor,
    a_meat,
    a_melon,
    a_station,
    a_tomato,
    a_trace,
    a_vehicle,
    a_vehicle_cylinder,
)

V = Verdict
LONG, PHONE, BEFORE = "很" * 60, "0473-00000000", NOW - timedelta(days=40)
RECALL = {"reason": "瓶盖密封不良", "scope": "全部", "phone": PHONE, "announced_on": NOW.date()}
OLD = {"next_on": "2026-01"}
GOODS = [a_liquor, a_flour, a_tomato, a_meat, a_melon]
RECORDS: list[Record] = [
    *(make() for make in GOODS),
    *(make(recall=RECALL) for make in GOODS),
    *(make(product=LONG, batch_no=LONG, recall=RECALL) for make in GOODS),
    a_liquor(maker=LONG, shelf_life_days=1),
    a_flour(shelf_life_days=1),
    a_tomato(shelf_life_days=1),
    a_meat(shelf_life_days=1),
    a_meat(quarantine=None, farm=None),
    a_melon(test_report=None, pesticides=None, commitment=None),
    a_melon(product=LONG, origin=LONG, cooperative=LONG),
    a_cylinder(),
    a_cylinder(owner=LONG, owner_phone=PHONE, delivery={"name": LONG, "staff_no": "0" * 40}),
    a_cylinder(owner=LONG, owner_phone=PHONE, inspection={"next_on": "2026-05-31"}),
    a_cylinder(owner=LONG, owner_phone=PHONE, inspection=OLD),
    a_cylinder(owner=LONG, inspection={"next_on": "2027-01", "result": "fail"}),
    a_cylinder(owner=LONG, scrap_on="2026-01"),
    a_cylinder(state="scrapped"),
    a_cylinder(owner=LONG, owner_phone=PHONE, seal_state="absent"),
    a_cylinder(owner_phone=PHONE, seal_state="broken"),
    a_cylinder(last_fill=a_fill(station=LONG, licence_valid_to="2026-01-01")),
    a_cylinder(owner_phone=PHONE, last_fill=None),
    a_vehicle(),
    a_vehicle(cylinders=[a_vehicle_cylinder(inspection={**OLD, "body": LONG})]),
    a_vehicle(hold=LONG),
    a_vehicle(certificate=None),
    a_station(),
    a_station(name=LONG, gases=["LPG", "CNG", "LNG"], duty_phone=PHONE),
    a_station(name=LONG, licence_valid_to="2026-01-01"),
    a_station(name=LONG, licence_valid_from="2026-12-01"),
    a_station(name=LONG, state="suspended", suspended_for=LONG),
    *(
        a_lift(address=LONG, emergency_phone=PHONE, state=state)
        for state in ("normal", "fault", "trapped", "stopped", "scrapped")
    ),
    a_lift(address=LONG, emergency_phone=PHONE, next_inspection="2026-01-31"),
    a_lift(address=LONG, emergency_phone=PHONE, last_maintenance_on="2026-01-20"),
    a_lift(address=LONG, emergency_phone=PHONE, last_maintenance_on=None),
]
STANDINGS = [Standing(1, NOW), Standing(0, None), Standing(99, BEFORE), Standing(2, BEFORE, own=True)]
LABELS = [replace(a_label(state, policy), countersign="骆驼") for state in LabelState for policy in RepeatPolicy]
NOTICES = [
    notices.malformed(),
    notices.malformed(lift=True),
    notices.wrong_kind(),
    *(notices.wrong_kind(kind) for kind in notices.WrongKind),
    notices.rate_limited(),
    notices.unavailable(),
    notices.usage(),
    notices.report_received("123456785", date(2026, 12, 31)),
    notices.opted_out(),
    notices.resend(),
    notices.corrected("1688012345678904"),
    notices.example(),
    notices.test_label(),
    notices.danger(Need.TRAPPED),
    notices.danger(Need.GAS),
    notices.contact(),
]
# What says that all is well, and the verdicts that may say it.
WELL = {
    "正品": {V.GENUINE_FIRST, V.SELF_REPEAT},
    "可用": {V.CYL_OK, V.CYL_DUE_SOON},
    "可充装": {V.FILL_ALLOWED, V.STATION_OK},
    "正常": {V.ELEV_OK, V.FILL_ALLOWED},
}
SAFE = {"可用", "可充装", "正常"}  # nobody in danger is told so
TEMPLATES = sorted((ROOT / "sms_templates").glob("*/*.j2"))


def _traces() -> Iterator[Trace]:
    for source_at in (NOW, NOW - timedelta(days=400), None):
        for record in RECORDS:
            lone = a_trace(record, source_at=source_at)
            yield lone
            if lone.label is not None:
                yield from (replace(lone, label=label) for label in LABELS)
    for kind in REGISTRY:
        key = "012399" if kind == "lift" else "1688012345678904"
        yield Trace(key, kind)
        yield from (Trace(key, kind, label) for label in LABELS)
    yield Trace("蒙C12399", "vehicle")


@cache
def answers() -> list[tuple[str, Verdict, Clause]]:
    """Return every kind of answer there is: each verdict of each record type, on bare, usual and long records."""
    found: dict[tuple[object, ...], tuple[str, Verdict, Clause]] = {}
    for trace in _traces():
        for standing in STANDINGS if judgement.counts(trace) else STANDINGS[1:2]:
            for danger in (False, True):
                decision = judgement.decide(trace, standing, NOW)
                clause = judgement.clause(trace, standing, decision, NOW, danger=danger)
                same = (clause.record_type, clause.name, *sorted(clause.values.items()))
                found[same] = (trace.record_type or "", decision.verdict, clause)
    return list(found.values())


def test_the_cases_cover_every_verdict_of_every_type() -> None:
    told = {verdict for _, verdict, _ in answers()}
    spoken_of_otherwise = {V.MALFORMED, V.WRONG_KIND, V.RATE_LIMITED, V.UNAVAILABLE}
    assert told == set(Verdict) - spoken_of_otherwise
    assert {kind for kind, _, _ in answers()} == set(REGISTRY)


def test_every_answer_and_notice_is_said_within_twenty_seconds() -> None:
    voice = shipped_voice()
    for clause in [*(clause for _, _, clause in answers()), *NOTICES]:
        said = voice.spoken([clause])
        assert said
        assert sum(one.isalpha() for line in said for one in line) <= LONGEST_SPOKEN, said
        assert all(line[-1] in "，。" and all(one.isalpha() or one in "，。" for one in line) for line in said), said


def test_words_that_all_is_well_stand_in_speech_as_in_the_text_and_only_where_it_is() -> None:
    voice, sms = shipped_voice(), shipped_renderer()
    for _, verdict, clause in answers():
        heard, read = "".join(voice.spoken([clause])), sms.reply([clause]).text
        for word, verdicts in WELL.items():
            well = verdict in verdicts and not (clause.values["danger"] and word in SAFE)
            assert (word in heard, word in read) == (well, well), (heard, read)


def test_no_words_of_a_bad_verdict_say_anywhere_that_all_is_well() -> None:
    for path in TEMPLATES:
        verdict = path.name.split(".")[0].upper()
        words = path.read_text(encoding="utf-8")
        if verdict in Verdict.__members__:
            assert {word for word in WELL if word in words} <= {word for word in WELL if verdict in WELL[word]}, path


def test_what_has_words_of_its_own_in_a_text_has_them_in_speech() -> None:
    """Else a caller would hear the common words, which call what is unknown counterfeit."""
    spoken_of = {*Verdict, *(clause.name for clause in NOTICES)}
    for path in TEMPLATES:
        if path.name.split(".")[0].upper() in spoken_of:
            assert path.with_name(path.name.replace(".voice.j2", ".j2")).exists()
            assert path.with_name(f"{path.name.split('.')[0]}.voice.j2").exists(), path


def test_the_verdict_comes_first_and_the_code_behind_it() -> None:
    voice = shipped_voice()
    for kind, verdict, clause in answers():
        first, *rest = voice.spoken([clause])
        if verdict is V.ELEV_FAULT:
            assert first.startswith("应急电话")  # DOMAIN 2.9
            first, *rest = rest
        assert not any(digit in first for digit in "零幺") or clause.values["danger"], first
        if kind != "lift":
            assert any("尾号八九零四" in line or "尾号二三九九" in line or "内蒙古C" in line for line in rest[:2]), rest


def test_the_guide_for_those_who_write_words_names_every_rule() -> None:
    guide = (ROOT / "sms_templates" / "README.md").read_text(encoding="utf-8")
    assert [rule for rule in SAYS if f"|{rule} }}}}" not in guide and f"`{rule}`" not in guide] == []

"""The words we ship: every verdict has them, and with the sample data each is one short message."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product

import pytest

from gateway.domain import judgement, notices
from gateway.domain.question import Need
from gateway.domain.records.lift import Lift
from gateway.domain.reply import Clause
from gateway.domain.trace import Label, LabelState, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Verdict
from tests.builders.city import ROOT, VERDICTS, answer, first_answer, found_in, shipped_renderer, the_city
from tests.builders.traces import a_cylinder, a_fill, a_lift, a_liquor, a_melon, a_trace

V = Verdict
NOW = datetime(2026, 12, 28, 4, 0, tzinfo=UTC)
BEFORE = datetime(2026, 3, 4, 2, 20, tzinfo=UTC)

WELL = {V.GENUINE_FIRST, V.TRACE_OK, V.CYL_OK, V.CYL_DUE_SOON, V.FILL_ALLOWED, V.STATION_OK}
NOTICES = [
    notices.malformed(),
    notices.malformed(lift=True),
    notices.wrong_kind(),
    *(notices.wrong_kind(kind) for kind in notices.WrongKind),
    notices.rate_limited(),
    notices.unavailable(),
    notices.usage(),
    notices.report_received("123456785", date(2026, 12, 31)),
    notices.report_closed("123456785", "已查处，责令下架。"),
    notices.opted_out(),
    notices.resend(),
    notices.corrected("1688012345678904"),
    notices.example(),
    notices.test_label(),
    notices.danger(Need.TRAPPED),
    notices.danger(Need.GAS),
    notices.contact(),
]


@cache
def said_in_the_city() -> list[tuple[str, Verdict, Clause]]:
    return list(_said_in_the_city())


def _said_in_the_city() -> Iterator[tuple[str, Verdict, Clause]]:
    for found in found_in(the_city(NOW), NOW):
        kind = found.trace.record_type or ""
        yield kind, *first_answer(found.trace, NOW)
        if found.promised is V.GENUINE_FIRST:
            for standing in (Standing(2, BEFORE, own=True), Standing(12, BEFORE, own=True), Standing(12, BEFORE)):
                yield kind, *answer(found.trace, standing, NOW)
    for kind in VERDICTS:
        unknown = Trace("012399" if kind == "lift" else "1688012345678904", kind)
        yield kind, *first_answer(unknown, NOW)


def test_the_city_shows_every_verdict_of_every_type() -> None:
    shown: dict[str, set[Verdict]] = {kind: set() for kind in VERDICTS}
    for kind, verdict, _ in said_in_the_city():
        shown[kind].add(verdict)
    assert shown == VERDICTS


def test_every_verdict_and_notice_is_one_short_message() -> None:
    renderer = shipped_renderer()
    for said in [*(clause for _, _, clause in said_in_the_city()), *NOTICES]:
        reply = renderer.reply([said])
        assert len(reply.segments) == 1, reply.text
        assert len(reply.text) <= 70
        assert reply.text.startswith("【放心100】")
        assert reply.text.count("【") == 1


def test_words_say_no_more_than_the_verdict_proves() -> None:
    renderer = shipped_renderer()
    for kind, verdict, clause in said_in_the_city():
        text = renderer.reply([clause]).text
        assert ("正品" in text) == (verdict in {V.GENUINE_FIRST, V.SELF_REPEAT})
        assert ("正常" in text) == (verdict in {V.ELEV_OK, V.FILL_ALLOWED})
        assert ("可用" in text) == (verdict in {V.CYL_OK, V.CYL_DUE_SOON})
        assert "假货" not in text
        assert "已转告" not in text
        if kind in {"lift", "lpg"}:
            assert "假" not in text


def test_every_answer_that_all_is_well_returns_the_word_printed_on_the_label() -> None:
    renderer = shipped_renderer()
    for found in found_in(the_city(NOW), NOW):
        label = found.trace.label and replace(found.trace.label, countersign="骆驼")
        _, clause = first_answer(replace(found.trace, label=label), NOW)
        well = found.promised in WELL and label is not None
        assert ("验证字：骆驼" in renderer.reply([clause]).text) == well, found.promised


def test_nobody_in_danger_is_told_that_all_is_well() -> None:
    renderer = shipped_renderer()
    for trace in [found.trace for found in found_in(the_city(NOW), NOW)]:
        standing = Standing(1, NOW)
        decision = judgement.decide(trace, standing, NOW)
        clause = judgement.clause(trace, standing, decision, NOW, danger=True)
        text = renderer.reply([notices.danger(Need.TRAPPED), clause]).text
        assert "正常" not in text
        assert "可用" not in text
        if trace.record_type == "lift":
            assert "0473-" in text, text


@pytest.mark.parametrize("kind", ["lpg", "lift", "vehicle", "station"])
def test_equipment_nobody_knows_cannot_be_confirmed_and_is_not_called_counterfeit(kind: str) -> None:
    text = shipped_renderer().reply([first_answer(Trace("012399", kind), NOW)[1]]).text
    assert "无法确认" in text
    assert "假" not in text


def test_goods_nobody_knows_are_suspected_after_checking() -> None:
    for kind in ("liquor", "melon", None):
        text = shipped_renderer().reply([first_answer(Trace("1688012345678904", kind), NOW)[1]]).text
        assert text == "【放心100】未查到编码1688****8904，请核对后重发；若核对无误，疑为假冒，举报12315。"


def test_no_text_holds_a_link() -> None:
    link = re.compile(r"https?:|www\.|\.(cn|com|net)\b", re.IGNORECASE)
    for path in sorted((ROOT / "sms_templates").glob("*/*.j2")):
        assert not link.search(path.read_text(encoding="utf-8")), path


def _without_records() -> Iterator[Trace]:
    for kind in VERDICTS:
        for state in LabelState:
            for policy in RepeatPolicy:
                yield Trace("6688012345678904", kind, Label(state, policy))
        yield Trace("012345", kind)


def test_words_are_found_also_where_the_record_is_missing() -> None:
    renderer = shipped_renderer()
    for trace in _without_records():
        verdict, clause = first_answer(trace, NOW)
        assert renderer.reply([clause]).text, verdict


LONG, PHONE = "很" * 60, "0473-00000000"
RECALL = {"reason": LONG, "scope": LONG, "phone": PHONE, "announced_on": NOW.date()}
COURIER = {"name": LONG, "staff_no": "0" * 40}
BARE_AND_LONG = [
    a_liquor(),
    a_liquor(product=LONG, maker=LONG, batch_no=LONG),
    a_liquor(product=LONG, maker=LONG, batch_no=LONG, recall=RECALL),
    a_liquor(product=LONG, maker=LONG, batch_no=LONG, shelf_life_days=1),
    a_melon(test_report=None, pesticides=None, commitment=None),
    a_melon(product=LONG, cooperative=LONG, batch_no=LONG, origin=LONG),
    a_cylinder(last_fill=None, owner=LONG, owner_phone=PHONE),
    a_cylinder(owner=LONG, owner_phone=PHONE, last_fill=a_fill(at=NOW, station=LONG), delivery=COURIER),
    a_cylinder(owner=LONG, owner_phone=PHONE, last_fill=a_fill(licence_valid_to="2026-01-01")),
    a_cylinder(owner=LONG, owner_phone=PHONE, seal_state="absent"),
    a_cylinder(owner=LONG, owner_phone=PHONE, scrap_on="2026-01"),
    a_cylinder(owner=LONG, owner_phone=PHONE, inspection={"next_on": "2026-01"}),
    *(a_lift(address=LONG, emergency_phone=PHONE, state=state) for state in ("normal", "fault", "stopped")),
    a_lift(address=LONG, emergency_phone=PHONE, last_maintenance_on=None),
    a_lift(address=LONG, emergency_phone=PHONE, next_inspection="2026-01"),
]
STANDINGS = [Standing(1, NOW), Standing(0, None), Standing(99, None), Standing(99, BEFORE, own=True)]
LABELS = [Label(state, policy, issued_at=NOW) for state in LabelState for policy in RepeatPolicy]


@pytest.mark.parametrize("source_at", [NOW, NOW - timedelta(days=400), None])
def test_words_are_found_for_the_barest_record_and_the_longest_names(source_at: datetime | None) -> None:
    """Nothing mandatory hangs on what a record need not have, and nothing is ever cut."""
    renderer = shipped_renderer()
    for record, label, standing in product(BARE_AND_LONG, LABELS, STANDINGS):
        trace = a_trace(record, None if isinstance(record, Lift) else label, source_at=source_at)
        reply = renderer.reply([answer(trace, standing, NOW)[1]])
        assert "".join(reply.segments) == reply.text


def test_the_guide_for_those_who_write_words_names_every_value() -> None:
    guide = (ROOT / "sms_templates" / "README.md").read_text(encoding="utf-8")
    for clause in [*(clause for _, _, clause in said_in_the_city()), *NOTICES]:
        for name in clause.values:
            assert f"`{name}`" in guide

"""Goods: whatever their chain lacks, nobody is told that it is whole; intervals hold on every calendar."""

import unicodedata
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import today
from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.judgement import clause, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.goods import MISSING, UNSAFE
from gateway.domain.records.meat import MEAT
from gateway.domain.records.melon import MELON
from gateway.domain.trace import RepeatPolicy, Standing
from gateway.domain.verdict import Verdict
from tests.builders.city import shipped_renderer
from tests.builders.traces import NOW, a_label, a_meat, a_melon, a_tomato, a_trace

V = Verdict
GOOD = {V.TRACE_OK, V.GENUINE_FIRST, V.SELF_REPEAT}
RENDERER = shipped_renderer()

FAILED = {"number": "1508020101", "issued_on": "2026-05-01", "result": "fail"}
INSIDE = ({"name": "土霉素", "given_on": "2026-04-30", "withdrawal_days": 7},)
MEAT_FAULTS: dict[str, dict[str, object]] = {
    "NO_FARM": {"farm": None},
    "NO_EAR_TAG": {"animals": ()},
    "NO_FEED_RECORD": {"feeds": None},
    "NO_VACCINE_RECORD": {"vaccines": ()},
    "NO_ANIMAL_QUARANTINE": {"animal_quarantine": None},
    "QUARANTINE_FAILED": {"quarantine": FAILED},
    "INSIDE_WITHDRAWAL": {"vet_drugs": INSIDE},
    "NO_PROCESSING": {"processing": None},
    "NO_LOGISTICS": {"logistics": ()},
    "NO_RETAIL": {"retail": None},
}
standings = st.builds(Standing, st.integers(0, 9), st.none() | st.just(NOW), st.booleans())
policies = st.sampled_from(RepeatPolicy)
days = st.dates(date(2023, 1, 1), date(2033, 1, 1))


@given(st.sets(st.sampled_from(sorted(MEAT_FAULTS))), policies, standings, st.none() | st.integers(1, 60))
def test_meat_is_good_only_without_a_gap(
    gaps: set[str], policy: RepeatPolicy, standing: Standing, shelf_life: int | None
) -> None:
    fields = {name: value for gap in gaps for name, value in MEAT_FAULTS[gap].items()}
    trace = a_trace(a_meat(shelf_life_days=shelf_life, **fields), a_label(policy=policy))
    decision = decide(trace, standing, NOW)
    text = RENDERER.reply([clause(trace, standing, decision, NOW)]).text
    if gaps:
        assert decision.verdict in {V.TRACE_INCOMPLETE, V.REPEAT_WARN, V.EXPIRED}
        assert "正品" not in text
    if gaps & {*UNSAFE}:
        assert "请勿食用" in text
    if decision.verdict is V.TRACE_INCOMPLETE:
        assert set(decision.reasons) == gaps
        assert set(decision.reasons) <= {*MISSING, *UNSAFE}
    if decision.verdict in GOOD:
        assert not gaps


@given(days, st.integers(-5, 60), st.integers(0, 60), policies)
def test_a_melon_is_good_only_past_its_intervals(
    picked: date, before: int, interval: int, policy: RepeatPolicy
) -> None:
    spray = {"name": "吡虫啉", "applied_on": picked - timedelta(days=before), "safety_interval_days": interval}
    tested = {"report_no": "1", "body": "站", "tested_on": picked, "result": "pass"}
    melon = a_melon(picked_on=picked, pesticides=[spray], test_report=tested)
    now = NOW.replace(year=picked.year, month=picked.month, day=picked.day)
    lawful = before >= interval
    decision = decide(a_trace(melon, a_label(policy=policy)), Standing(1, now), now)
    assert (decision.verdict in GOOD) == lawful
    told = {fault.field for fault in MELON.entry(melon, Entry(today(now) + timedelta(days=9), Inputs()))}
    assert ("picked_on" in told) == (not lawful)


@given(days, st.integers(0, 60), st.integers(0, 60))
def test_meat_is_free_the_day_after_its_withdrawal(given_on: date, days_of: int, waited: int) -> None:
    drug = {"name": "土霉素", "given_on": given_on, "withdrawal_days": days_of}
    killed = given_on + timedelta(days=waited)
    chain = {
        "slaughter": {"abattoir": "屠宰场", "slaughtered_on": killed},
        "quarantine": {"number": "1", "issued_on": killed},
        "processing": {"plant": "厂", "packed_on": killed, "net_kg": 1},
    }
    animals = [{"ear_tag": "315082400000001"}]
    meat = a_meat(vet_drugs=[drug], animals=animals, **chain)
    lawful = (killed - given_on).days > days_of
    assert ("INSIDE_WITHDRAWAL" in meat.gaps) == (not lawful)
    assert any(f.severity == "warning" for f in MEAT.entry(meat, Entry(date(2040, 1, 1), Inputs()))) == (not lawful)


@given(days, st.integers(1, 36_500), st.integers(-2, 2))
def test_goods_expire_the_day_after_their_last(produced: date, life: int, past: int) -> None:
    tomato = a_tomato(produced_on=produced, shelf_life_days=life)
    now = NOW + (produced + timedelta(days=life + past) - NOW.date())
    verdict = decide(a_trace(tomato), Standing(1, now), now).verdict
    if past > 0:
        assert verdict is V.EXPIRED
    else:
        assert verdict is (V.GENUINE_FIRST if produced <= today(now) else V.TRACE_INCOMPLETE)


BANNED = ("甲胺磷", "2,4-滴丁酯", "DDT")
LIST = Inputs(Input(name=name, kind=InputKind.PESTICIDE, banned=True) for name in BANNED)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@given(
    st.sampled_from(BANNED),
    st.sampled_from(["", "50%", "2.5 %", "480克/升 "]),
    st.sampled_from(["", "乳油", "可湿性粉剂", " 水剂"]),
    st.booleans(),
    st.booleans(),
)
def test_a_banned_name_hides_behind_no_way_of_writing(
    name: str, strength: str, form: str, wide: bool, lower: bool
) -> None:
    written = f"{strength}{name}{form}"
    written = written.lower() if lower else written
    written = written.translate(WIDE) if wide else written
    assert [entry.name for entry in LIST.find(written, InputKind.PESTICIDE)] == [name]


@given(st.text("甲胺磷２2,4-滴丁酯DTd%·+ \t乳油片5.", max_size=12), st.sampled_from(InputKind))
def test_any_text_may_be_looked_up_and_finds_only_what_it_names(text: str, kind: InputKind) -> None:
    letters = set(unicodedata.normalize("NFKC", text).casefold())
    for entry in LIST.find(text, kind):
        assert kind is InputKind.PESTICIDE
        assert set(entry.name.casefold()) <= letters

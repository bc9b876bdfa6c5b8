from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.judgement import decide
from gateway.domain.records.base import Entry
from gateway.domain.records.goods import MISSING, UNSAFE
from gateway.domain.records.meat import MEAT, Meat
from gateway.domain.trace import RepeatPolicy, Standing
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, TODAY, a_label, a_meat, a_trace

V = Verdict
KILLED = date(2026, 5, 1)
SHEEP = {"ear_tag": "315082400000001", "breed": "巴美肉羊", "born_on": "2025-09-01"}
LIST = Inputs(
    [
        Input(name="氯霉素", kind=InputKind.VET_DRUG, banned=True),
        Input(name="土霉素", kind=InputKind.VET_DRUG, interval_days=7),
    ]
)
LINKS: list[tuple[dict[str, object], str]] = [
    ({"farm": None}, "NO_FARM"),
    ({"animals": ()}, "NO_EAR_TAG"),
    ({"feeds": None}, "NO_FEED_RECORD"),
    ({"vaccines": ()}, "NO_VACCINE_RECORD"),
    ({"vet_drugs": None}, "NO_DRUG_RECORD"),
    ({"animal_quarantine": None}, "NO_ANIMAL_QUARANTINE"),
    ({"slaughter": None}, "NO_SLAUGHTER"),
    ({"quarantine": None}, "NO_QUARANTINE"),
    ({"processing": None}, "NO_PROCESSING"),
    ({"logistics": ()}, "NO_LOGISTICS"),
    ({"retail": None}, "NO_RETAIL"),
]
LEG = {"carrier": "车队", "departed_at": "2026-05-03T08:00:00Z"}
FAILED = {"number": "1508020101", "issued_on": KILLED, "result": "fail"}


def a_dose(**fields: object) -> dict[str, object]:
    return {"name": "土霉素", "given_on": KILLED - timedelta(days=30), "withdrawal_days": 7, **fields}


def faults(meat: Meat, today: date = TODAY) -> list[tuple[str, str, str, str]]:
    return [(f.field, f.value, f.reason, f.severity) for f in MEAT.entry(meat, Entry(today, LIST))]


def test_a_whole_chain_is_traced_on_open_packs_and_genuine_on_covert_boxes() -> None:
    meat = a_meat()
    assert decide(a_trace(meat), Standing(9, NOW), NOW).verdict is V.TRACE_OK
    box = a_trace(meat, a_label(policy=RepeatPolicy.COVERT))
    assert decide(box, FIRST, NOW).verdict is V.GENUINE_FIRST
    assert decide(box, Standing(2, NOW, own=True), NOW).verdict is V.SELF_REPEAT
    assert decide(box, Standing(2, NOW), NOW).verdict is V.REPEAT_WARN


@pytest.mark.parametrize(("fields", "gap"), LINKS)
def test_each_missing_link_has_its_name(fields: dict[str, object], gap: str) -> None:
    decision = decide(a_trace(a_meat(**fields)), FIRST, NOW)
    assert (decision.verdict, decision.reasons) == (V.TRACE_INCOMPLETE, (gap,))
    box = a_trace(a_meat(**fields), a_label(policy=RepeatPolicy.COVERT))
    assert decide(box, FIRST, NOW).verdict is V.TRACE_INCOMPLETE
    assert decide(box, Standing(2, NOW), NOW).verdict is V.REPEAT_WARN


def test_a_record_of_nothing_but_its_number_names_every_link() -> None:
    bare = Meat(product="巴美羊肉", batch_no="1")
    assert bare.gaps == tuple(gap for _, gap in LINKS)
    assert {*bare.gaps} <= {*MISSING}
    assert MEAT.values(bare, TODAY)["missing"] == "养殖场、耳标等"
    assert MEAT.values(a_meat(farm=None, feeds=None), TODAY)["missing"] == "养殖场、饲料记录"


@pytest.mark.parametrize("paper", ["animal_quarantine", "quarantine"])
def test_failed_quarantine_is_said_as_unfit(paper: str) -> None:
    meat = a_meat(**{paper: FAILED})
    assert decide(a_trace(meat), FIRST, NOW).reasons == ("QUARANTINE_FAILED",)
    assert MEAT.values(meat, TODAY)["unsafe"] == UNSAFE["QUARANTINE_FAILED"]
    assert paper == "animal_quarantine" or MEAT.values(meat, TODAY)["quarantine_no"] is None


@pytest.mark.parametrize(
    ("given", "days", "inside"),
    [
        (date(2026, 4, 23), 7, False),  # withdrawn to 30 April
        (date(2026, 4, 24), 7, True),  # the last day of withdrawal is the day of slaughter
        (date(2026, 4, 30), 0, False),
        (date(2026, 5, 1), 0, True),
        (date(2026, 5, 2), 0, True),
    ],
)
def test_slaughter_comes_after_the_last_day_of_withdrawal(given: date, days: int, inside: bool) -> None:
    meat = a_meat(vet_drugs=[a_dose(name="新药"), a_dose(name="新药", given_on=given, withdrawal_days=days)])
    assert meat.gaps == (("INSIDE_WITHDRAWAL",) if inside else ())
    warned = [(field, severity) for field, _, _, severity in faults(meat)]
    assert warned == ([("slaughter.slaughtered_on", "warning")] if inside else [])


def test_the_warning_names_the_first_lawful_day() -> None:
    meat = a_meat(vet_drugs=[a_dose(given_on=date(2026, 4, 28))])
    reason = "屠宰日期在末次用药的休药期内（应不早于05-06）"
    assert faults(meat) == [("slaughter.slaughtered_on", "2026-05-01", reason, "warning")]


@pytest.mark.parametrize(("year", "first"), [(2026, date(2026, 3, 2)), (2028, date(2028, 3, 1))])
def test_a_withdrawal_over_the_end_of_february_knows_leap_years(year: int, first: date) -> None:
    drug = a_dose(given_on=date(year, 2, 22), withdrawal_days=7)
    animals = [{"ear_tag": SHEEP["ear_tag"]}]
    for killed, inside in ((first - timedelta(days=1), True), (first, False)):
        slaughter = {"abattoir": "屠宰场", "slaughtered_on": killed}
        lot = Meat(product="羊肉", batch_no="1")
        meat = msgspec.convert(
            msgspec.to_builtins(lot)
            | msgspec.to_builtins({"animals": animals, "vet_drugs": [drug], "slaughter": slaughter}),
            Meat,
        )
        assert meat.inside_withdrawal is inside


def test_best_before_counts_from_packing() -> None:
    meat = a_meat(shelf_life_days=8)  # packed 2026-05-02
    assert decide(a_trace(meat), FIRST, datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC)).verdict is V.TRACE_OK
    assert decide(a_trace(meat), FIRST, datetime(2026, 5, 10, 16, 0, tzinfo=UTC)).verdict is V.EXPIRED
    assert a_meat(shelf_life_days=None).best_before is None
    assert a_meat(processing=None).best_before is None


REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"animals": [{**SHEEP, "ear_tag": "115082400000001"}]},
        "animals[0].ear_tag: 115082400000001 耳标首位应为3（羊）",
    ),
    (
        {"animals": [SHEEP, {"ear_tag": "215082400000001", "breed": "巴美"}]},
        "animals[1].ear_tag: 215082400000001 耳标首位应为3（羊）",
    ),
    ({"animals": [{**SHEEP, "ear_tag": "415082400000001"}]}, "animals[0].ear_tag"),
    ({"animals": [{**SHEEP, "ear_tag": "31508240000001"}]}, "animals[0].ear_tag"),
    ({"animals": [{**SHEEP, "epc": "E2801160600002054D3B6A1C"}]}, "animals[0].epc"),
    ({"animals": [{**SHEEP, "born_on": "2026-05-02"}]}, "免疫日期早于出生日期"),
    (
        {"animals": [{**SHEEP, "born_on": "2026-05-02"}], "vaccines": ()},
        "slaughter.slaughtered_on: 2026-05-01 屠宰日期早于出生日期",
    ),
    (
        {"quarantine": {"number": "1", "issued_on": "2026-04-30"}},
        "quarantine.issued_on: 2026-04-30 产品检疫日期早于屠宰日期2026-05-01",
    ),
    ({"quarantine": {"number": "1" * 33, "issued_on": KILLED}}, "quarantine.number"),
    (
        {"processing": {"plant": "厂", "packed_on": "2026-04-30", "net_kg": 1}},
        "processing.packed_on: 2026-04-30 包装日期早于屠宰日期2026-05-01",
    ),
    ({"processing": {"plant": "厂", "packed_on": "2026-05-02", "net_kg": 0}}, "processing.net_kg"),
    (
        {"feeds": [{"name": "玉米", "from_on": "2026-02-02", "to_on": "2026-02-01"}]},
        "feeds.to_on: 2026-02-01 结束日期早于开始日期",
    ),
    (
        {"logistics": [{**LEG, "departed_at": "2026-05-03T08:00:00"}]},
        "logistics.departed_at: 2026-05-03T08:00:00 缺少时区",
    ),
    (
        {"logistics": [{**LEG, "arrived_at": "2026-05-03T15:59:59+08:00"}]},
        "logistics.arrived_at: 2026-05-03T15:59:59+08:00 到达早于出发",
    ),
    (
        {"logistics": [{**LEG, "lowest_celsius": 4, "highest_celsius": 0}]},
        "logistics.lowest_celsius: 4.0 最低温高于最高温0.0",
    ),
    (
        {"recall": {"reason": "检疫", "scope": "全部", "phone": "0478-0000000", "announced_on": "2026-04-30"}},
        "recall.announced_on: 2026-04-30 召回公告日期早于生产日期",
    ),
]


@pytest.mark.parametrize(("fields", "says"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_chain_out_of_order_is_refused_by_field(fields: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        a_meat(**fields)
    assert says in str(refusal.value)


def test_meat_of_several_species_takes_either_tag() -> None:
    tags = [{"ear_tag": "215082400000001"}, {"ear_tag": "315082400000001"}]
    assert a_meat(product="牛羊肉拼盘", animals=tags).animals[1].ear_tag == "315082400000001"
    assert a_meat(product="拼盘", animals=[{"ear_tag": "115082400000001"}]).gaps == ()


@pytest.mark.parametrize("name", ["氯霉素", "注射用氯霉素", "氯霉素 注射液"])
def test_a_banned_drug_keeps_the_record_out(name: str) -> None:
    assert faults(a_meat(vet_drugs=[a_dose(name=name)])) == [("vet_drugs[0].name", name, "氯霉素是禁用兽药", "error")]


def test_fewer_days_than_the_list_s_cannot_be_declared() -> None:
    meat = a_meat(vet_drugs=[a_dose(withdrawal_days=6)])
    assert faults(meat) == [("vet_drugs[0].withdrawal_days", "6", "少于投入品清单中土霉素的7天", "error")]


def test_no_day_may_lie_ahead_on_the_day_of_entry() -> None:
    meat = a_meat(
        feeds=[{"name": "玉米", "from_on": "2025-09-02"}],
        vet_drugs=[a_dose(given_on="2025-10-02")],
        stamp={"number": "1", "stamped_on": KILLED},
        logistics=[{"carrier": "车队", "departed_at": "2026-05-02T16:00:00Z", "arrived_at": "2026-05-04T01:00:00Z"}],
    )
    assert faults(meat) == []
    ahead = [field for field, _, reason, _ in faults(meat, date(2025, 8, 31)) if reason == "晚于今天（2025-08-31）"]
    assert ahead == [
        "animals[0].born_on",
        "feeds[0].from_on",
        "vaccines[0].given_on",
        "vet_drugs[0].given_on",
        "logistics[0].departed_at",
        "logistics[0].arrived_at",
        "animal_quarantine.issued_on",
        "slaughter.slaughtered_on",
        "stamp.stamped_on",
        "quarantine.issued_on",
        "processing.packed_on",
        "retail.arrived_on",
    ]
    # 16:00Z is the next day in Shanghai.
    assert ("logistics[0].departed_at", "2026-05-03", "晚于今天（2026-05-02）", "error") in faults(
        meat, date(2026, 5, 2)
    )


def test_the_public_sees_what_it_may() -> None:
    meat = a_meat(
        breeder="其其格",
        feeds=[{"name": "育肥料", "maker": "饲料厂", "from_on": "2025-12-01"}],
        vet_drugs=[a_dose(dose="5毫升")],
        vaccines=[{"disease": "口蹄疫", "vaccine": "O型", "given_on": "2025-11-01", "vet": "高娃"}],
        logistics=[{"carrier": "冷链", "vehicle": "蒙L12345", "departed_at": "2026-05-03T08:00:00Z"}],
        slaughter={"abattoir": "屠宰场", "slaughtered_on": KILLED, "carcass_nos": ["T-77"]},
    )
    values = MEAT.values(meat, TODAY)
    assert values["quarantine_no"] == "****0101"
    assert values["breeder"] == "其**"
    assert values["vaccinated"] is True
    said = " ".join(map(str, values.values()))
    for secret in ("其其格", "育肥料", "饲料厂", "土霉素", "5毫升", "高娃", "冷链", "蒙L12345", "T-77", "1508020101"):
        assert secret not in said


def test_its_parties_are_found_by_role() -> None:
    meat = a_meat(
        farm_id="farm-1",
        slaughter={"abattoir": "屠宰场", "abattoir_id": "abattoir-1", "slaughtered_on": KILLED},
        retail={"shop": "超市", "shop_id": "shop-1", "arrived_on": "2026-05-04"},
    )
    assert MEAT.facts(meat).parties == {"farm": "farm-1", "abattoir": "abattoir-1", "retailer": "shop-1"}

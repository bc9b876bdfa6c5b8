from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from gateway.domain.inputs import Inputs
from gateway.domain.judgement import counts, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.delivery import PHOTO_LIMIT, CylinderPrivate
from gateway.domain.records.lpg import LPG
from gateway.domain.trace import Label, LabelState, RepeatPolicy, Trace
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, TODAY, UNCOUNTED, a_cylinder, a_fill, a_label, a_trace

V = Verdict


def verdict_of(now: datetime = NOW, **fields: object) -> Verdict:
    return decide(a_trace(a_cylinder(**fields), source_at=now), FIRST, now).verdict


@pytest.mark.parametrize(
    ("state", "verdict", "counted"),
    [
        (LabelState.ACTIVE, V.CYL_OK, True),
        (LabelState.MINTED, V.NOT_ACTIVATED, False),
        (LabelState.ISSUED, V.NOT_ACTIVATED, False),
        (LabelState.CANCELLED, V.LABEL_VOID, False),
        (LabelState.LOST, V.LABEL_VOID, False),
        (LabelState.STOLEN, V.LABEL_VOID, False),
        (LabelState.CONSUMED, V.SEAL_USED, False),
        (LabelState.SCRAPPED, V.CYL_SCRAPPED, False),
    ],
)
def test_the_seal_s_state_comes_first(state: LabelState, verdict: Verdict, counted: bool) -> None:
    trace = a_trace(a_cylinder(), a_label(state))
    assert decide(trace, UNCOUNTED, NOW).verdict is verdict
    assert counts(trace) is counted


def test_a_seal_never_issued_is_unknown() -> None:
    assert decide(Trace("6688012345678904", "lpg"), UNCOUNTED, NOW).verdict is V.UNKNOWN


def test_a_seal_without_its_cylinder_cannot_be_confirmed() -> None:
    assert decide(Trace("6688012345678904", "lpg", a_label()), FIRST, NOW).verdict is V.CYL_UNCONFIRMED


def test_scrap_and_inspection_months_last_to_their_end_in_shanghai() -> None:
    last_second = datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    fill = a_fill(at=last_second - timedelta(hours=1))
    assert verdict_of(last_second, scrap_on="2026-05", last_fill=fill) is V.CYL_OK
    assert verdict_of(midnight, scrap_on="2026-05", last_fill=fill) is V.CYL_SCRAPPED
    assert verdict_of(last_second, inspection={"next_on": "2026-05"}, last_fill=fill) is V.CYL_DUE_SOON
    assert verdict_of(midnight, inspection={"next_on": "2026-05"}, last_fill=fill) is V.CYL_OVERDUE


def test_due_soon_begins_thirty_days_before_or_as_many_as_the_record_says() -> None:
    assert verdict_of(inspection={"next_on": "2026-06-10"}) is V.CYL_OK  # 31 days away
    assert verdict_of(inspection={"next_on": "2026-06-09"}) is V.CYL_DUE_SOON
    assert verdict_of(inspection={"next_on": "2026-06-09"}, remind_days=29) is V.CYL_OK


def test_what_the_record_says_of_a_worn_or_opened_cylinder() -> None:
    assert verdict_of(state="scrapped") is V.CYL_SCRAPPED
    assert verdict_of(inspection={"next_on": "2027-03", "result": "fail"}) is V.CYL_SCRAPPED
    assert verdict_of(seal_state="broken") is V.SEAL_BROKEN
    assert verdict_of(seal_state="absent") is V.SEAL_BROKEN


def test_a_licence_is_good_on_its_last_day() -> None:
    filled = datetime(2026, 5, 8, 15, 59, tzinfo=UTC)
    assert verdict_of(last_fill=a_fill(at=filled, licence_valid_to=date(2026, 5, 8))) is V.CYL_OK
    late = filled + timedelta(minutes=1)  # 9 May in Shanghai
    assert verdict_of(last_fill=a_fill(at=late, licence_valid_to=date(2026, 5, 8))) is V.FILL_UNLICENSED


def test_a_fill_must_belong_to_this_seal() -> None:
    assert verdict_of(last_fill=None) is V.NO_FILL_RECORD
    # a_label: bound three days ago; a shift of twelve hours lies between filling and binding at most.
    at = NOW - timedelta(days=3, hours=12)
    assert verdict_of(last_fill=a_fill(at=at)) is V.CYL_OK
    assert verdict_of(last_fill=a_fill(at=at - timedelta(seconds=1))) is V.NO_FILL_RECORD
    assert verdict_of(last_fill=a_fill(seal="6688012345678904")) is V.CYL_OK
    assert verdict_of(last_fill=a_fill(seal="6000000000000000")) is V.NO_FILL_RECORD


def test_a_fill_before_the_seal_was_even_issued_is_not_its_fill() -> None:
    issued = NOW - timedelta(days=1)
    seal = Label(LabelState.ACTIVE, RepeatPolicy.OPEN, issued_at=issued)
    before, after = a_fill(at=issued - timedelta(seconds=1)), a_fill(at=issued)
    assert decide(a_trace(a_cylinder(last_fill=before), seal), FIRST, NOW).verdict is V.NO_FILL_RECORD
    assert decide(a_trace(a_cylinder(last_fill=after), seal), FIRST, NOW).verdict is V.CYL_OK


@pytest.mark.parametrize(
    ("source_at", "verdict"),
    [
        (NOW, V.CYL_OK),
        (NOW - timedelta(hours=24), V.CYL_OK),
        (NOW - timedelta(hours=24, seconds=1), V.CYL_UNCONFIRMED),
        (None, V.CYL_UNCONFIRMED),
        (NOW + timedelta(minutes=5), V.CYL_OK),
        (NOW + timedelta(minutes=6), V.CYL_UNCONFIRMED),
    ],
)
def test_a_source_is_fresh_for_a_day(source_at: datetime | None, verdict: Verdict) -> None:
    assert decide(a_trace(a_cylinder(), source_at=source_at), FIRST, NOW).verdict is verdict


def test_what_is_not_proven_is_not_confirmed_and_says_why() -> None:
    failed = a_trace(a_cylinder(last_fill=a_fill(checks_passed=False)))
    undated = a_trace(a_cylinder(), Label(LabelState.ACTIVE, RepeatPolicy.OPEN), source_at=None)
    assert decide(failed, FIRST, NOW).reasons == ("CHECK_FAILED",)
    assert decide(undated, FIRST, NOW).reasons == ("STALE_DATA", "SEAL_UNDATED")
    assert {decide(t, FIRST, NOW).verdict for t in (failed, undated)} == {V.CYL_UNCONFIRMED}


def test_a_fill_that_is_still_to_come_proves_nothing() -> None:
    assert verdict_of(last_fill=a_fill(at=NOW + timedelta(minutes=5))) is V.CYL_OK  # clocks differ (DOMAIN 2.6)
    assert verdict_of(last_fill=a_fill(at=NOW + timedelta(minutes=6))) is V.CYL_UNCONFIRMED


def test_a_cylinder_the_regulator_holds_is_not_called_in_order_nor_its_faults_hidden() -> None:
    assert decide(a_trace(a_cylinder(hold="事故调查")), FIRST, NOW).reasons == ("HOLD_BY_REGULATOR",)
    assert verdict_of(hold="事故调查") is V.CYL_UNCONFIRMED
    assert verdict_of(hold="事故调查", inspection={"next_on": "2026-04"}) is V.CYL_OVERDUE


def test_what_lists_ask_of_it() -> None:
    fill = a_fill(station_id="station-limin", at=datetime(2026, 5, 6, 16, 0, tzinfo=UTC))  # 7 May in Shanghai
    delivery = {"name": "张建国", "staff_no": "023", "selling_unit": "送气网点", "selling_unit_id": "shop-1"}
    facts = LPG.facts(a_cylinder(last_fill=fill, delivery=delivery, use_category="catering"))
    assert (facts.status, facts.category) == ("in_use", "catering")
    assert (facts.due_on, facts.served_on) == (date(2027, 3, 31), date(2026, 5, 7))
    assert facts.parties == {"owner": "station-pingan", "filler": "station-limin", "seller": "shop-1"}
    assert facts.aliases == ("cylinder/WH12345678",)
    assert LPG.facts(a_cylinder(owner_station=None, last_fill=None)).parties == {}


def test_who_filled_it_is_told_masked() -> None:
    fill = a_fill(operator="李志强", operator_certificate="T6150300231", residue_kg=0.2)
    told = LPG.values(a_cylinder(last_fill=fill), TODAY)
    assert (told["fill_operator"], told["operator_certificate"], told["residue_kg"]) == ("李师傅", "****0231", "0.2")


def test_days_to_come_are_found_on_the_day_of_entry() -> None:
    cylinder = a_cylinder(
        manufactured_on="2026-06",
        inspection={"next_on": "2030-05", "last_on": "2026-05-11"},
        purged_on=TODAY + timedelta(days=2),
        last_fill=a_fill(at=NOW + timedelta(days=1), residue_on=TODAY + timedelta(days=1)),
    )
    faults = list(LPG.entry(cylinder, Entry(TODAY, Inputs())))
    assert [fault.field for fault in faults] == [
        "manufactured_on",
        "inspection.last_on",
        "purged_on",
        "last_fill.at",
        "last_fill.residue_on",
    ]
    assert list(LPG.entry(cylinder, Entry(date(2026, 6, 1), Inputs()))) == []
    assert list(LPG.entry(a_cylinder(manufactured_on="2026-05"), Entry(TODAY, Inputs()))) == []


JPEG, PNG = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"
ID_CARD = "15030219850312002X"  # invented; its check character is right


@pytest.mark.parametrize(
    "fields",
    [
        {"courier_photo": JPEG + bytes(PHOTO_LIMIT - len(JPEG)), "courier_id_card": ID_CARD},
        {"courier_photo": PNG, "courier_phone": "13800000001", "customer_id": "K-1", "customer_address": "某街1号"},
        {},
    ],
)
def test_the_delivery_man_s_own_part_survives_its_storing_and_shows_nothing_in_a_log(fields: dict[str, object]) -> None:
    private = CylinderPrivate(**fields)  # type: ignore[arg-type] # the table's values are of all kinds
    assert msgspec.json.decode(msgspec.json.encode(private), type=CylinderPrivate) == private
    assert repr(private) == "<CylinderPrivate>"
    assert set(CylinderPrivate.__struct_fields__) > CylinderPrivate.withheld


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"courier_photo": JPEG + bytes(PHOTO_LIMIT)}, "courier_photo"),
        ({"courier_photo": b"GIF89a"}, "courier_photo: **** 不是JPEG或PNG图片"),
        ({"courier_photo": b""}, "courier_photo: **** 不是JPEG或PNG图片"),
        ({"courier_id_card": ID_CARD[:-1] + "1"}, "courier_id_card: **** 校验不通过"),
        ({"courier_id_card": ID_CARD.lower()}, "courier_id_card"),
        ({"courier_phone": "138"}, "courier_phone"),
    ],
)
def test_personal_data_is_checked_and_not_repeated_in_the_refusal(fields: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        msgspec.convert(msgspec.to_builtins(fields), CylinderPrivate)
    assert says in str(refusal.value)
    assert not any(str(value) in str(refusal.value) for value in fields.values() if isinstance(value, str))

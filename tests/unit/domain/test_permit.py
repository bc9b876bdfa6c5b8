from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.permit import Permit, permit
from gateway.domain.records.cylinder import REASON_WORDS, Inspection, Reason, by_gravity, needs_purge
from gateway.domain.records.station import Station
from gateway.domain.trace import LabelState, Record, Trace
from tests.builders.traces import NOW, a_cylinder, a_fill, a_label, a_liquor, a_station, a_trace, a_vehicle

R = Reason
DAY = timedelta(days=1)
LAST_SECOND = datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC)  # of 10 May in Asia/Shanghai


def decided(record: Record | None, station: Station | None = None, now: datetime = NOW) -> Permit:
    return permit(a_trace(record, source_at=now), station or a_station(), now)


def test_all_reasons_are_told_and_the_gravest_stands_first() -> None:
    vehicle = a_vehicle(hold="事故调查", certificate=None, original_fuel="petrol")
    trace = a_trace(vehicle, a_label(LabelState.LOST), source_at=None)
    assert permit(trace, None, NOW) == Permit(
        (R.HOLD_BY_REGULATOR, R.ILLEGAL_RETROFIT, R.NO_CERT, R.NO_TAG, R.STATION_UNLICENSED, R.STALE_DATA), None
    )
    assert by_gravity([R.STALE_DATA, R.UNKNOWN, R.OVERDUE, R.UNKNOWN]) == (R.UNKNOWN, R.OVERDUE, R.STALE_DATA)


def test_every_reason_has_words_that_fit_a_message() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert len(set(REASON_WORDS.values())) == len(Reason)
    assert max(map(len, REASON_WORDS.values())) <= 12


@pytest.mark.parametrize(
    ("record", "station", "until"),
    [
        (a_vehicle(), a_station(), NOW + DAY),
        (a_cylinder(inspection={"next_on": "2026-05-10"}), a_station(), LAST_SECOND),
        (a_cylinder(scrap_on="2026-05-10"), a_station(), LAST_SECOND),
        (a_vehicle(), a_station(licence_valid_to=date(2026, 5, 10)), LAST_SECOND),
    ],
)
def test_a_permit_ends_with_what_ends_first(record: Record, station: Station, until: datetime) -> None:
    assert decided(record, station).valid_until == until


def test_a_permit_ends_a_day_after_the_source_was_heard() -> None:
    heard = NOW - timedelta(hours=23)
    assert permit(a_trace(a_vehicle(), source_at=heard), a_station(), NOW).valid_until == heard + DAY


def test_an_inspection_month_lasts_to_its_end_in_shanghai() -> None:
    last_second = datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)
    cylinder = a_cylinder(inspection={"next_on": "2026-05"})
    assert decided(cylinder, now=last_second) == Permit((), last_second)
    assert decided(cylinder, now=last_second + timedelta(seconds=1)).reasons == (R.OVERDUE,)


def test_a_cylinder_is_filled_by_the_station_it_is_registered_to_and_by_no_other() -> None:
    other = a_station(station_id="station-limin")
    assert decided(a_cylinder(), other).reasons == (R.CERT_MISMATCH,)
    assert decided(a_cylinder(owner_station=None), other).reasons == (R.NO_CERT,)
    assert decided(a_vehicle(), other).decision == "allow"  # a vehicle may drive up to any


def test_a_station_fills_only_the_gas_it_is_licensed_for() -> None:
    assert decided(a_cylinder(), a_station(gases=["CNG", "LNG"])).reasons == (R.STATION_UNLICENSED,)
    assert decided(a_vehicle(), a_station(gases=["LPG"])).reasons == (R.STATION_UNLICENSED,)


def test_the_seal_of_the_last_fill_leads_to_its_cylinder_but_a_tag_that_is_over_to_no_vehicle() -> None:
    used = a_label(LabelState.CONSUMED)
    assert permit(a_trace(a_cylinder(), used), a_station(), NOW).decision == "allow"
    assert permit(a_trace(a_vehicle(), used), a_station(), NOW).reasons == (R.NO_TAG,)


def test_a_bottle_of_liquor_is_no_cylinder() -> None:
    assert permit(a_trace(a_liquor()), a_station(), NOW) == Permit((R.UNKNOWN,), None)
    assert permit(Trace("x", "lpg"), None, NOW).reasons == (R.UNKNOWN, R.STATION_UNLICENSED)


@pytest.mark.parametrize(
    ("last_on", "purged_on", "filled_on", "needed"),
    [
        (None, None, None, True),  # new
        (None, None, "2026-05-01", False),
        (None, None, "2026-06-01", False),
        (None, None, "2026-06-02", True),  # a fill still to come
        ("2026-05-01", None, "2026-05-01", True),  # on the same day: before or after, nobody knows
        ("2026-05-01", None, "2026-05-02", False),
        ("2026-05", None, "2026-05-31", True),
        ("2026-05", None, "2026-06-01", False),
        (None, "2026-06-01", None, False),
        (None, "2026-06-02", None, True),  # a purge still to come
        ("2026-05-08", "2026-05-07", "2026-05-07", True),
        ("2026-05-08", "2026-05-08", "2026-05-07", False),
        ("2026-05", "2026-05-01", None, False),
        ("2026-05", "2026-04-30", None, True),
    ],
)
def test_air_is_driven_out_before_the_first_fill_of_a_new_or_newly_inspected_cylinder(
    last_on: str | None, purged_on: str | None, filled_on: str | None, needed: bool
) -> None:
    inspection = Inspection(next_on="2030-05", last_on=last_on)
    purged, filled = (text and date.fromisoformat(text) for text in (purged_on, filled_on))
    assert needs_purge(inspection, purged or None, filled or None, date(2026, 6, 1)) is needed


def test_an_inspection_asks_for_a_purge_before_the_next_fill() -> None:
    inspected = {"next_on": "2030-05", "last_on": "2026-05-08"}
    before = a_fill(at=NOW - timedelta(days=20))
    cylinder = a_cylinder(inspection=inspected, last_fill=before, purged_on="2022-04-01")
    assert decided(cylinder).reasons == (R.FIRST_FILL_NEEDS_PURGE,)
    assert decided(a_cylinder(inspection=inspected, last_fill=before, purged_on="2026-05-09")).decision == "allow"

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from gateway.domain.errors import BadSettings
from gateway.domain.trace import LabelRange, LabelState, PartyKind, SingleLabel
from gateway.domain.verdict import Verdict
from gateway.interchange.sample import City, load
from tests.builders.city import ROOT, first_answer, found_in, the_city

# Days on which months, years and Februaries turn, and the last and first seconds of a day in Shanghai.
MOMENTS = [
    datetime(2026, 5, 10, 4, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),
    datetime(2026, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2027, 3, 1, 2, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 2, 0, tzinfo=UTC),
    datetime(2027, 1, 31, 2, 0, tzinfo=UTC),
]


def labels_of(city: City) -> list[LabelRange | SingleLabel]:
    return [*city.ranges, *city.singles]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_each_thing_shows_what_its_file_promises_on_any_day(now: datetime) -> None:
    for found in found_in(the_city(now), now):
        assert first_answer(found.trace, now)[0] is found.promised, found.trace


def test_a_demo_left_running_over_a_day_keeps_its_promises() -> None:
    loaded = MOMENTS[0]
    now = loaded + timedelta(days=1)
    for found in found_in(the_city(loaded), now):
        assert first_answer(found.trace, now)[0] is found.promised, found.trace


def test_labels_lead_to_records_that_are_there() -> None:
    city = the_city(MOMENTS[0])
    keys = {(filed.record_type, filed.key) for filed in city.records}
    lost = {(one.record_type, one.record_key) for one in city.examples if one.verdict is Verdict.TRACE_INCOMPLETE}
    for label in labels_of(city):
        if label.label.state is LabelState.ACTIVE:
            assert (label.record_type, label.record_key) in keys | lost
    sources = {source.name for source in city.sources}
    feeds = {feed for filed in city.records for feed in (filed.source, filed.inspector) if feed}
    assert feeds <= sources


def test_ranges_do_not_overlap_and_singles_lie_outside_them() -> None:
    city = the_city(MOMENTS[0])
    runs = [(one.klass, one.version, one.first, one.last) for one in city.ranges]
    runs += [(one.klass, one.version, one.index, one.index) for one in city.singles]
    runs.sort()
    for before, after in pairwise(runs):
        assert before[:2] != after[:2] or before[3] < after[2]


def test_every_kind_of_party_lives_there_and_owns_what_it_is_said_to() -> None:
    city = the_city(MOMENTS[0])
    assert {party.kind for party in city.parties} == set(PartyKind)
    known = {party.id for party in city.parties}
    assert {filed.owner for filed in city.records} <= known
    assert {label.issued_to for label in labels_of(city)} <= known


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda city: city["parties"][1].update(kind="shop"), r"\$\.parties\[1\]"),
        (
            lambda city: city["parties"][1].update(district="1508"),
            "party coop-dengkou: district '1508' is not six digits",
        ),
        (
            lambda city: city["parties"][1].update(uscc="91150822MA0000011C"),
            "party coop-dengkou: uscc .* fails its check",
        ),
        (lambda city: city["records"][0].update(type="wine"), "A0312: type 'wine' is none of liquor"),
        (lambda city: city["records"][0]["record"].update(alcohol_vol=95), r"liquor A0312: .*alcohol_vol"),
        (lambda city: city["ranges"][0].update(first=-1), "label range -1"),
        (lambda city: city["ranges"][0].update(count=0), "label range"),
        (lambda city: city.pop("singles"), "singles"),
        (lambda city: city["records"][0]["record"].update(produced_on={"days": "x"}), "produced_on"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_place(tmp_path: Path, spoil: object, says: str) -> None:
    city = msgspec.json.decode((ROOT / "config" / "sample" / "city.json").read_bytes())
    assert callable(spoil)
    spoil(city)
    (tmp_path / "city.json").write_bytes(msgspec.json.encode(city))
    with pytest.raises(BadSettings, match=says) as refusal:
        load(tmp_path, date(2026, 5, 10))
    assert "city.json: " in str(refusal.value)


def test_no_file_and_no_json_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"city\.json: .*No such file"):
        load(tmp_path, date(2026, 5, 10))
    (tmp_path / "city.json").write_text("{")
    with pytest.raises(BadSettings, match=r"city\.json: "):
        load(tmp_path, date(2026, 5, 10))

"""A small city to count: two districts, owners of each kind, one of them there for trial, and questions about it."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert
from uuid_utils.compat import uuid7

from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.station import Dispenser
from gateway.domain.trace import Filed, LabelRange, LabelState, Party, PartyKind, SingleLabel, Source
from gateway.store.load import Loader
from gateway.store.tables import answers, inquiries
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.traces import a_cylinder, a_label, a_lift, a_melon, a_station


def a_party(id_: str, kind: PartyKind, district: str = "150302", *, pilot: bool = False) -> Party:
    return Party(id_, f"{id_}公司", kind, district, pilot=pilot)


def a_city(connection: Connection) -> None:
    """Write it: three cylinders (one overdue, one on trial), two lifts (one served late), two batches (one with gaps).

    Its station's licence is over, and one of its scales is not verified.
    """
    loader = Loader(connection, VAULT, CODES, NOW)
    loader.parties(
        [
            a_party("s-1", PartyKind.STATION),
            a_party("s-2", PartyKind.STATION, pilot=True),
            a_party("m-1", PartyKind.MAINTENANCE),
            a_party("coop-1", PartyKind.COOP, "150822"),
        ]
    )
    loader.sources([Source("s-1"), Source("s-2"), Source("m-1", timedelta(days=3))])
    lift = {"district": "150303", "maintenance_unit_id": "m-1", "use_unit_id": "u-1"}
    late = a_lift(local_no="012346", last_maintenance_on=date(2026, 4, 20), **lift)
    scale = Dispenser(number="S1", kind="scale", verified_to=date(2026, 5, 1))
    station = a_station(station_id="s-1", licence_valid_to=date(2026, 5, 8), dispensers=(scale,))
    with_gaps = a_melon(batch_no="HLS-91", picked_on=date(2026, 5, 6), test_report=None)
    loader.records(
        [
            Filed("lpg", "WH0001", a_cylinder(cylinder_no="WH0001", owner_station="s-1"), "s-1", "s-1"),
            Filed("lpg", "WH0002", _overdue("WH0002", owner_station="s-1"), "s-1", "s-1"),
            Filed("lpg", "WH0003", a_cylinder(cylinder_no="WH0003", owner_station="s-2"), "s-2", "s-2"),
            Filed("lift", "012345", a_lift(**lift), "m-1", "u-1"),
            Filed("lift", "012346", late, "m-1", "u-1"),
            Filed("station", "s-1", station, owner="s-1"),
            Filed("melon", "HLS-90", a_melon(batch_no="HLS-90"), owner="coop-1"),
            Filed("melon", "HLS-91", with_gaps, owner="coop-1"),
        ]
    )
    loader.singles([SingleLabel(6, 1, 1, a_label(), "lpg", "WH0001", "s-1")])
    loader.ranges(
        [
            LabelRange(4, 1, 500_000, 500_099, a_label(), "melon", "HLS-90", "coop-1"),
            LabelRange(9, 1, 0, 9, a_label(), "melon", "HLS-91", "coop-1"),
            LabelRange(4, 1, 600_000, 600_009, a_label(LabelState.ISSUED), "melon", None, "coop-1"),
        ]
    )


def _overdue(number: str, **fields: object) -> Cylinder:
    return a_cylinder(cylinder_no=number, inspection=Inspection(next_on="2026-04"), **fields)


def asked(
    connection: Connection,
    verdict: str,
    code: str,
    *,
    times: int = 1,
    record: str | None = None,
    at: datetime = NOW,
    querier: bytes | None = None,
    channel: str = "web",
    test: bool = False,
    took: timedelta = timedelta(milliseconds=40),
    key: bool = False,
) -> None:
    """Write that somebody asked; each time another person, unless `querier` is given; `key`: ids are of that time."""
    for number in range(times):
        id_ = uuid7(nanoseconds=int(at.timestamp() * 1e9)) if key else uuid7()
        row = {
            "id": id_, "channel": channel, "account": "one", "sender_shown": "139****0001",
            "querier": querier or number.to_bytes(16, "big"), "destination": "1", "text": code, "received_at": at,
            "state": "answered", "intent": "query", "settled_at": at + took, "test": test,
        }  # fmt: skip
        connection.execute(insert(inquiries).values(row))
        connection.execute(
            insert(answers).values(
                inquiry_id=id_, position=1, code=code, record_type=record and record.partition("/")[0],
                record_id=record, verdict=verdict, rule="by hand", reasons=[], query_count=1,
            )
        )  # fmt: skip

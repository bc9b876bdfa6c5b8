"""May this be filled here and now (R41, DOMAIN 2.7): the answer a filling station's controller acts on. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from gateway.domain.calendar import end_of, today
from gateway.domain.records.base import FRESH, is_stale
from gateway.domain.records.cylinder import Reason, by_gravity
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import Label, LabelState, Trace

# A station that is cut off may go on for so long by the permits it holds (DESIGN 4, Freshness).
PERMIT_LASTS = timedelta(hours=24)

# The states of a seal that say nothing against its cylinder: each fill takes the last seal off.
_SEAL_FITS = frozenset({LabelState.ACTIVE, LabelState.CONSUMED})


@dataclass(frozen=True, slots=True)
class Permit:
    """Allowed until a time, or denied for all these reasons, the gravest first."""

    reasons: tuple[Reason, ...]
    valid_until: datetime | None  # its last moment; None: denied

    @property
    def decision(self) -> Literal["allow", "deny"]:
        """Return the decision's name outside."""
        return "deny" if self.reasons else "allow"


def permit(trace: Trace, station: Station | None, now: datetime) -> Permit:
    """Decide whether `station` may fill what was found; `now` is aware.

    What is unknown is denied, and so is what cannot be trusted any more: a source older than 24 h, a station without
    a record. An LPG cylinder may be asked for by the seal of its last fill.
    """
    record = trace.record
    if not isinstance(record, (Cylinder, Vehicle)):
        licensed = station is not None and station.operates(today(now))
        return Permit((Reason.UNKNOWN,) if licensed else (Reason.UNKNOWN, Reason.STATION_UNLICENSED), None)
    reasons = by_gravity(_reasons(record, trace, station, now))
    if reasons or station is None or trace.source_at is None:  # the last two are reasons, too
        return Permit(reasons, None)
    last_good = min(record.fillable_until, station.licence_valid_to)
    return Permit((), min(now + PERMIT_LASTS, end_of(last_good), trace.source_at + FRESH))


def _reasons(record: Cylinder | Vehicle, trace: Trace, station: Station | None, now: datetime) -> Iterator[Reason]:
    day = today(now)
    yield from record.unfillable(day)
    yield from _of_the_label(record, trace.label)
    yield from _of_the_station(record, station, day)
    if is_stale(trace.source_at, now):
        yield Reason.STALE_DATA


def _of_the_label(record: Cylinder | Vehicle, label: Label | None) -> Iterator[Reason]:
    """Judge the label it was asked for by; None: by its plate or its stamp."""
    if label is None or label.state is LabelState.ACTIVE:
        return
    if label.state is LabelState.SCRAPPED:
        yield Reason.SCRAPPED
    elif isinstance(record, Vehicle) or label.state not in _SEAL_FITS:
        yield Reason.NO_TAG


def _of_the_station(record: Cylinder | Vehicle, station: Station | None, day: date) -> Iterator[Reason]:
    if station is None or not station.may_fill(record.gas, day):
        yield Reason.STATION_UNLICENSED
    # One LPG cylinder is registered to one station, which alone may fill it (DB4114/T185).
    if station and isinstance(record, Cylinder) and record.owner_station not in (None, station.station_id):
        yield Reason.CERT_MISMATCH

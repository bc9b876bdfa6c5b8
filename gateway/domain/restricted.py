"""What a registered phone with its PIN is told, and nobody else (DOMAIN T3, R40, R49).

A filling station hears whether it may fill, with every reason; the police's vehicle office hears of a vehicle's
certificate and tag, which is all that its registration and annual check ask for.
"""

from datetime import datetime

from gateway.domain import masks
from gateway.domain.access import Role
from gateway.domain.calendar import short_moment, today
from gateway.domain.permit import permit
from gateway.domain.records.cylinder import REASON_WORDS, Reason
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.reply import Clause
from gateway.domain.trace import Trace
from gateway.domain.verdict import Decision, Verdict

_OF_THE_PAPERS = frozenset({Reason.UNKNOWN, Reason.NO_CERT, Reason.CERT_MISMATCH, Reason.NO_TAG})


def told(trace: Trace, role: Role, station: Station | None, now: datetime) -> tuple[Decision, Clause] | None:
    """Return what this role is told of a thing in place of the public answer; None where that is all there is.

    `station` is the asking station's own record; without one it may fill nothing.
    """
    if trace.record_type not in ("vehicle", "lpg"):
        return None
    if role is Role.STATION:
        return _for_station(trace, station, now)
    if role is Role.OFFICE and trace.record_type == "vehicle":
        return _for_office(trace, now)
    return None


def _for_station(trace: Trace, station: Station | None, now: datetime) -> tuple[Decision, Clause]:
    decided = permit(trace, station, now)
    until = decided.valid_until
    verdict = Verdict.FILL_DENIED if until is None else Verdict.FILL_ALLOWED
    clause = Clause(
        "STATION_ANSWER",
        {
            "thing": _thing(trace),
            "allowed": until is not None,
            "reasons": _words(decided.reasons),
            "until": short_moment(until, today(now)) if until else None,
        },
        trace.record_type,
    )
    return Decision(verdict, "asked by a station", decided.reasons), clause


def _for_office(trace: Trace, now: datetime) -> tuple[Decision, Clause]:
    vehicle = trace.record
    if not isinstance(vehicle, Vehicle):
        faults: tuple[Reason, ...] = (Reason.UNKNOWN,)
    else:
        faults = tuple(reason for reason in vehicle.unfillable(today(now)) if reason in _OF_THE_PAPERS)
    # The certificate's last four only: an SMS may be read by others.
    number = vehicle.certificate.number if isinstance(vehicle, Vehicle) and vehicle.certificate else None
    clause = Clause(
        "OFFICE_ANSWER",
        {
            "thing": _thing(trace),
            "in_order": not faults,
            "reasons": _words(faults),
            "certificate_no": masks.certificate(number) if number else None,
        },
        trace.record_type,
    )
    verdict = Verdict.FILL_DENIED if faults else Verdict.FILL_ALLOWED
    return Decision(verdict, "asked by the vehicle office", faults), clause


def _words(reasons: tuple[Reason, ...]) -> str | None:
    return "、".join(REASON_WORDS[reason] for reason in reasons) or None


def _thing(trace: Trace) -> str:
    """Name it in full where it was asked for in full."""
    record = trace.record
    if isinstance(record, Cylinder):
        return f"瓶号{record.cylinder_no}"
    return record.plate if isinstance(record, Vehicle) else trace.code

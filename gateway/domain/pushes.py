"""What the gateway says without being asked: each text, and the values its words need."""

from collections.abc import Sequence
from datetime import date, datetime

from gateway.domain.calendar import local, short_day, short_moment
from gateway.domain.reply import Clause, Plain

# So many things of a list fit into two segments.
LISTED = 8


def lift_alert(
    lift_no: str, address: str, phone: str, *, trapped: bool, at: datetime, now: datetime, waited: int
) -> Clause:
    """A lift reports that somebody is trapped, or a fault (R43); `waited`: minutes that nobody has acknowledged."""
    values: dict[str, Plain] = {
        "lift_no": lift_no,
        "address": address,
        "emergency_phone": phone,
        "trapped": trapped,
        "at": short_moment(at, local(now).date()),
        "waited": waited or None,
    }
    return Clause("LIFT_ALERT", values, "lift")


def alert_acknowledged(lifts: Sequence[str]) -> Clause:
    """Somebody says that he has read the alert."""
    return Clause("ALERT_ACKNOWLEDGED", {"lifts": "、".join(lifts)}, "lift")


def inspection_reminder(record_type: str, count: int, days: int, first: date, today: date) -> Clause:
    """So many things of a unit are due for inspection within so many days (R32)."""
    values: dict[str, Plain] = {"kind": record_type, "count": count, "days": days, "first": short_day(first, today)}
    return Clause("INSPECTION_REMINDER", values)


def reminder_list(items: Sequence[tuple[str, date]], today: date) -> Clause:
    """What stands behind the last reminder, each as it may be shown, with its day."""
    shown = "；".join(f"{name} {short_day(due, today)}" for name, due in items[:LISTED])
    return Clause("REMINDER_LIST", {"items": shown, "more": max(0, len(items) - LISTED) or None})


def interval_warning(product: str, batch_no: str, picked_on: date, allowed_from: date, today: date) -> Clause:
    """A batch is or will be picked before the safety interval of its last pesticide is over (R29)."""
    values: dict[str, Plain] = {
        "product": product,
        "batch_no": batch_no,
        "picked_on": short_day(picked_on, today),
        "allowed_from": short_day(allowed_from, today),
    }
    return Clause("INTERVAL_WARNING", values, "melon")


def pin_wrong() -> Clause:
    """The PIN beside a restricted question is not this phone's."""
    return Clause("PIN_WRONG", {})


def pin_locked() -> Clause:
    """Too many wrong PINs: the phone is locked for a while."""
    return Clause("PIN_LOCKED", {})

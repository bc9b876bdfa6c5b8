"""Clauses to try words on: a record, and the question and label under which it comes to a given verdict."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from gateway.domain import judgement, notices
from gateway.domain.notices import WrongKind
from gateway.domain.proof import COMMON
from gateway.domain.question import Need
from gateway.domain.records.registry import REGISTRY, AnyType
from gateway.domain.reply import Clause, Plain
from gateway.domain.safety import verdict_of
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

# A code of the printed form, of no label: it is the one our own words show.
_CODE: Final = "1688012345678904"
_GOODS: Final = (
    Verdict.GENUINE_FIRST,
    Verdict.SELF_REPEAT,
    Verdict.REPEAT_WARN,
    Verdict.TRACE_OK,
    Verdict.TRACE_INCOMPLETE,
    Verdict.RECALLED,
    Verdict.EXPIRED,
    Verdict.UNKNOWN,
    Verdict.LABEL_VOID,
    Verdict.NOT_ACTIVATED,
)
_ALERT: Final[dict[str, Plain]] = {
    "lift_no": "012345",
    "address": "滨河小区3号楼1单元",
    "at": "10:42",
    "emergency_phone": "0473-2000000",
}
_EQUIPMENT: Final = frozenset({"lpg", "vehicle", "station", "lift"})


def verdicts_of(record_type: str) -> tuple[Verdict, ...]:
    """Return the verdicts that goods can get; equipment has words of its own for each of its."""
    return () if record_type in _EQUIPMENT or record_type == COMMON else _GOODS


def on_record(
    record_type: str, name: str, record: Record, key: str, source_at: datetime | None, now: datetime
) -> tuple[Clause, bool]:
    """Return a clause for these words on a record, and whether the record does come to their verdict.

    Where it does not, under no label and no question, the clause is what it would say if it did.
    """
    kind, verdict = REGISTRY[record_type], verdict_of(name)
    for trace, standing in _questions(kind, record, key, source_at, now):
        decision = judgement.decide(trace, standing, now)
        if decision.verdict is verdict:
            return judgement.clause(trace, standing, decision, now), True
    trace = Trace(_key(kind, key), record_type, Label(LabelState.ACTIVE, kind.policy), record, source_at)
    decision = Decision(verdict or Verdict.UNKNOWN, "as if")
    clause = judgement.clause(trace, Standing(3, now - timedelta(days=3)), decision, now)
    return Clause(name, clause.values, record_type), False


def _questions(
    kind: AnyType, record: Record, key: str, source_at: datetime | None, now: datetime
) -> Iterator[tuple[Trace, Standing]]:
    """Return the ways in which somebody may come to ask for a record, the usual ones first."""
    code, earlier = _key(kind, key), now - timedelta(days=3)
    standings = (Standing(1, now), Standing(2, earlier, own=True), Standing(3, earlier))
    for policy in (kind.policy, *RepeatPolicy):
        label = Label(LabelState.ACTIVE, policy) if kind.labelled else None
        for standing in standings:
            yield Trace(code, kind.name, label, record, source_at), standing
    active = Label(LabelState.ACTIVE, kind.policy) if kind.labelled else None
    yield Trace(code, kind.name, active, record, now), standings[0]  # as if its feed were heard of just now
    yield Trace(code, kind.name, active, record), standings[0]  # and as if it never was
    for state in LabelState if kind.labelled else ():
        yield Trace(code, kind.name, Label(state, kind.policy), record, source_at), standings[0]
    yield Trace(code, kind.name, active), standings[0]
    yield Trace(code, kind.name), Standing(0, None)


def _key(kind: AnyType, key: str) -> str:
    return key if kind.public_key or kind.by_key else _CODE


def notice(name: str, now: datetime) -> list[Clause]:
    """Return clauses for the words of a notice; none for one that needs a record."""
    day: date = now.date()
    made: Mapping[str, list[Clause]] = {
        "malformed": [notices.malformed(), notices.malformed(lift=True)],
        "wrong_kind": [notices.wrong_kind(kind) for kind in (None, *WrongKind)],
        "rate_limited": [notices.rate_limited()],
        "unavailable": [notices.unavailable()],
        "help": [notices.usage()],
        "report_received": [notices.report_received("20265017", day)],
        "report_closed": [notices.report_closed("20265017", "经查为正品，已告知商家规范存放。")],
        "optout_done": [notices.opted_out()],
        "resend": [notices.resend()],
        "danger": [notices.danger(Need.GAS), notices.danger(Need.TRAPPED)],
        "contact": [notices.contact()],
        "test_label": [notices.test_label()],
        "example": [notices.example()],
        "corrected": [notices.corrected(_CODE)],
        "pin_wrong": [Clause("pin_wrong", {})],
        "pin_locked": [Clause("pin_locked", {})],
        "reminder_list": [Clause("reminder_list", {"items": "****5678(03-15)、****0917(03-20)", "more": 3})],
        "inspection_reminder": [
            Clause("inspection_reminder", {"count": 12, "kind": kind, "days": 30, "first": "06-03"})
            for kind in ("lpg", "lift", "vehicle")
        ],
        "station_answer": [
            Clause(name, {"thing": "****5678", "allowed": True, "until": "2026-12-01 18:00", "reasons": None}),
            Clause(name, {"thing": "****5678", "allowed": False, "until": None, "reasons": "检验过期、已报废"}),
        ],
        "office_answer": [
            Clause(name, {"thing": "蒙C12345", "in_order": True, "certificate_no": "****0012", "reasons": None}),
            Clause(name, {"thing": "蒙C12345", "in_order": False, "certificate_no": None, "reasons": "检验过期"}),
        ],
        "lift_alert": [
            Clause(name, _ALERT | {"trapped": trapped, "waited": waited})
            for trapped, waited in ((True, None), (False, 15))
        ],
        "alert_acknowledged": [Clause("alert_acknowledged", {"lifts": "012345"})],
        "interval_warning": [
            Clause(name, {"product": "蜜瓜", "batch_no": "M0703", "picked_on": "07-03", "allowed_from": "07-09"})
        ],
    }  # fmt: skip
    return made.get(name, [])

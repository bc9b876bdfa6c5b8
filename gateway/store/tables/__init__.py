"""The tables (SQLAlchemy Core); `migrations/` makes them, these modules are what queries are written against."""

from gateway.store.tables.base import metadata
from gateway.store.tables.console import (
    sessions,
    users,
    wording_nodes,
    wording_state,
    wording_trials,
    wordings,
)
from gateway.store.tables.filing import (
    alerts,
    api_keys,
    denials,
    epcis_captures,
    epcis_epcs,
    epcis_events,
    events,
    hook_deliveries,
    idempotency,
    imports,
    inputs,
    phones,
    reminders,
    ticket_steps,
    tickets,
)
from gateway.store.tables.questions import (
    answer_days,
    answers,
    dead_letters,
    holders,
    inquiries,
    joins,
    line_days,
    messages,
    notices,
    optouts,
    parts,
    receipts,
    seen,
    segments,
    summed_hours,
    undelivered,
    waiting_days,
)
from gateway.store.tables.traces import (
    audit,
    key_marks,
    label_issues,
    label_ranges,
    labels,
    parties,
    record_aliases,
    record_parties,
    record_secrets,
    record_versions,
    records,
    source_days,
    sources,
)

__all__ = [
    "alerts", "answer_days", "answers", "api_keys", "audit", "dead_letters", "denials", "epcis_captures",
    "epcis_epcs", "epcis_events", "events", "holders", "hook_deliveries", "idempotency", "imports", "inputs",
    "inquiries", "joins", "key_marks", "label_issues", "label_ranges", "labels", "line_days", "messages", "metadata",
    "notices", "optouts", "parties", "parts", "phones", "receipts", "record_aliases", "record_parties",
    "record_secrets", "record_versions", "records", "reminders", "seen", "segments", "sessions", "source_days",
    "sources", "summed_hours", "ticket_steps", "tickets", "undelivered", "users", "waiting_days", "wording_nodes",
    "wording_state", "wording_trials", "wordings",
]  # fmt: skip

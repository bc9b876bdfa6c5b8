"""How data gets in, and what the gateway does because of it: files, events, keys, alerts, reminders, tickets."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

# In just these words, or the index of open tickets is not used.
UNCLOSED = "state <> 'closed'"

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type", String(16), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("party", String(32)),
    Column("rows", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("uq_imports_sha256", "type", "sha256", unique=True),
)
# Pesticides and veterinary drugs with their safety intervals (R70).
inputs = Table(
    "inputs",
    metadata,
    Column("name", String(60), primary_key=True),  # NFKC
    Column("kind", String(16), nullable=False),
    Column("banned", Boolean, nullable=False),
    Column("interval_days", Integer),
    Column("registration_no", String(40)),
    Column("synonyms", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Who may use the interfaces; the key itself is shown once and kept as SHA-256 (it has 256 bits of its own).
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("party", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("revoked_at", UtcDateTime),
)
# Phones known to the service: a station's, a unit's for alerts, an office's for restricted queries. The PIN is kept
# as Argon2 only.
phones = Table(
    "phones",
    metadata,
    Column("querier", LargeBinary, primary_key=True),
    Column("party", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("shown", String(32), nullable=False),
    Column("pin_hash", String(128)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", UtcDateTime),
    Column("alerts", Boolean, nullable=False),  # wants lift alerts and reminders
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_phones_party", "party"),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of caller, path and Idempotency-Key
    Column("request", String(64), nullable=False),  # SHA-256 of the body
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# What happened to a thing: filled, inspected, delivered, registered, trapped … Kept two years at least (DB4114/T185).
events = Table(
    "events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("record_id", String(160), nullable=False),
    Column("party", String(32)),  # who reported it
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    Column("body", JSON, nullable=False),
    Column("sealed", LargeBinary),  # people's names, numbers, addresses
    Index("ix_events_record", "record_id", "at"),
    Index("ix_events_party", "party", "kind", "at"),
)
epcis_events = Table(
    "epcis_events",
    metadata,
    Column("event_id", String(255), primary_key=True),
    Column("capture_id", Uuid, nullable=False, index=True),
    Column("type", String(24), nullable=False),
    Column("biz_step", String(64)),
    Column("event_time", UtcDateTime, nullable=False, index=True),
    Column("record_time", UtcDateTime, nullable=False),
    Column("party", String(32), nullable=False),
    Column("trusted", Boolean, nullable=False),  # said by an office
    Column("body", LargeBinary, nullable=False),  # msgspec JSON of `domain.epcis.event.Event`
    Column("voided_at", UtcDateTime),  # by an error declaration
)
epcis_epcs = Table(
    "epcis_epcs",
    metadata,
    Column("epc", String(255), primary_key=True),
    Column("event_id", String(255), ForeignKey("epcis_events.event_id"), primary_key=True),
    Column("role", String(8), nullable=False),  # epc, parent, child, input, output
    Index("ix_epcis_epcs_event_id", "event_id"),
)
epcis_captures = Table(
    "epcis_captures",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("party", String(32)),
    Column("at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("results", JSON, nullable=False),
)
# What must not be filled: a row a thing that was ever denied; `seq` orders the changes.
denials = Table(
    "denials",
    metadata,
    Column("record_id", String(160), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("denied", Boolean, nullable=False),  # False: it was, and no longer is
    Column("names", JSON, nullable=False),  # {"code": …, "cylinder_no": […], "plate": …}
    Column("reasons", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# A lift that reported `trapped` or `fault`, until somebody acknowledges.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_id", Uuid, ForeignKey("events.id"), nullable=False),
    Column("record_id", String(160), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("level", Integer, nullable=False),  # how often it was escalated
    Column("next_at", UtcDateTime),  # NULL: acknowledged, restored, or all was said
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(32)),  # masked number
    Column("remark", String(200)),
    Column("restored_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index(
        "ix_alerts_next_at",
        "next_at",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)
# What was told once of a record and a day: that its inspection is due (R32), that a fruit was picked too early (R29).
reminders = Table(
    "reminders",
    metadata,
    Column("record_id", String(160), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("party", String(32), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Index("ix_reminders_party", "party", "sent_at"),
)
# Events on their way to the city's platforms (R44).
hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("target", String(64), nullable=False),
    Column("event", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime),
    Column("last_error", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_hook_deliveries_next_at", "next_at"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", String(12), unique=True),
    Column("inquiry_id", Uuid, nullable=False),
    Column("reporter", LargeBinary, nullable=False),  # sealed
    Column("reporter_shown", String(32), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("place", Text),
    Column("recording", String(64)),  # of a call, by its name at the switch; NULL once its retention is over
    Column("state", String(12), nullable=False),
    Column("handed_to", String(16)),  # 12315, 12345, xinfang
    Column("outside_ref", String(64)),  # their number for it
    Column("resolution", Text),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index("ix_tickets_due", "due_at", "number", sqlite_where=text(UNCLOSED), postgresql_where=text(UNCLOSED)),
    Index("ix_tickets_inquiry_id", "inquiry_id"),
)
ticket_steps = Table(
    "ticket_steps",
    metadata,
    Column("ticket_id", Integer, ForeignKey("tickets.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("note", Text),
)

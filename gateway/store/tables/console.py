"""What operators do: who they are, where they are signed in, the words they tune."""

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
    true,
)

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),  # NFKC
    Column("role", String(16), nullable=False),
    Column("party", String(32)),
    Column("password_hash", String(128), nullable=False),  # Argon2
    Column("must_change", Boolean, nullable=False),  # the password is a one-time one
    Column("theme", String(8), nullable=False, server_default=""),  # light, dark; empty: as the system has it
    Column("locale", String(8), nullable=False, server_default="zh"),
    Column("keys", Boolean, nullable=False, server_default=true()),  # single letters are shortcuts
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("password_until", UtcDateTime),  # of a one-time password; NULL: it is his own
)
# Where somebody is signed in. The token stands in his cookie only; here is its SHA-256.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("address", String(45), nullable=False),
    Column("browser", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),  # whatever he does
)

_DRAFT, _LIVE = text("version IS NULL"), text("state = 'live'")
# The words of one verdict, texts and speech together; the files shipped with the gateway are version 0.
wordings = Table(
    "wordings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("record_type", String(16), nullable=False),  # or `common`
    Column("name", String(32), nullable=False),  # the template's, in lower case
    Column("version", Integer),  # NULL: never published
    Column("state", String(12), nullable=False),  # draft, submitted, declined, live, superseded
    Column("base", Integer, nullable=False),  # the version it was made from
    Column("sms", Text, nullable=False),
    Column("voice", Text, nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of both
    Column("note", String(200), nullable=False),
    Column("author", String(64), nullable=False),  # who edited it last
    Column("editors", JSON, nullable=False),  # all who did
    Column("reviewer", String(64)),
    Column("answer", String(200)),  # why it was declined
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("published_at", UtcDateTime),
    Index("uq_wordings_version", "record_type", "name", "version", unique=True),
    Index("uq_wordings_draft", "record_type", "name", unique=True, sqlite_where=_DRAFT, postgresql_where=_DRAFT),
    Index("uq_wordings_live", "record_type", "name", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)
# One row: it counts up with every change of what is live, and all processes watch it.
wording_state = Table(
    "wording_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("counter", BigInteger, nullable=False),
    Column("changed_at", UtcDateTime),
)
# Which process speaks in which words.
wording_nodes = Table(
    "wording_nodes",
    metadata,
    Column("holder", Uuid, primary_key=True),
    Column("counter", BigInteger, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("adopted_at", UtcDateTime, nullable=False),
    Column("faults", JSON, nullable=False),  # what it could not compile: it keeps the words it had
)
# What a draft came to over many records, and over the last questions.
wording_trials = Table(
    "wording_trials",
    metadata,
    Column("record_type", String(16), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("kind", String(8), primary_key=True),  # trial, replay
    Column("hash", String(64), nullable=False),  # of the draft
    Column("state", String(8), nullable=False),  # running, done, failed
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("result", JSON),
)

# Lines that somebody has paused: they receive, and send nothing.
paused_lines = Table(
    "paused_lines",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
# Replies that could not be sent, of which somebody said that they need not be.
set_aside = Table(
    "set_aside",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
# Files that somebody sent in, and what came of looking through or taking them in.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("party", String(32)),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),  # checking, checked, loading, loaded, failed
    Column("share", Integer, nullable=False),  # per cent
    Column("seen_at", UtcDateTime, nullable=False),  # when whoever works on it last said so
    Column("result", JSON),
    Column("remarks", LargeBinary),  # msgspec JSON; values are masked where they are personal
    Column("content", LargeBinary),  # gone once it is loaded, or after a day
    Index("ix_uploads_at", "at"),
)
# What takes two people: a recall, the end of labels (T13).
proposals = Table(
    "proposals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(12), nullable=False),  # recall, void
    Column("wish", JSON, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),  # open, done, declined, withdrawn
    Column("decided_by", String(64)),
    Column("decided_at", UtcDateTime),
    Column("note", String(200)),
    Index("ix_proposals_at", "at"),
)
# For pictures: hours that are over, each counted once, so that none of them reads all questions again.
counted_hours = Table("counted_hours", metadata, Column("begins_at", UtcDateTime, primary_key=True))
channel_hours = Table(
    "channel_hours",
    metadata,
    Column("begins_at", UtcDateTime, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("questions", Integer, nullable=False),
    sqlite_with_rowid=False,
)
unknown_days = Table(
    "unknown_days",
    metadata,
    Column("day", Date, primary_key=True),  # of Asia/Shanghai
    Column("prefix", String(8), primary_key=True),
    Column("codes", Integer, nullable=False),
    sqlite_with_rowid=False,
)
repeat_days = Table(
    "repeat_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("record_id", String(160), primary_key=True),
    Column("codes", Integer, nullable=False),
    sqlite_with_rowid=False,
)
segment_days = Table(
    "segment_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("segments", Integer, primary_key=True),  # of one answer
    Column("answers", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# How often each step of a flow was left by each of its ways out.
flow_days = Table(
    "flow_days",
    metadata,
    Column("day", Date, primary_key=True),  # of Asia/Shanghai
    Column("flow", String(64), primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("exit", String(32), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

"""The way of a query: what comes in, what is answered, what goes out."""

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
    false,
    text,
)

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

_NEW, _OPEN = text("state = 'new'"), text("state = 'open'")
# Ends that are rare and looked for. Statements must say just this, in words, to be led by these indexes.
UNANSWERED, UNSENT = (
    "state IN ('refused', 'expired', 'unavailable', 'limited', 'suppressed')",
    "state IN ('refused', 'expired')",
)
# What most are told is not looked for by it, and costs no entry in an index.
UNUSUAL = "verdict <> 'GENUINE_FIRST'"

# Processes that answer and send; what a dead one had claimed is freed (see `store.holders`).
holders = Table(
    "holders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", BigInteger, nullable=False),  # the process's start in clock ticks: a pid is used again
    Column("seen_at", UtcDateTime, nullable=False),
)

# One row a message that was ever taken in; its own table, so that it can be emptied by age.
seen = Table(
    "seen",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# A long text on its way in; `parts` are what is here of it.
joins = Table(
    "joins",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", LargeBinary, nullable=False),  # sealed
    Column("destination", String(32), nullable=False),
    Column("total", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False, index=True),
    Column("judge_at", UtcDateTime, index=True),  # when to make do with what is here; NULL: judged
    Column("inquiry_id", Uuid),  # the last question made from it
)
parts = Table(
    "parts",
    metadata,
    Column("join_id", Uuid, ForeignKey("joins.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", LargeBinary, nullable=False),  # sealed: it may hold half a PIN or ID number
)

inquiries = Table(
    "inquiries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", LargeBinary),  # sealed; NULL once its retention is over
    Column("sender_shown", String(32), nullable=False),
    Column("querier", LargeBinary, nullable=False),
    Column("destination", String(32), nullable=False),
    Column("text", Text, nullable=False),  # PIN and ID numbers masked
    Column("sealed_text", LargeBinary),  # the text as it came, where masking changed it; gone once answered
    Column("received_at", UtcDateTime, nullable=False),
    Column("continues", Uuid),
    Column("state", String(12), nullable=False),
    Column("intent", String(12)),
    Column("reason", String(200)),
    Column("claimed_by", Uuid),
    Column("settled_at", UtcDateTime),
    Column("test", Boolean, nullable=False, server_default=false()),  # counters stay, statistics leave it out
    Index("ix_inquiries_open", "claimed_by", sqlite_where=_NEW, postgresql_where=_NEW),
    Index("ix_inquiries_received_at", "received_at"),
    Index("ix_inquiries_unanswered", "id", sqlite_where=text(UNANSWERED), postgresql_where=text(UNANSWERED)),
    Index("ix_inquiries_sender_shown", "sender_shown"),  # whoever looks for a number has it masked first
)
answers = Table(
    "answers",
    metadata,
    Column("inquiry_id", Uuid, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code", String(32), index=True),
    Column("record_type", String(16)),
    Column("record_id", String(160)),
    Column("verdict", String(24), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("query_count", Integer, nullable=False),
    Column("first_queried_at", UtcDateTime),
    Column("words", String(96)),  # those it was told in; NULL: not noted yet in those days
    Column("words_version", Integer),
    Index("ix_answers_verdict", "verdict", "inquiry_id", sqlite_where=text(UNUSUAL), postgresql_where=text(UNUSUAL)),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("inquiry_id", Uuid, index=True),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("recipient", LargeBinary),  # sealed; NULL once its retention is over
    Column("recipient_shown", String(32), nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("source", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("encoding", String(4), nullable=False),
    Column("reference", Integer, nullable=False),
    Column("bulk", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("moved", Boolean, nullable=False),
    Column("claimed_by", Uuid),
    Column("settled_at", UtcDateTime),
    Index("ix_messages_open", "claimed_by", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_messages_created_at", "created_at"),
    Index("ix_messages_unsent", "created_at", sqlite_where=text(UNSENT), postgresql_where=text(UNSENT)),
)
segments = Table(
    "segments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Uuid, nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("submits", Integer, nullable=False),  # how often it may have met the wire: 2 at most
    Column("due_at", UtcDateTime),
    Column("sending_at", UtcDateTime),
    Column("account", String(64), nullable=False),
    Column("recipient_key", LargeBinary, nullable=False, index=True),  # finds what a receipt may speak of
    Column("peer_ref", String(64)),
    Column("delivered_at", UtcDateTime),
    Column("reason", String(200)),
)
# Receipts that came before the response to their submit.
receipts = Table(
    "receipts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("peer_ref", String(64), nullable=False),
    Column("recipient_key", LargeBinary, nullable=False, index=True),
    Column("delivery", String(12), nullable=False),
    Column("detail", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
line_days = Table(
    "line_days",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("day", Date, primary_key=True),  # of Asia/Shanghai
    Column("sent", Integer, nullable=False),
)
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("raw", LargeBinary, nullable=False),  # sealed: it may hold a number
    Column("reason", String(400), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
# What is told once a day at most: that help exists, that a limit is reached.
notices = Table(
    "notices",
    metadata,
    Column("querier", LargeBinary, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("day", Date, primary_key=True),
    sqlite_with_rowid=False,
)

# Who wants nothing that was not asked for (DOMAIN 6, Opt-out); never stands in the way of an answer.
optouts = Table(
    "optouts",
    metadata,
    Column("querier", LargeBinary, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# A counted verdict that its asker never got: he hears it again, uncounted, for 24 h (DOMAIN 2.10).
undelivered = Table(
    "undelivered",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("querier", LargeBinary, primary_key=True),
    Column("query_count", Integer, nullable=False),
    Column("first_at", UtcDateTime),
    Column("own", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# One row: up to when things were dropped whose time was over (`store.housekeeping`); empty: nothing was yet.
tidied = Table(
    "tidied",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("up_to", UtcDateTime),
)

# Hours that are over, each counted once into its day of Asia/Shanghai: a report over years does not read all questions
# again. Trials and test labels are left out. What does not apply is empty, since keys hold no NULL.
summed_hours = Table("summed_hours", metadata, Column("begins_at", UtcDateTime, primary_key=True))
answer_days = Table(
    "answer_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("record_type", String(16), primary_key=True),
    Column("verdict", String(24), primary_key=True),
    Column("owner", String(32), primary_key=True),  # of the record that was asked for, as it was then
    Column("district", String(6), primary_key=True),
    Column("codes", Integer, nullable=False),
    sqlite_with_rowid=False,
)
waiting_days = Table(
    "waiting_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("milliseconds", Integer, primary_key=True),  # from a question's arrival to its answer's departure
    Column("questions", Integer, nullable=False),
    sqlite_with_rowid=False,
)

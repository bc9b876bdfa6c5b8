"""The trace database: parties, records, labels."""

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
    Uuid,
    false,
    text,
)

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

parties = Table(
    "parties",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("name", String(128), nullable=False),
    Column("district", String(6), nullable=False),
    Column("pilot", Boolean, nullable=False, server_default=false()),
    Column("licence_valid_to", Date),
    Column("body", JSON, nullable=False),  # what all may know of it; its contact person is sealed
    Column("contact", LargeBinary),  # sealed
    Column("updated_at", UtcDateTime),
)
# Feeds of events; a quiet but connected one is fresh.
sources = Table(
    "sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("heartbeat_at", UtcDateTime, nullable=False),
)
# On which days of Asia/Shanghai one was heard: whose duty it is to upload is judged by them (R69).
source_days = Table(
    "source_days",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    sqlite_with_rowid=False,
)
_OWNED, _SERVED = text("owner IS NOT NULL"), text("served_on IS NOT NULL")
records = Table(
    "records",
    metadata,
    Column("id", String(160), primary_key=True),  # "<type>/<key>"
    Column("type", String(16), nullable=False),
    Column("owner", String(32)),  # party
    Column("source", String(64), ForeignKey("sources.name")),
    Column("inspector", String(64)),  # the feed of its inspections, where another
    Column("body", LargeBinary, nullable=False),  # msgspec JSON of the type's model
    Column("version", Integer, nullable=False, server_default="1"),
    # From `Facts`, for lists, reports and scopes.
    Column("status", String(16), nullable=False, server_default=""),
    Column("district", String(6)),
    Column("category", String(60)),
    Column("due_on", Date),
    Column("served_on", Date),
    Column("import_id", Uuid),  # the file it came from last; NULL: an interface
    Column("entered_at", UtcDateTime),  # first; NULL: before that was noted
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_records_due", "type", "due_on"),
    # Partial: a million rows without these come in as fast as they can be written.
    Index("ix_records_owner", "owner", postgresql_where=_OWNED, sqlite_where=_OWNED),
    Index("ix_records_served", "type", "served_on", postgresql_where=_SERVED, sqlite_where=_SERVED),
    sqlite_with_rowid=False,
)
# What a record said before it was corrected; the current one stands in `records`.
record_versions = Table(
    "record_versions",
    metadata,
    Column("record_id", String(160), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("owner", String(32)),
    Column("import_id", Uuid),
    Column("actor", String(64), nullable=False),  # who replaced it
    Column("replaced_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
# What of a record only the regulator may read: ID cards, photographs, phones, addresses.
record_secrets = Table(
    "record_secrets",
    metadata,
    Column("record_id", String(160), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
# Other names a record is found by: "cylinder/WH12345678", "epc/30…", "registration/3110…".
record_aliases = Table(
    "record_aliases",
    metadata,
    Column("alias", String(96), primary_key=True),
    Column("record_id", String(160), nullable=False, index=True),
    sqlite_with_rowid=False,
)
# Who has to do with a record, beside its owner: "maintenance", "use_unit", "station", …
record_parties = Table(
    "record_parties",
    metadata,
    Column("party", String(32), primary_key=True),
    Column("record_id", String(160), primary_key=True),
    Column("role", String(16), primary_key=True),
    Index("ix_record_parties_record_id", "record_id"),
    sqlite_with_rowid=False,
)

# Who got which run of codes, and what became of those that were not used (R35). Never changed but for its end.
label_issues = Table(
    "label_issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("klass", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("party", String(32), nullable=False, index=True),
    Column("custodian", LargeBinary),  # a person's name, sealed
    Column("countersigned", Boolean, nullable=False, server_default=false()),
    Column("issued_by", String(64), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Index("uq_label_issues_first", "klass", "version", "first", unique=True),
)
# Goods are bound by range; a label has a row of its own once it was queried or is an exception. Ranges of one class
# and version never overlap: binding a part of one splits it.
label_ranges = Table(
    "label_ranges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("klass", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("policy", String(8), nullable=False),
    Column("record_id", String(160), index=True),
    Column("issue_id", Integer),
    Column("issued_to", String(32), index=True),  # party
    Column("issued_at", UtcDateTime),
    Column("bound_at", UtcDateTime),
    Column("reason", String(200)),  # why it is cancelled, lost, stolen
    # A word derived from the code is printed beside it; a genuine answer returns it.
    Column("countersigned", Boolean, nullable=False, server_default=false()),
    Index("uq_label_ranges_first", "klass", "version", "first", unique=True),
)
_LIVE = text("equipment AND state = 'active'")
_BOUND = text("record_id IS NOT NULL")
_PLACED = text("position IS NOT NULL")
labels = Table(
    "labels",
    metadata,
    Column("code", String(32), primary_key=True),  # or "h:" and 30 hexadecimal digits: a foreign code as HMAC only
    Column("query_count", Integer, nullable=False, server_default="0"),
    Column("first_at", UtcDateTime),
    Column("first_querier", LargeBinary),
    Column("state", String(12)),  # NULL: as its range says
    Column("policy", String(8)),
    Column("record_id", String(160)),
    Column("issued_to", String(32)),  # party
    Column("issued_at", UtcDateTime),
    Column("bound_at", UtcDateTime),
    Column("countersign", String(16)),
    Column("equipment", Boolean),  # bound singly to a cylinder, a vehicle, a station
    Column("reason", String(200)),
    Column("position", BigInteger),  # its index, where its state is not its range's; NULL: only counted, or foreign
    # One live label a cylinder (R34).
    Index("uq_labels_live", "record_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("ix_labels_record_id", "record_id", sqlite_where=_BOUND, postgresql_where=_BOUND),
    Index("ix_labels_position", "position", sqlite_where=_PLACED, postgresql_where=_PLACED),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 90},
)
# Everything that was done to labels, records, parties and keys; each entry carries the hash of the one before.
# Triggers refuse to change or remove one.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False, index=True),
    Column("subject", String(160), nullable=False, index=True),
    Column("detail", JSON, nullable=False),  # no personal data, no secret
    Column("hash", LargeBinary, nullable=False),  # SHA-256 over the entry and the hash before
)
# By which the keys are known again that it was written with; the keys themselves are never here.
key_marks = Table(
    "key_marks",
    metadata,
    Column("name", String(32), primary_key=True),  # of the file
    Column("mark", LargeBinary, nullable=False),  # 16 octets of an HMAC under the key
    Column("noted_at", UtcDateTime, nullable=False),
)

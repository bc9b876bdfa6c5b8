"""The console's other pages: paused lines, files sent in, what takes two people, and what pictures are drawn from."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_RARE = (
    (
        "ix_inquiries_unanswered", "inquiries", "id",
        "state IN ('refused', 'expired', 'unavailable', 'limited', 'suppressed')",
    ),
    ("ix_messages_unsent", "messages", "created_at", "state IN ('refused', 'expired')"),
)  # fmt: skip


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "paused_lines",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_paused_lines")),
    )
    op.create_table(
        "set_aside",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("remarks", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_at", "uploads", ["at"])
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_at", "proposals", ["at"])
    _create_sums()
    op.create_index("ix_inquiries_sender_shown", "inquiries", ["sender_shown"])
    for name, table, column, only in _RARE:
        op.create_index(name, table, [column], sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def _create_sums() -> None:
    op.create_table(
        "counted_hours",
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("begins_at", name=op.f("pk_counted_hours")),
    )
    op.create_table(
        "channel_hours",
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("begins_at", "channel", name=op.f("pk_channel_hours")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unknown_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "prefix", name=op.f("pk_unknown_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "repeat_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record_id", sa.String(length=160), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "record_id", name=op.f("pk_repeat_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "segment_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", "segments", name=op.f("pk_segment_days")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go back to the one before."""
    for name, table, _, _ in _RARE:
        op.drop_index(name, table)
    op.drop_index("ix_inquiries_sender_shown", "inquiries")
    for table in (
        "segment_days", "repeat_days", "unknown_days", "channel_hours", "counted_hours", "proposals", "uploads",
        "set_aside", "paused_lines",
    ):  # fmt: skip
        op.drop_table(table)

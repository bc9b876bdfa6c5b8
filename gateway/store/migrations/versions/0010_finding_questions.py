"""Answers are found by what is not told every day, tickets by their due time and their question."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    unusual, unclosed = sa.text("verdict <> 'GENUINE_FIRST'"), sa.text("state <> 'closed'")
    op.create_index(
        "ix_answers_verdict", "answers", ["verdict", "inquiry_id"], sqlite_where=unusual, postgresql_where=unusual
    )
    op.create_index("ix_tickets_due", "tickets", ["due_at", "number"], sqlite_where=unclosed, postgresql_where=unclosed)
    op.create_index("ix_tickets_inquiry_id", "tickets", ["inquiry_id"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index("ix_tickets_inquiry_id", "tickets")
    op.drop_index("ix_tickets_due", "tickets")
    op.drop_index("ix_answers_verdict", "answers")

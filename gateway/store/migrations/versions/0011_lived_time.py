"""Things are dropped by the time that was lived through, which no leap of the clock brings near."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    tidied = op.create_table(
        "tidied",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("up_to", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tidied")),
    )
    op.bulk_insert(tidied, [{"id": 1}])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("tidied")

"""One-time passwords end. Those that nobody has changed yet hold for three days more."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LEFT = timedelta(hours=72)


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("users", sa.Column("password_until", UtcDateTime(), nullable=True))
    users = sa.table("users", sa.column("must_change", sa.Boolean()), sa.column("password_until", UtcDateTime()))
    op.execute(sa.update(users).where(users.c.must_change).values(password_until=datetime.now(UTC) + _LEFT))


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_column("users", "password_until")

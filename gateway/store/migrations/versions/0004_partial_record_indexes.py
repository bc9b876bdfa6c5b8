"""Indexes of records without those that have no owner, or no day of service: nobody looks for these by it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = {"ix_records_owner": ["owner"], "ix_records_served": ["type", "served_on"]}


def upgrade() -> None:
    """Go to this revision."""
    for name, columns in _COLUMNS.items():
        where = sa.text(f"{columns[-1]} IS NOT NULL")
        op.drop_index(name, table_name="records")
        op.create_index(name, "records", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    """Go back to the revision before."""
    for name, columns in _COLUMNS.items():
        op.drop_index(name, table_name="records")
        op.create_index(name, "records", columns)

"""An answer names the words it was told in; those before this do not."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("answers", sa.Column("words", sa.String(length=96), nullable=True))
    op.add_column("answers", sa.Column("words_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("answers", "words_version")
    op.drop_column("answers", "words")

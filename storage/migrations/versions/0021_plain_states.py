"""Checkpoints are kept as they are: packing one took PostgreSQL longer than writing it."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute("ALTER TABLE checkpoints ALTER COLUMN state SET STORAGE EXTERNAL;")


def downgrade() -> None:
    """Undo this step."""
    op.execute("ALTER TABLE checkpoints ALTER COLUMN state SET STORAGE EXTENDED;")

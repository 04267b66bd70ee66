"""Answers of any kind: those of before, names of classes, become JSON strings."""

from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("labels", "gold", "consensus")


def upgrade() -> None:
    """Apply this step."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN answer TYPE jsonb USING to_jsonb(answer)")


def downgrade() -> None:
    """Undo this step; what is no class or text stays as the JSON that it is, in text."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN answer TYPE varchar USING answer #>> '{{}}'")

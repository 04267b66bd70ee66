"""Guidelines define the classes, and say what became of those of the version before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    for name in ("definitions", "changes"):
        op.add_column("guidelines", sa.Column(name, postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    for name in ("changes", "definitions"):
        op.drop_column("guidelines", name)

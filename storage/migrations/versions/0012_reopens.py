"""Guidelines name the tasks that they have labeled anew for how these were drawn or written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column(
        "guidelines", sa.Column("reopens", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_column("guidelines", "reopens")

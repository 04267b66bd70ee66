"""Guidelines say of which kind the labels under them are: one class each, before there were others."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column("guidelines", sa.Column("kind", sa.String(), server_default="classification", nullable=False))


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_column("guidelines", "kind")

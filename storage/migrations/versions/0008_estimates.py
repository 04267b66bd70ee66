"""Estimates of a project's labelers, version by version, and which of them a consensus was concluded by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    time = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "estimates",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("votes", sa.BigInteger(), nullable=False),
        sa.Column("gold", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("matrices", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("judged_at", time),
        sa.PrimaryKeyConstraint("project", "version", name=op.f("pk_estimates")),
    )
    op.add_column("consensus", sa.Column("estimate", sa.BigInteger()))


def downgrade() -> None:
    """Undo this step; tasks keep what was concluded of them."""
    op.drop_column("consensus", "estimate")
    op.drop_table("estimates")

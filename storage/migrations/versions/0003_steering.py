"""Steering of routing: what labels say of it, version by version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "steering",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("project", "version", name=op.f("pk_steering")),
    )
    op.add_column("checkpoints", sa.Column("steering", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_consensus_updated_at"), "consensus", ["updated_at"], postgresql_where=sa.text("settled"))


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_index(op.f("ix_consensus_updated_at"), table_name="consensus")
    op.drop_column("checkpoints", "steering")
    op.drop_table("steering")

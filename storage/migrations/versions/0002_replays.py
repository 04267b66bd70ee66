"""Replays of dead letters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "replays",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("replay_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("replays", sa.BigInteger(), nullable=False),
        sa.Column("sought_from", sa.BigInteger(), nullable=False),
        sa.Column("stands_at", sa.BigInteger(), nullable=True),
        sa.Column("planned_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "offset", name=op.f("pk_replays")),
        sa.UniqueConstraint("replay_id", name=op.f("uq_replays_replay_id")),
        sa.UniqueConstraint("topic", "partition", "stands_at", name=op.f("uq_replays_topic_partition_stands_at")),
    )


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_table("replays")

"""Doubts: consensuses that a model contradicts, which go back to labelers."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute(
        """
        CREATE TABLE doubts (
            task_id BIGINT NOT NULL CONSTRAINT fk_doubts_task_id REFERENCES tasks,
            guideline BIGINT NOT NULL,
            votes BIGINT NOT NULL,
            score DOUBLE PRECISION NOT NULL,
            reason VARCHAR NOT NULL,
            doubted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            CONSTRAINT pk_doubts PRIMARY KEY (task_id, guideline)
        );
        """
    )


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_table("doubts")

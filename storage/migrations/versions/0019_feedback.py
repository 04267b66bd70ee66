"""Feedback from production, and what became of it."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute(
        """
        CREATE TABLE feedback (
            topic VARCHAR NOT NULL,
            partition INTEGER NOT NULL,
            "offset" BIGINT NOT NULL,
            project VARCHAR NOT NULL,
            feedback_id VARCHAR,
            sample_id VARCHAR,
            kind VARCHAR,
            answer JSON,
            source VARCHAR,
            note VARCHAR,
            occurred_at TIMESTAMPTZ,
            received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            status VARCHAR NOT NULL,
            looked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            sample_topic VARCHAR,
            sample_partition INTEGER,
            sample_offset BIGINT,
            problem VARCHAR,
            value BYTEA,
            CONSTRAINT pk_feedback PRIMARY KEY (topic, partition, "offset"),
            CONSTRAINT uq_feedback_project_feedback_id UNIQUE (project, feedback_id)
        );
        CREATE INDEX ix_feedback_status ON feedback (project, status, looked_at);
        CREATE INDEX ix_feedback_sample ON feedback (project, sample_id);
        """
    )


def downgrade() -> None:
    """Undo this step; feedback stays on its topic alone."""
    op.execute("DROP TABLE feedback;")

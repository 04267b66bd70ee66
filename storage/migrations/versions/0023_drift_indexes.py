"""What a check for drift looks up without reading all: what alarms bought, and the last answers to gold."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute(
        """
        CREATE INDEX ix_tasks_for_alarms ON tasks (project, task_id)
            WHERE jsonb_array_length(selection -> 'alarms') > 0;
        CREATE INDEX ix_labels_gold_at ON labels (labeled_at) WHERE purpose = 'gold';
        """
    )


def downgrade() -> None:
    """Undo this step."""
    op.execute("DROP INDEX ix_tasks_for_alarms; DROP INDEX ix_labels_gold_at;")

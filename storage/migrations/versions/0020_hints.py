"""When Airflow was last told that there are new labels."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute(
        """
        CREATE TABLE hints (
            project VARCHAR CONSTRAINT pk_hints PRIMARY KEY,
            hinted_at TIMESTAMPTZ NOT NULL DEFAULT now()
        );
        """
    )


def downgrade() -> None:
    """Undo this step; the next hint comes a little later."""
    op.execute("DROP TABLE hints;")

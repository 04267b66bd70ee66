"""Of which instant a dataset version's labels are."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take that of a version which was published already for the instant at which it was."""
    op.execute(
        """
        ALTER TABLE dataset_versions ADD COLUMN as_of TIMESTAMPTZ NOT NULL DEFAULT now();
        UPDATE dataset_versions SET as_of = published_at;
        """
    )


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_column("dataset_versions", "as_of")

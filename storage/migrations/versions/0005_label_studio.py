"""The bridge to Label Studio: its projects there, their users, and what became of annotations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "label_studio_projects",
        sa.Column("studio_id", sa.BigInteger(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("studio_id", name=op.f("pk_label_studio_projects")),
    )
    op.create_index("ix_label_studio_projects_project", "label_studio_projects", ["project", "url"])
    op.create_table(
        "label_studio_users",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("labeler_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.labeler_id"], name=op.f("fk_label_studio_users_labeler_id")),
        sa.PrimaryKeyConstraint("project", "email", name=op.f("pk_label_studio_users")),
    )
    op.create_table(
        "label_studio_annotations",
        sa.Column("studio_id", sa.BigInteger(), nullable=False),
        sa.Column("annotation", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=True),
        sa.Column("refused", sa.String(), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["studio_id"], ["label_studio_projects.studio_id"], name=op.f("fk_label_studio_annotations_studio_id")
        ),
        sa.ForeignKeyConstraint(["label_id"], ["labels.label_id"], name=op.f("fk_label_studio_annotations_label_id")),
        sa.PrimaryKeyConstraint("studio_id", "annotation", "version", name=op.f("pk_label_studio_annotations")),
        sa.UniqueConstraint("label_id", name=op.f("uq_label_studio_annotations_label_id")),
    )
    op.create_index(
        "uq_label_studio_annotations_counted",
        "label_studio_annotations",
        ["studio_id", "annotation"],
        unique=True,
        postgresql_where=sa.text("label_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_index(
        "uq_label_studio_annotations_counted",
        table_name="label_studio_annotations",
        postgresql_where=sa.text("label_id IS NOT NULL"),
    )
    op.drop_table("label_studio_annotations")
    op.drop_table("label_studio_users")
    op.drop_index("ix_label_studio_projects_project", table_name="label_studio_projects")
    op.drop_table("label_studio_projects")

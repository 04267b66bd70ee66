"""Initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "audits",
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("audited_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audits")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "dataset_versions",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("project", "version", name=op.f("pk_dataset_versions")),
        sa.UniqueConstraint("project", "content_hash", name=op.f("uq_dataset_versions_project_content_hash")),
    )
    op.create_table(
        "guidelines",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("settles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("project", "version", name=op.f("pk_guidelines")),
    )
    op.create_table(
        "labelers",
        sa.Column("labeler_id", sa.BigInteger(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("lead", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("labeler_id", name=op.f("pk_labelers")),
        sa.UniqueConstraint("project", "name", name=op.f("uq_labelers_project_name")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_labelers_token_sha256")),
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "receipts",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "first", "next", name=op.f("pk_receipts")),
    )
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("selection", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("topic", "partition", "offset", name=op.f("uq_tasks_topic_partition_offset")),
    )
    op.create_index(
        "ix_tasks_claim",
        "tasks",
        ["project", sa.literal_column("priority DESC"), "task_id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "trainings",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trained_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("project", "version", name=op.f("pk_trainings")),
    )
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("labeler_id", sa.BigInteger(), nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("leased_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.labeler_id"], name=op.f("fk_assignments_labeler_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"], name=op.f("fk_assignments_task_id")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "task_id", "labeler_id", "guideline", name=op.f("uq_assignments_task_id_labeler_id_guideline")
        ),
    )
    op.create_index(
        "ix_assignments_held", "assignments", ["labeler_id"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "consensus",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("votes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"], name=op.f("fk_consensus_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_consensus")),
    )
    op.create_table(
        "labels",
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("labeler_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("labeled_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.assignment_id"], name=op.f("fk_labels_assignment_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.labeler_id"], name=op.f("fk_labels_labeler_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"], name=op.f("fk_labels_task_id")),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_labels")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_labels_assignment_id")),
    )
    op.create_index(op.f("ix_labels_task_id"), "labels", ["task_id"], unique=False)


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_index(op.f("ix_labels_task_id"), table_name="labels")
    op.drop_table("labels")
    op.drop_table("consensus")
    op.drop_index("ix_assignments_held", table_name="assignments", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("assignments")
    op.drop_table("trainings")
    op.drop_index("ix_tasks_claim", table_name="tasks", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("tasks")
    op.drop_table("receipts")
    op.drop_table("outbox")
    op.drop_table("labelers")
    op.drop_table("guidelines")
    op.drop_table("dataset_versions")
    op.drop_table("checkpoints")
    op.drop_table("audits")

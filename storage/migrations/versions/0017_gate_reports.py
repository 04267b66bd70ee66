"""What the gate said of each build that asked it, open or shut."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.execute(
        """
        CREATE TABLE gate_reports (
            gate_report_id BIGSERIAL CONSTRAINT pk_gate_reports PRIMARY KEY,
            project VARCHAR NOT NULL,
            as_of TIMESTAMPTZ NOT NULL,
            version BIGINT,
            results JSONB NOT NULL,
            location VARCHAR NOT NULL,
            made_at TIMESTAMPTZ NOT NULL DEFAULT now()
        );
        CREATE INDEX ix_gate_reports_project ON gate_reports (project, gate_report_id);
        """
    )


def downgrade() -> None:
    """Undo this step; the reports are lost, their files stay."""
    op.execute("DROP TABLE gate_reports;")

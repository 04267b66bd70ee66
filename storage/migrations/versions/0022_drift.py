"""Drift: windows that were judged, what they hold, the labels that were counted in them, and alarms."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step; the first check begins with the oldest window that is kept."""
    op.execute(
        """
        CREATE TABLE drift_alarms (
            alarm_id BIGSERIAL CONSTRAINT pk_drift_alarms PRIMARY KEY,
            project VARCHAR NOT NULL,
            state VARCHAR NOT NULL DEFAULT 'open',
            "column" VARCHAR,
            value VARCHAR,
            field VARCHAR NOT NULL,
            aspect VARCHAR NOT NULL,
            component VARCHAR NOT NULL,
            p_value FLOAT NOT NULL,
            effect FLOAT NOT NULL,
            low FLOAT NOT NULL,
            high FLOAT NOT NULL,
            first BIGINT NOT NULL,
            last BIGINT NOT NULL,
            since TIMESTAMPTZ NOT NULL,
            until TIMESTAMPTZ NOT NULL,
            cause VARCHAR NOT NULL,
            measures JSONB NOT NULL,
            receipt JSONB NOT NULL,
            after_task BIGINT NOT NULL,
            raised_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            settled_at TIMESTAMPTZ,
            settled_in BIGINT
        );
        CREATE INDEX ix_drift_alarms_project ON drift_alarms (project, alarm_id);
        CREATE TABLE drift_windows (
            project VARCHAR NOT NULL,
            number BIGINT NOT NULL,
            positions JSONB NOT NULL,
            earliest TIMESTAMPTZ NOT NULL,
            latest TIMESTAMPTZ NOT NULL,
            records BIGINT NOT NULL,
            version BIGINT NOT NULL,
            baseline BIGINT NOT NULL,
            alarm_id BIGINT CONSTRAINT fk_drift_windows_alarm_id_drift_alarms REFERENCES drift_alarms (alarm_id),
            judged_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            CONSTRAINT pk_drift_windows PRIMARY KEY (project, number)
        );
        CREATE TABLE drift_sketches (
            project VARCHAR NOT NULL,
            number BIGINT NOT NULL,
            "column" VARCHAR NOT NULL,
            value VARCHAR NOT NULL,
            sketches BYTEA NOT NULL,
            CONSTRAINT pk_drift_sketches PRIMARY KEY (project, number, "column", value)
        );
        CREATE TABLE drift_labels (
            project VARCHAR NOT NULL,
            aspect VARCHAR NOT NULL,
            said_by VARCHAR NOT NULL,
            number BIGINT NOT NULL,
            wrong BOOLEAN NOT NULL,
            top FLOAT,
            answer JSONB,
            slices JSONB NOT NULL,
            CONSTRAINT pk_drift_labels PRIMARY KEY (project, aspect, said_by)
        );
        CREATE INDEX ix_drift_labels_number ON drift_labels (project, number);
        """
    )


def downgrade() -> None:
    """Undo this step; all alarms are lost."""
    op.execute("DROP TABLE drift_labels; DROP TABLE drift_sketches; DROP TABLE drift_windows; DROP TABLE drift_alarms;")

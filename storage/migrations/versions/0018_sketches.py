"""Sketches: windows of the stream, and the rows that dataset versions were trained on, by slice."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step; checkpoints of before it have no window that runs, and open one with their next record."""
    op.execute(
        """
        CREATE TABLE sketch_windows (
            topic VARCHAR NOT NULL,
            partition BIGINT NOT NULL,
            first BIGINT NOT NULL,
            next BIGINT NOT NULL,
            earliest TIMESTAMPTZ NOT NULL,
            latest TIMESTAMPTZ NOT NULL,
            accepted BIGINT NOT NULL,
            rejected BIGINT NOT NULL,
            duplicate BIGINT NOT NULL,
            CONSTRAINT pk_sketch_windows PRIMARY KEY (topic, partition, first)
        );
        CREATE INDEX ix_sketch_windows_latest ON sketch_windows (topic, latest);
        CREATE TABLE sketches (
            topic VARCHAR NOT NULL,
            partition BIGINT NOT NULL,
            first BIGINT NOT NULL,
            "column" VARCHAR NOT NULL,
            value VARCHAR NOT NULL,
            accepted BIGINT NOT NULL,
            rejected BIGINT NOT NULL,
            duplicate BIGINT NOT NULL,
            sketches BYTEA NOT NULL,
            CONSTRAINT pk_sketches PRIMARY KEY (topic, partition, first, "column", value)
        );
        CREATE TABLE reference_sketches (
            project VARCHAR NOT NULL,
            version BIGINT NOT NULL,
            "column" VARCHAR NOT NULL,
            value VARCHAR NOT NULL,
            rows BIGINT NOT NULL,
            sketches BYTEA NOT NULL,
            CONSTRAINT pk_reference_sketches PRIMARY KEY (project, version, "column", value)
        );
        """
    )


def downgrade() -> None:
    """Undo this step; all sketches are lost."""
    op.execute("DROP TABLE reference_sketches; DROP TABLE sketches; DROP TABLE sketch_windows;")

"""Roles, several tokens for each labeler, passwords, sessions, limits of attempts, and the trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("now()")

# The application owns its tables, so no grant could keep it from changing what it wrote.
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trail
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Apply this step; tokens keep working."""
    _roles()
    _tokens()
    _people()
    _trail()


def _roles() -> None:
    op.add_column("labelers", sa.Column("role", sa.String(), server_default=sa.text("'labeler'"), nullable=False))
    op.add_column("labelers", sa.Column("disabled_at", TIME, nullable=True))
    op.execute("UPDATE labelers SET role = 'lead' WHERE lead")
    op.drop_column("labelers", "lead")


def _of_labeler(table: str, *, unique: bool = False) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["labeler_id"], ["labelers.labeler_id"], name=op.f(f"fk_{table}_labeler_id"))
    return sa.Column("labeler_id", sa.BigInteger(), autoincrement=not unique, nullable=False), key


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        *_of_labeler("tokens"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_tokens_token_sha256")),
    )
    op.create_index(op.f("ix_tokens_labeler_id"), "tokens", ["labeler_id"])
    op.execute(
        "INSERT INTO tokens (labeler_id, name, token_sha256, created_at) "
        "SELECT labeler_id, 'first', token_sha256, created_at FROM labelers"
    )
    op.drop_column("labelers", "token_sha256")


def _people() -> None:
    op.create_table(
        "passwords",
        *_of_labeler("passwords", unique=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("code_sha256", sa.String(), nullable=True),
        sa.Column("code_expires_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("labeler_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "sessions",
        sa.Column("session_sha256", sa.String(), nullable=False),
        *_of_labeler("sessions"),
        sa.Column("opened_at", TIME, server_default=NOW, nullable=False),
        sa.Column("seen_at", TIME, server_default=NOW, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("session_sha256", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_labeler_id"), "sessions", ["labeler_id"])
    op.create_table(
        "sign_in_limits",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("free_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_limits")),
    )
    op.create_index(op.f("ix_sign_in_limits_free_at"), "sign_in_limits", ["free_at"])


def _trail() -> None:
    op.create_table(
        "trail",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.Column("labeler_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.labeler_id"], name=op.f("fk_trail_labeler_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_trail")),
    )
    op.create_index("ix_trail_project", "trail", ["project", "entry_id"])
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """Undo this step; the trail is lost, and of each labeler's tokens all but the newest that works."""
    op.add_column("labelers", sa.Column("token_sha256", sa.String(), nullable=True))
    op.execute(
        "UPDATE labelers SET token_sha256 = newest.token_sha256 FROM ("
        "SELECT DISTINCT ON (labeler_id) labeler_id, token_sha256 FROM tokens WHERE revoked_at IS NULL "
        "ORDER BY labeler_id, token_id DESC) newest WHERE newest.labeler_id = labelers.labeler_id"
    )
    # Who has no token, or may not come in, gets one that nobody knows.
    op.execute(
        "UPDATE labelers SET token_sha256 = gen_random_uuid()::text "
        "WHERE token_sha256 IS NULL OR disabled_at IS NOT NULL"
    )
    op.alter_column("labelers", "token_sha256", nullable=False)
    op.create_unique_constraint(op.f("uq_labelers_token_sha256"), "labelers", ["token_sha256"])
    op.add_column("labelers", sa.Column("lead", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("UPDATE labelers SET lead = role IN ('lead', 'admin')")
    op.drop_column("labelers", "disabled_at")
    op.drop_column("labelers", "role")
    for table in ("trail", "sign_in_limits", "sessions", "passwords", "tokens"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")

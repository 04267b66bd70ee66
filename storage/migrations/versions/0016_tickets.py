"""Tickets: what signs the owner of an account in once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column("passwords", sa.Column("ticket_sha256", sa.String(), nullable=True))
    op.add_column("passwords", sa.Column("ticket_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_passwords_ticket_sha256"), "passwords", ["ticket_sha256"])


def downgrade() -> None:
    """Undo this step; what it added is lost."""
    op.drop_column("passwords", "ticket_expires_at")
    op.drop_column("passwords", "ticket_sha256")

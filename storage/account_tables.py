"""The tables of who may come in, and of who did what; a labeler's row is the identity that all of them point to.

Of tokens, codes, tickets and session ids only the SHA-256 is kept: random, of 128 bits at least, they need nothing
slower.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json


class TokenRow(Base):
    """One access token of a labeler, for programs."""

    __tablename__ = "tokens"

    token_id: Mapped[int] = mapped_column(primary_key=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"), index=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PasswordRow(Base):
    """How a person signs in: by a password, by a ticket (once), or with a code that serves once to choose one."""

    __tablename__ = "passwords"

    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"), primary_key=True, autoincrement=False)
    password_hash: Mapped[str | None]
    code_sha256: Mapped[str | None]
    code_expires_at: Mapped[datetime | None]
    ticket_sha256: Mapped[str | None] = mapped_column(unique=True)
    ticket_expires_at: Mapped[datetime | None]


class SessionRow(Base):
    """One browser of somebody who signed in; kept for a while after its end, by which the browser is known again."""

    __tablename__ = "sessions"

    session_sha256: Mapped[str] = mapped_column(primary_key=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInLimitRow(Base):
    """How many attempts to sign in still count against what `key` hashes: none when `free_at` is past."""

    __tablename__ = "sign_in_limits"

    key: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime] = mapped_column(index=True)


class TrailRow(Base):
    """One thing that somebody did; only ever inserted, which a trigger sees to."""

    __tablename__ = "trail"

    entry_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    labeler_id: Mapped[int | None] = mapped_column(ForeignKey("labelers.labeler_id"))
    origin: Mapped[str | None]
    action: Mapped[str]
    subject: Mapped[str | None]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'"))

    __table_args__ = (Index("ix_trail_project", "project", "entry_id"),)

"""The table of feedback from production."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import JSON, Index, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base


class FeedbackRow(Base):
    """One record of `P.feedback`, and where it stands; one that cannot be read is kept as it came, with its problem.

    `looked_at` is when it was last tried to go on with it. Of records that repeat another's `feedback_id` nothing is
    kept.
    """

    __tablename__ = "feedback"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str]
    feedback_id: Mapped[str | None]
    sample_id: Mapped[str | None]
    kind: Mapped[str | None]
    answer: Mapped[JsonValue] = mapped_column(JSON)
    source: Mapped[str | None]
    note: Mapped[str | None]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    status: Mapped[str]
    looked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sample_topic: Mapped[str | None]
    sample_partition: Mapped[int | None] = mapped_column(Integer)
    sample_offset: Mapped[int | None]
    problem: Mapped[str | None]
    value: Mapped[bytes | None]

    __table_args__ = (
        UniqueConstraint("project", "feedback_id"),
        Index("ix_feedback_status", "project", "status", "looked_at"),
        Index("ix_feedback_sample", "project", "sample_id"),
    )

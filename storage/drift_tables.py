"""The tables of drift: windows that were judged, what they hold, the labels that were counted, and alarms."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schemas.answers import Answer
from storage.tables import AnswerColumn, Base, Json


class DriftAlarmRow(Base):
    """One alarm: what stood out most, when, whose doing it is, and where it stands.

    `column` and `value` are of the slice, absent of all samples; `first` and `last` are the numbers of the windows that
    show it, `since` and `until` when their records were published. Labels for it are of tasks after `after_task`.
    `settled_in` is the last window before it was confirmed or withdrawn. The receipt tells the rest.
    """

    __tablename__ = "drift_alarms"

    alarm_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    column: Mapped[str | None]
    value: Mapped[str | None]
    field: Mapped[str]
    aspect: Mapped[str]
    component: Mapped[str]
    p_value: Mapped[float]
    effect: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    first: Mapped[int]
    last: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    cause: Mapped[str]
    measures: Mapped[list[Any]] = mapped_column(JSONB)
    receipt: Mapped[Json]
    after_task: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]
    settled_in: Mapped[int | None]

    __table_args__ = (Index("ix_drift_alarms_project", "project", "alarm_id"),)


class DriftWindowRow(Base):
    """One window that was judged, numbered from 1: how far it reached in each partition, and the alarm that it shows.

    `version` is the dataset version by whose training windows it was judged, 0 where by those that were quiet;
    `baseline` says how many windows the stream was held against, 0 while there were too few.
    """

    __tablename__ = "drift_windows"

    project: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    positions: Mapped[Json]
    earliest: Mapped[datetime]
    latest: Mapped[datetime]
    records: Mapped[int]
    version: Mapped[int]
    baseline: Mapped[int]
    alarm_id: Mapped[int | None] = mapped_column(ForeignKey("drift_alarms.alarm_id"))
    judged_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DriftSketchRow(Base):
    """What a judged window holds of one slice: the sketch of each series; of all samples column and value are empty."""

    __tablename__ = "drift_sketches"

    project: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    sketches: Mapped[bytes]


class DriftLabelRow(Base):
    """One settled audit label, or one answer to gold, in the window that was the next to be judged.

    `said_by` is the id of the task or of the label, `slices` the names of those that the sample is in, and `top` the
    score of the best class.
    """

    __tablename__ = "drift_labels"

    project: Mapped[str] = mapped_column(primary_key=True)
    aspect: Mapped[str] = mapped_column(primary_key=True)
    said_by: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    wrong: Mapped[bool]
    top: Mapped[float | None]
    answer: Mapped[Answer | None] = mapped_column(AnswerColumn)
    slices: Mapped[list[Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_drift_labels_number", "project", "number"),)

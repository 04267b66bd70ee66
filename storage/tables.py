"""The tables of Assay in PostgreSQL; `(topic, partition, offset)` is the key of all that came by Kafka."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from schemas.answers import Answer, answer_of, plain_of

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Common names of constraints, so that migrations can name them; times carry their zone."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        datetime: TIMESTAMP(timezone=True),
        int: BigInteger,
        Json: JSONB,
        bytes: LargeBinary,
    }


class AnswerColumn(TypeDecorator[Answer]):
    """An answer as JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Answer | None, dialect: Dialect) -> JsonValue:
        """Return what is stored."""
        del dialect
        return None if value is None else plain_of(value)

    def process_result_value(self, value: JsonValue, dialect: Dialect) -> Answer | None:
        """Return the answer that was stored."""
        del dialect
        return None if value is None else answer_of(value)


class CheckpointRow(Base):
    """Screening state of a partition: what is folded from all offsets below `next_offset`.

    `steering` is the last version of it that the state knows of.
    """

    __tablename__ = "checkpoints"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_offset: Mapped[int]
    steering: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[bytes]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SketchWindowRow(Base):
    """One window of the stream, and how many of its records ended where; written with the checkpoint that closed it."""

    __tablename__ = "sketch_windows"
    __table_args__ = (Index("ix_sketch_windows_latest", "topic", "latest"),)

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next: Mapped[int]
    earliest: Mapped[datetime]
    latest: Mapped[datetime]
    accepted: Mapped[int]
    rejected: Mapped[int]
    duplicate: Mapped[int]


class SketchRow(Base):
    """What a window holds of one slice: records by where they ended, and the sketch of each series by its name.

    The slice of all values that are not sketched apart has an empty `value`.
    """

    __tablename__ = "sketches"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    accepted: Mapped[int]
    rejected: Mapped[int]
    duplicate: Mapped[int]
    sketches: Mapped[bytes]


class ReferenceRow(Base):
    """What a dataset version's train split holds of one slice: the sketch of each series by its name."""

    __tablename__ = "reference_sketches"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int]
    sketches: Mapped[bytes]


class ReceiptRow(Base):
    """One frame's receipt, as published."""

    __tablename__ = "receipts"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Json]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReplayRow(Base):
    """One replay of the dead letter at (topic, partition, offset), which is replayed once at most.

    Written before the record is published; `stands_at`, its offset in the same partition, after the broker confirmed.
    """

    __tablename__ = "replays"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    replay_id: Mapped[UUID] = mapped_column(unique=True)
    first: Mapped[int]
    replays: Mapped[int]
    sought_from: Mapped[int]
    stands_at: Mapped[int | None]
    planned_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("topic", "partition", "stands_at"),)


class GuidelineRow(Base):
    """One published version of a project's label definitions."""

    __tablename__ = "guidelines"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str]
    definitions: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    changes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    settles: Mapped[list[Any]] = mapped_column(JSONB)
    reopens: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    kind: Mapped[str] = mapped_column(server_default=text("'classification'"))
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LabelerRow(Base):
    """Somebody of a project: a person, a program or a simulation; labels, gold and the trail point to it."""

    __tablename__ = "labelers"

    labeler_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    name: Mapped[str]
    simulated: Mapped[bool]
    role: Mapped[str] = mapped_column(server_default=text("'labeler'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("project", "name"),)


# Says, of a task, that an alarm of drift bought it.
FOR_ALARMS = "jsonb_array_length(tasks.selection -> 'alarms') > 0"


class TaskRow(Base):
    """One sample that needs labels under guideline `guideline` or later; `wanted` is how many for now.

    `free` is how many more labelers may be leased it: what is wanted less what is leased or answered in its round, kept
    by whoever changes either, under the lock of this row. The order of waiting is that of `due_at`. While a labeler is
    `asked`, nobody else is offered the task; `asked_until` is when that ends, and stays when it has ended.
    """

    __tablename__ = "tasks"

    task_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    topic: Mapped[str]
    partition: Mapped[int]
    offset: Mapped[int]
    sample_id: Mapped[str]
    sample: Mapped[Json] = mapped_column(JSON)  # not JSONB, which cannot hold the NUL that a payload's text may
    selection: Mapped[Json]
    priority: Mapped[float]
    due_at: Mapped[datetime]
    status: Mapped[str]
    guideline: Mapped[int]
    wanted: Mapped[int]
    free: Mapped[int]
    asked: Mapped[int | None] = mapped_column(ForeignKey("labelers.labeler_id"))
    asked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("topic", "partition", "offset"),
        Index(
            "ix_tasks_claim",
            "project",
            "status",
            "due_at",
            "task_id",
            postgresql_where=text("free > 0 AND asked IS NULL"),
        ),
        Index("ix_tasks_asked", "asked", "due_at", "task_id", postgresql_where=text("free > 0 AND asked IS NOT NULL")),
        Index("ix_tasks_lapsing", "asked_until", postgresql_where=text("asked IS NOT NULL")),
        Index("ix_tasks_for_alarms", "project", "task_id", postgresql_where=text(FOR_ALARMS)),
    )


class AssignmentRow(Base):
    """One labeler's lease on a task, under the guideline version that was current when it was leased.

    It belongs to the task's round while that version is not below the task's; a labeler has at most one in a round for
    one purpose. It is changed under the lock of the task's row only.
    """

    __tablename__ = "assignments"

    assignment_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.task_id"))
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"))
    guideline: Mapped[int]
    purpose: Mapped[str] = mapped_column(server_default=text("'consensus'"))
    gold_id: Mapped[int | None] = mapped_column(ForeignKey("gold.gold_id"))
    status: Mapped[str] = mapped_column(server_default=text("'leased'"))
    skip_reason: Mapped[str | None]
    leased_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("task_id", "labeler_id", "guideline", "purpose"),
        Index("ix_assignments_held", "labeler_id", postgresql_where=text("status = 'leased'")),
        Index("ix_assignments_expiring", "expires_at", postgresql_where=text("status = 'leased'")),
    )


class LabelRow(Base):
    """One answer; only ever inserted. What is taken back gets a retraction, and the answer after it is a revision."""

    __tablename__ = "labels"

    label_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignments.assignment_id"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    purpose: Mapped[str] = mapped_column(server_default=text("'consensus'"))
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.task_id"), index=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"))
    answer: Mapped[Answer] = mapped_column(AnswerColumn)
    guideline: Mapped[int]
    labeled_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("assignment_id", "revision"),
        Index("ix_labels_gold_at", "labeled_at", postgresql_where=text("purpose = 'gold'")),
    )


class RetractionRow(Base):
    """A label was taken back; only ever inserted."""

    __tablename__ = "retractions"

    label_id: Mapped[UUID] = mapped_column(ForeignKey("labels.label_id"), primary_key=True)
    retracted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class GoldRow(Base):
    """The known answer of a task, for as long as the task stands in round `guideline` or until it is retired."""

    __tablename__ = "gold"

    gold_id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.task_id"))
    guideline: Mapped[int]
    answer: Mapped[Answer] = mapped_column(AnswerColumn)
    answered_under: Mapped[int]
    made_by: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_gold_task_id_guideline",
            "task_id",
            "guideline",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )


class ConsensusRow(Base):
    """The current consensus of a task; recomputed from its labels, replaced as a whole.

    `estimate` is the version of the estimate by which it was. `updated_at` is when it last said something else.
    """

    __tablename__ = "consensus"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.task_id"), primary_key=True)
    answer: Mapped[Answer] = mapped_column(AnswerColumn)
    confidence: Mapped[float]
    method: Mapped[str]
    votes: Mapped[list[Any]] = mapped_column(JSONB)
    guideline: Mapped[int]
    estimate: Mapped[int | None]
    settled: Mapped[bool]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_consensus_updated_at", "updated_at", postgresql_where=text("settled")),)


class DoubtRow(Base):
    """A settled answer of the round `guideline` that a model contradicted when there were so many votes."""

    __tablename__ = "doubts"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.task_id"), primary_key=True)
    guideline: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    votes: Mapped[int]
    score: Mapped[float]
    reason: Mapped[str]
    doubted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SteeringRow(Base):
    """One version of what labels say of routing: a `Steering` as JSON."""

    __tablename__ = "steering"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Json]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EstimateRow(Base):
    """One version of what all votes of a project say of its labelers.

    `votes` and `gold` are how many there were, `matrices` the confusion matrices, and `body` the rest. `judged_at` is
    when all tasks that had votes had been judged anew by it.
    """

    __tablename__ = "estimates"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guideline: Mapped[int]
    votes: Mapped[int]
    gold: Mapped[int]
    body: Mapped[Json]
    matrices: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    judged_at: Mapped[datetime | None]


class LabelStudioProjectRow(Base):
    """A project of a Label Studio server that tasks of ours were sent to; the newest of a server is the one in use.

    With `secret` the tasks that we send are signed.
    """

    __tablename__ = "label_studio_projects"

    studio_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    url: Mapped[str]
    number: Mapped[int]
    secret: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_label_studio_projects_project", "project", "url"),)


class LabelStudioUserRow(Base):
    """Which labeler a user of Label Studio is, by e-mail address."""

    __tablename__ = "label_studio_users"

    project: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.labeler_id"))


class LabelStudioAnnotationRow(Base):
    """One version of an annotation as Label Studio told it, and what became of it: a label, or a reason.

    `annotation` is its id there and when it was made, since Label Studio gives the ids of deleted ones again;
    `version` is when it was last changed. At most one version of an annotation counts.
    """

    __tablename__ = "label_studio_annotations"

    studio_id: Mapped[int] = mapped_column(ForeignKey("label_studio_projects.studio_id"), primary_key=True)
    annotation: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    label_id: Mapped[UUID | None] = mapped_column(ForeignKey("labels.label_id"), unique=True)
    refused: Mapped[str | None]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index(
            "uq_label_studio_annotations_counted",
            "studio_id",
            "annotation",
            unique=True,
            postgresql_where=text("label_id IS NOT NULL"),
        ),
    )


class OutboxRow(Base):
    """An event written in the transaction that caused it, until the relay has published it."""

    __tablename__ = "outbox"

    outbox_id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    key: Mapped[bytes]
    value: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DatasetVersionRow(Base):
    """One published dataset version; the row's commit is the moment it exists. `as_of` is the instant of its labels."""

    __tablename__ = "dataset_versions"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content_hash: Mapped[str]
    rows: Mapped[int]
    location: Mapped[str]
    manifest: Mapped[Json]
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    as_of: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("project", "content_hash"),)


class GateReportRow(Base):
    """What the gate said of one build, and the version that it let through; files of it are at `location`."""

    __tablename__ = "gate_reports"

    gate_report_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    as_of: Mapped[datetime]
    version: Mapped[int | None]
    results: Mapped[list[Any]] = mapped_column(JSONB)
    location: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_gate_reports_project", "project", "gate_report_id"),)


class HintRow(Base):
    """When Airflow was last told that a project has new labels."""

    __tablename__ = "hints"

    project: Mapped[str] = mapped_column(primary_key=True)
    hinted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TrainingRow(Base):
    """What the fixed reference model reached on one dataset version."""

    __tablename__ = "trainings"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    report: Mapped[Json]
    trained_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditRow(Base):
    """One run of the audit."""

    __tablename__ = "audits"

    audit_id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    ok: Mapped[bool]
    report: Mapped[Json]
    audited_at: Mapped[datetime] = mapped_column(server_default=func.now())

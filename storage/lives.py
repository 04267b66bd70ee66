"""One sample's whole life: where it stood, what was said of it, who labeled it, and which versions hold it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, Row, select

from schemas.answers import Answer
from schemas.labels import Purpose
from schemas.verdicts import Origin, Selection, Violation
from storage.database import lost_connections_named
from storage.feedback import Heard, of_sample
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.rehearsals import find
from storage.releases import list_versions, read_entries
from storage.settings import StorageSettings
from storage.tables import ConsensusRow, LabelerRow, LabelRow, RetractionRow, TaskRow

# So many versions are looked into, the last ones.
VERSIONS = 10


@dataclass(frozen=True, kw_only=True)
class Said:
    """One label: whose, what, under which guideline, when, what it was for, and when it was taken back, if it was."""

    labeler: str
    simulated: bool
    answer: Answer
    guideline: int
    purpose: Purpose
    labeled_at: datetime
    retracted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Concluded:
    """What the labels of a task come to."""

    answer: Answer
    confidence: float
    method: str
    guideline: int
    settled: bool
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The task that a sample became: why, how it stands, what was said and what that comes to."""

    task_id: int
    status: str
    selection: Selection
    created_at: datetime
    labels: Sequence[Said]
    consensus: Concluded | None


@dataclass(frozen=True, kw_only=True)
class Held:
    """A dataset version that holds the sample, in which split, with which label."""

    version: int
    split: str
    label: Answer


@dataclass(frozen=True, kw_only=True)
class Life:
    """An accepted sample from its offset to the versions that hold it; of those the last `VERSIONS` are looked into.

    `feedback` is what production said of it later.
    """

    origin: Origin
    sample: Mapping[str, JsonValue]
    warnings: Sequence[Violation]
    feedback: Sequence[Heard]
    task: Asked | None
    versions: Sequence[Held]


def life(lake: Lake, engine: Engine, settings: StorageSettings, project: str, sample_id: str) -> Life:
    """Return the life of the accepted sample of this id.

    Raises:
        InputError: no accepted sample has it.
    """
    origin, row = _archived(lake, engine, project, sample_id)
    return Life(
        origin=origin,
        sample=sample_of(row),
        warnings=[Violation.model_validate(one) for one in from_json(row["warnings"])],
        feedback=of_sample(engine, project, sample_id),
        task=_task(engine, origin),
        versions=_held(engine, settings, project, sample_id),
    )


def media_of(lake: Lake, engine: Engine, project: str, sample_id: str) -> str | None:
    """Return the file that an accepted sample names, if it names any.

    Raises:
        InputError: no accepted sample has this id.
    """
    _, row = _archived(lake, engine, project, sample_id)
    media: str | None = row["media"]
    return media


def _archived(lake: Lake, engine: Engine, project: str, sample_id: str) -> tuple[Origin, dict[str, Any]]:
    sought = find(lake, engine, project, sample_id)
    origin = Origin(topic=sought.topic, partition=sought.partition, offset=sought.offset)
    here = f"partition == {origin.partition} and offset == {origin.offset}"
    (row,) = lake.samples(project, where=here).to_pylist()
    return origin, row


@lost_connections_named()
def _task(engine: Engine, origin: Origin) -> Asked | None:
    named = ("task_id", "status", "selection", "created_at")
    found = select(*(getattr(TaskRow, name) for name in named)).where(
        TaskRow.topic == origin.topic, TaskRow.partition == origin.partition, TaskRow.offset == origin.offset
    )
    with engine.connect() as connection:
        task = connection.execute(found).one_or_none()
        if task is None:
            return None
        return Asked(
            **{**task._asdict(), "selection": Selection.model_validate(task.selection)},
            labels=[_said(row) for row in _labels(connection, task.task_id)],
            consensus=_consensus(connection, task.task_id),
        )


def _labels(connection: Connection, task_id: int) -> Sequence[Row[Any]]:
    found = (
        select(LabelRow.__table__, LabelerRow.name, LabelerRow.simulated, RetractionRow.retracted_at)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .outerjoin(RetractionRow, RetractionRow.label_id == LabelRow.label_id)
        .where(LabelRow.task_id == task_id)
        .order_by(LabelRow.labeled_at, LabelRow.label_id)
    )
    return connection.execute(found).all()


def _said(row: Row[Any]) -> Said:
    same = ("simulated", "answer", "guideline", "labeled_at", "retracted_at")
    return Said(labeler=row.name, purpose=Purpose(row.purpose), **{name: getattr(row, name) for name in same})


def _consensus(connection: Connection, task_id: int) -> Concluded | None:
    named = ("answer", "confidence", "method", "guideline", "settled", "updated_at")
    found = select(*(getattr(ConsensusRow, name) for name in named)).where(ConsensusRow.task_id == task_id)
    row = connection.execute(found).one_or_none()
    return None if row is None else Concluded(**row._asdict())


def _held(engine: Engine, settings: StorageSettings, project: str, sample_id: str) -> list[Held]:
    return [
        Held(version=release.version, split=entry.split, label=entry.label)
        for release in list_versions(engine, project)[-VERSIONS:]
        for entry in read_entries(settings, release)
        if entry.sample_id == sample_id
    ]

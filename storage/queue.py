"""The labeling queue: tasks wait by priority, labelers hold leases on them, answers become labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import random
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Interval,
    Row,
    Uuid,
    and_,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.priority import Scale, ahead, priority
from schemas.answers import AnswerKind, ClassName
from schemas.labels import AssignmentStatus, Purpose, TaskStatus
from schemas.project import ProjectConfig
from schemas.verdicts import Reason, Selection, TaskRequest
from storage.database import lost_connections_named
from storage.guidelines import classes_of, current_version
from storage.labelers import Labeler
from storage.steering import hits
from storage.tables import AssignmentRow, TaskRow

# A score counts by its place among those of the project among so many tasks before it.
LOOKED_AT = 1_000
# One claim in one statement (docs/decisions/0011); all columns are null where nothing was found.
CLAIM = text(
    "SELECT claimed.*, definitions FROM claim_task(:project, :labeler, :purpose, :seconds, :gold) claimed "
    "LEFT JOIN guidelines ON project = :project AND version = claimed.guideline"
).columns(
    assignment_id=Uuid,
    task_id=BigInteger,
    guideline=BigInteger,
    expires_at=TIMESTAMP,
    sample=JSON,
    definitions=JSONB,
)
# Waits for a task that is in others' hands, and may be the labeler's after that.
AWAIT = text("SELECT await_task(:project, :labeler, :purpose)").columns(await_task=Boolean)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a labeler is handed: a lease, and of the sample only what may be seen before answering."""

    assignment_id: UUID
    task_id: int
    guideline: int
    kind: AnswerKind
    classes: tuple[ClassName, ...]
    expires_at: datetime
    payload: JsonValue
    media: str | None


@dataclass(frozen=True, kw_only=True)
class Depths:
    """How many tasks of a project stand where, and how many live leases are held on the open ones."""

    open: int
    leased: int
    settled: int
    expert: int


@lost_connections_named()
def enqueue(engine: Engine, project: ProjectConfig, requests: Sequence[TaskRequest]) -> int:
    """Write a task for each request, once for each (topic, partition, offset); return how many are new."""
    if not requests:
        return 0
    once = upsert(TaskRow).values(due_at=func.now() - bindparam("ahead", type_=Interval)).on_conflict_do_nothing()
    with engine.begin() as connection:
        version = connection.scalar(select(current_version(project.name)))
        scale = _scale(connection, project, requests)
        tasks = [{**_task(project, request, scale), "guideline": version} for request in requests]
        return len(connection.scalars(once.returning(TaskRow.task_id), tasks).all())


def _task(project: ProjectConfig, request: TaskRequest, scale: Scale) -> dict[str, Any]:
    value = priority(str(request.sample["sample_id"]), request.selection, scale)
    return {
        "project": project.name,
        **request.origin.model_dump(),
        "sample_id": request.sample["sample_id"],
        "sample": request.sample,
        "selection": request.selection.model_dump(mode="json"),
        "priority": value,
        "ahead": ahead(value, project.overlap),
        "status": TaskStatus.OPEN,
        "wanted": project.overlap.first,
        "free": project.overlap.first,
    }


def _scale(connection: Connection, project: ProjectConfig, requests: Sequence[TaskRequest]) -> Scale:
    """Return the scale by the requests and the last tasks before them, of which ids tell, for those are indexed."""
    last = select(func.max(TaskRow.task_id)).scalar_subquery()
    before = select(TaskRow.selection).where(TaskRow.project == project.name, TaskRow.task_id > last - LOOKED_AT)
    known = [Selection.model_validate(body) for body in connection.scalars(before)]
    return Scale.of([*known, *(request.selection for request in requests)], hits(connection, project.name))


@lost_connections_named()
def claim(
    engine: Engine, project: ProjectConfig, labeler: Labeler, purpose: Purpose = Purpose.CONSENSUS
) -> Assignment | None:
    """Lease the most urgent task that waits for this labeler; None when none does.

    Who holds a live lease already gets the same one back, so a client that crashed may ask again. An expired lease of
    the same labeler is renewed. A labeler never gets a task twice in the round of one guideline version, and leases
    and labels together never exceed what the task wants. A share of the claims gets gold in place of what waits. For
    the purpose of an expert, tasks are leased that were set aside for one.
    """
    gold = purpose is Purpose.CONSENSUS and random() < project.overlap.gold_share  # noqa: S311 - no secret
    asking = {"project": project.name, "labeler": labeler.labeler_id, "purpose": purpose}
    lease = {"seconds": float(project.overlap.lease_seconds), "gold": gold}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while True:
            found = connection.execute(CLAIM, {**asking, **lease}).one()
            if found.assignment_id is not None:
                return shown(project, found)
            if not connection.execute(AWAIT, asking).scalar_one():
                return None


def shown(project: ProjectConfig, row: Row[Any]) -> Assignment:
    """Return, of an assignment, its sample and its guideline's definitions, what a labeler may see."""
    return Assignment(
        assignment_id=row.assignment_id,
        task_id=row.task_id,
        guideline=row.guideline,
        kind=project.labels.kind,
        classes=classes_of(project, row.definitions),
        expires_at=row.expires_at,
        payload=row.sample["payload"],
        media=row.sample.get("media"),
    )


@lost_connections_named()
def depths(engine: Engine, project: str) -> Depths:
    """Count the project's tasks by status, and the live leases on open ones."""
    by_status = select(TaskRow.status, func.count()).where(TaskRow.project == project).group_by(TaskRow.status)
    leases = select(func.count()).select_from(AssignmentRow).join(TaskRow, _in_round())
    leases = leases.where(TaskRow.project == project, TaskRow.status == TaskStatus.OPEN, _live())
    with engine.connect() as connection:
        counts = dict(connection.execute(by_status).all())
        leased = connection.scalar(leases) or 0
    return Depths(
        open=counts.get(TaskStatus.OPEN, 0),
        leased=leased,
        settled=counts.get(TaskStatus.SETTLED, 0),
        expert=counts.get(TaskStatus.EXPERT, 0),
    )


@lost_connections_named()
def selected_by_reason(engine: Engine, project: str) -> dict[Reason, int]:
    """Count the project's tasks by reason; one with several reasons counts for each."""
    reason = func.jsonb_array_elements_text(TaskRow.selection["reasons"]).label("reason")
    reasons = select(reason).where(TaskRow.project == project).subquery()
    with engine.connect() as connection:
        counts = connection.execute(select(reasons.c.reason, func.count()).group_by(reasons.c.reason)).all()
    found = {name: number for name, number in counts}  # noqa: C416 - rows, not pairs
    return {reason: found.get(reason, 0) for reason in Reason}


def _in_round() -> ColumnElement[bool]:
    return and_(AssignmentRow.task_id == TaskRow.task_id, AssignmentRow.guideline >= TaskRow.guideline)


def _live() -> ColumnElement[bool]:
    return and_(AssignmentRow.status == AssignmentStatus.LEASED, AssignmentRow.expires_at > func.now())

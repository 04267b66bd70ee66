"""The labeling queue: tasks wait by priority, labelers hold leases on them, answers become labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from quality.routing.draws import draws
from schemas.labels import Answer, TaskStatus
from schemas.project import ProjectConfig
from schemas.verdicts import Reason, Selection, TaskRequest
from storage.database import lost_connections_named
from storage.guidelines import classes_under, current_version
from storage.labelers import Labeler
from storage.tables import AssignmentRow, LabelerRow, TaskRow

# The draw by which tasks of the audit stand in the queue.
PRIORITY = "priority"


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a labeler is handed: a lease, and of the sample only what may be seen before answering."""

    assignment_id: UUID
    task_id: int
    guideline: int
    classes: tuple[Answer, ...]
    expires_at: datetime
    payload: JsonValue
    media: str | None


@dataclass(frozen=True, kw_only=True)
class Depths:
    """How many tasks of a project stand where, and how many live leases are held on the open ones.

    Those set aside for an `expert` are offered to nobody: a guideline that touches them reopens them.
    """

    open: int
    leased: int
    settled: int
    expert: int


def priority(sample_id: str, selection: Selection) -> float:
    """Return how soon a task is due, in [0, 1]: its strongest signal.

    Those of the audit stand in between, each where a hash puts it: so however few of the tasks get labeled, what is
    labeled of the audit is a uniform draw.
    """
    signals = [selection.scores.get(reason, 0.0) for reason in selection.reasons]
    drawn = float(draws([sample_id], [PRIORITY])[0, 0]) if Reason.AUDIT in selection.reasons else 0.0
    return max(drawn, *signals)


@lost_connections_named()
def enqueue(engine: Engine, project: ProjectConfig, requests: Sequence[TaskRequest]) -> int:
    """Write a task for each request, once for each (topic, partition, offset); return how many are new."""
    if not requests:
        return 0
    once = upsert(TaskRow).on_conflict_do_nothing().returning(TaskRow.task_id)
    with engine.begin() as connection:
        version = connection.scalar(select(current_version(project.name)))
        tasks = [{**_task(project, request), "guideline": version} for request in requests]
        return len(connection.scalars(once, tasks).all())


def _task(project: ProjectConfig, request: TaskRequest) -> dict[str, Any]:
    return {
        "project": project.name,
        **request.origin.model_dump(),
        "sample_id": request.sample["sample_id"],
        "sample": request.sample,
        "selection": request.selection.model_dump(mode="json"),
        "priority": priority(str(request.sample["sample_id"]), request.selection),
        "status": TaskStatus.OPEN,
        "wanted": project.overlap.first,
    }


@lost_connections_named()
def claim(engine: Engine, project: ProjectConfig, labeler: Labeler) -> Assignment | None:
    """Lease the most urgent task that waits for this labeler; None when none does.

    Who holds a live lease already gets the same one back, so a client that crashed may ask again. An expired lease of
    the same labeler is renewed. A labeler never gets a task twice in the round of one guideline version, and leases
    and labels together never exceed what the task wants.
    """
    with engine.begin() as connection:
        _one_claim_at_a_time(connection, labeler)
        leased = _held(connection, labeler) or _lease_next(connection, project, labeler)
        return _shown(connection, project, leased) if leased else None


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


def room(labeler_id: int) -> ColumnElement[bool]:
    """Say, of a task, whether one more answer of this labeler is wanted.

    Others' labels and live leases of the round leave a place free, and the labeler has not answered in this round.
    """
    others = AssignmentRow.labeler_id != labeler_id
    done = AssignmentRow.done_at.is_not(None)
    taken = select(func.count()).select_from(AssignmentRow).where(_in_round(), others, done | _live())
    answered = exists().where(_in_round(), ~others, done).correlate(TaskRow)
    free = taken.correlate(TaskRow).scalar_subquery() < TaskRow.wanted
    return and_(TaskRow.status == TaskStatus.OPEN, free, ~answered)


def _in_round() -> ColumnElement[bool]:
    return and_(AssignmentRow.task_id == TaskRow.task_id, AssignmentRow.guideline >= TaskRow.guideline)


def _live() -> ColumnElement[bool]:
    return and_(AssignmentRow.done_at.is_(None), AssignmentRow.expires_at > func.now())


def _one_claim_at_a_time(connection: Connection, labeler: Labeler) -> None:
    """Make a second claim of the same labeler wait, so that it finds the lease of the first."""
    me = select(LabelerRow.labeler_id).where(LabelerRow.labeler_id == labeler.labeler_id)
    connection.execute(me.with_for_update(key_share=True))


def _held(connection: Connection, labeler: Labeler) -> UUID | None:
    held = select(AssignmentRow.assignment_id).join(TaskRow, _in_round())
    return connection.scalar(held.where(AssignmentRow.labeler_id == labeler.labeler_id, _live()).limit(1))


def _lease_next(connection: Connection, project: ProjectConfig, labeler: Labeler) -> UUID | None:
    """Lock the most urgent task, then look at it again and lease it.

    A task that another claim holds is skipped first. Only when nothing else is left is it waited for, so None means
    that nothing waits. The second look is needed: what others leased before they let go of the lock is not in the
    snapshot in which the task was found. A task without room is let go again, by ending the savepoint.
    """
    waiting = select(TaskRow.task_id).where(TaskRow.project == project.name, room(labeler.labeler_id))
    urgent = waiting.order_by(TaskRow.priority.desc(), TaskRow.task_id).limit(1)
    for skip_locked in (True, False):
        while True:
            with connection.begin_nested() as attempt:
                task_id = connection.scalar(urgent.with_for_update(key_share=True, skip_locked=skip_locked))
                if task_id is None:
                    break
                if connection.scalar(waiting.where(TaskRow.task_id == task_id)):
                    return _lease(connection, project, labeler, task_id)
                attempt.rollback()
    return None


def _lease(connection: Connection, project: ProjectConfig, labeler: Labeler, task_id: int) -> UUID:
    """Renew the labeler's expired lease of this round, or write the first one."""
    lease = {
        "guideline": current_version(project.name),
        "leased_at": func.now(),
        "expires_at": func.now() + func.make_interval(0, 0, 0, 0, 0, 0, project.overlap.lease_seconds),
    }
    mine = (TaskRow.task_id == task_id, _in_round(), AssignmentRow.labeler_id == labeler.labeler_id)
    renew = update(AssignmentRow).where(*mine).values(lease).returning(AssignmentRow.assignment_id)
    renewed = connection.execute(renew).scalar_one_or_none()
    if renewed is not None:
        return renewed
    assignment_id = uuid4()
    new = {"assignment_id": assignment_id, "task_id": task_id, "labeler_id": labeler.labeler_id}
    connection.execute(insert(AssignmentRow).values({**new, **lease}))
    return assignment_id


def _shown(connection: Connection, project: ProjectConfig, assignment_id: UUID) -> Assignment:
    found = select(AssignmentRow.task_id, AssignmentRow.guideline, AssignmentRow.expires_at, TaskRow.sample).join(
        TaskRow, TaskRow.task_id == AssignmentRow.task_id
    )
    row = connection.execute(found.where(AssignmentRow.assignment_id == assignment_id)).one()
    return Assignment(
        assignment_id=assignment_id,
        task_id=row.task_id,
        guideline=row.guideline,
        classes=classes_under(connection, project, row.guideline),
        expires_at=row.expires_at,
        payload=row.sample["payload"],
        media=row.sample.get("media"),
    )

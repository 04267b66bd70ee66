"""Answers that were given elsewhere, without a lease of ours: under the same rules as any other."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select, update

from schemas.answers import Answer
from schemas.labels import AssignmentStatus, Label, Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage.answers import write
from storage.assignments import lock
from storage.database import lost_connections_named
from storage.labelers import Labeler
from storage.tables import AssignmentRow, TaskRow

# Places of so many leases at most are given back at once, if the leases have expired.
AT_MOST = 10_000


class NoPlace(StrEnum):
    """Why an answer cannot become a label of its task now."""

    UNKNOWN_TASK = "unknown_task"  # the project has no such task
    CLOSED = "closed"  # the task is settled, or set aside for an expert
    OUTDATED = "outdated"  # it was given under a guideline before the one that reopened the task
    ANSWERED = "answered"  # the labeler has answered the task in this round
    NO_ROOM = "no_room"  # others have given, or hold leases for, all the answers that are wanted


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """A task with room: of its sample only what may be seen before answering."""

    task_id: int
    payload: JsonValue
    media: str | None


@lost_connections_named()
def waiting(engine: Engine, project: str, limit: int, *, but: Collection[int] = ()) -> list[WaitingTask]:
    """Return the most urgent open tasks with room that are kept for nobody, except those in `but`."""
    found = (
        select(TaskRow.task_id, TaskRow.sample)
        .where(TaskRow.project == project, TaskRow.status == TaskStatus.OPEN)
        .where(TaskRow.free > 0, TaskRow.asked.is_(None))
        .where(TaskRow.task_id.not_in(but))
        .order_by(TaskRow.due_at, TaskRow.task_id)
        .limit(limit)
    )
    with engine.begin() as connection:
        connection.execute(select(func.end_expired_leases(AT_MOST), func.end_lapsed_asks(AT_MOST)))
        rows = connection.execute(found).all()
    return [
        WaitingTask(task_id=row.task_id, payload=row.sample["payload"], media=row.sample.get("media")) for row in rows
    ]


@lost_connections_named()
def open_rounds(engine: Engine, project: str, task_ids: Collection[int]) -> dict[int, int]:
    """Return, of those of these tasks that are open, the guideline version that their round began with."""
    found = select(TaskRow.task_id, TaskRow.guideline).where(
        TaskRow.project == project, TaskRow.task_id.in_(task_ids), TaskRow.status == TaskStatus.OPEN
    )
    with engine.connect() as connection:
        return {row.task_id: row.guideline for row in connection.execute(found)}


def lock_task(connection: Connection, project: str, task_id: int) -> bool:
    """Make others who would answer or claim this task wait for the transaction; return whether it exists."""
    found = select(TaskRow.task_id).where(TaskRow.project == project, TaskRow.task_id == task_id)
    return connection.scalar(found.with_for_update(key_share=True)) is not None


def no_place(connection: Connection, labeler: Labeler, task_id: int, guideline: int) -> NoPlace | None:
    """Say why one more answer of this labeler, given under `guideline`, is not wanted; the caller holds the lock."""
    connection.execute(select(func.end_expired_leases(AT_MOST)))
    mine = select(AssignmentRow.assignment_id).where(*_mine(labeler, task_id)).correlate(TaskRow)
    answered = mine.where(AssignmentRow.status == AssignmentStatus.ANSWERED).exists()
    leased = mine.where(AssignmentRow.status == AssignmentStatus.LEASED).exists()
    found = select(TaskRow.status, TaskRow.guideline, answered.label("answered"), leased | (TaskRow.free > 0))
    status, since, has_answered, has_room = connection.execute(found.where(TaskRow.task_id == task_id)).one()
    if guideline < since:
        return NoPlace.OUTDATED
    if has_answered:
        return NoPlace.ANSWERED
    if status != TaskStatus.OPEN:
        return NoPlace.CLOSED
    return None if has_room else NoPlace.NO_ROOM


def write_unleased(  # noqa: PLR0917 - as `write`
    connection: Connection, project: ProjectConfig, labeler: Labeler, task_id: int, guideline: int, answer: Answer
) -> Label:
    """Write the answer as a label given under `guideline`; the caller holds the lock and has asked for a place.

    A lease that the labeler holds on the task is used up, so that it cannot be answered once more.
    """
    place = {"guideline": guideline, "expires_at": func.now()}
    leased = update(AssignmentRow).where(TaskRow.task_id == task_id, *_mine(labeler, task_id)).values(place)
    leased = leased.returning(AssignmentRow.assignment_id)
    assignment_id = connection.execute(leased).scalar_one_or_none()
    if assignment_id is None:
        assignment_id = uuid4()
        new = {"assignment_id": assignment_id, "task_id": task_id, "labeler_id": labeler.labeler_id}
        connection.execute(insert(AssignmentRow).values({**new, **place, "status": AssignmentStatus.EXPIRED}))
    return write(connection, project, labeler, lock(connection, project, labeler, assignment_id), answer)


def _mine(labeler: Labeler, task_id: int) -> tuple[ColumnElement[bool], ...]:
    """Say, of an assignment and its task, that it is the labeler's one of this round."""
    return (
        AssignmentRow.task_id == task_id,
        AssignmentRow.guideline >= TaskRow.guideline,
        AssignmentRow.labeler_id == labeler.labeler_id,
        AssignmentRow.purpose == Purpose.CONSENSUS,
    )

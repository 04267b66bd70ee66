"""Answers of labelers: each becomes one label, for ever."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update

from schemas.errors import ConflictError, InputError
from schemas.labels import Answer, Label
from schemas.project import ProjectConfig
from schemas.topics import Topics
from storage.database import lost_connections_named
from storage.guidelines import classes_under
from storage.labelers import Labeler
from storage.queue import room
from storage.tables import AssignmentRow, LabelerRow, LabelRow, OutboxRow, TaskRow


@lost_connections_named()
def answer(engine: Engine, project: ProjectConfig, labeler: Labeler, assignment_id: UUID, answer: Answer) -> Label:
    """Write the answer as a label, and its event to the outbox, in one transaction; return the label.

    The same answer again returns the same label and writes nothing. An answer that comes late counts as long as
    nobody else was given the place.

    Raises:
        InputError: the answer is no class, or the assignment is not this labeler's.
        ConflictError: another answer was given before, or the lease expired and the task is no longer this labeler's.
    """
    with engine.begin() as connection:
        _check_class(connection, project, _lock_task(connection, labeler, assignment_id), answer)
        row = connection.execute(_label_of(assignment_id)).one_or_none()
        if row is None:
            _check_lease(connection, labeler, assignment_id)
            return write(connection, project, labeler, assignment_id, answer)
        if row.answer != answer:
            raise ConflictError("This assignment was answered otherwise before: labels never change. Claim the next.")
        return _label(row)


def _check_class(connection: Connection, project: ProjectConfig, guideline: int, answer: Answer) -> None:
    """Refuse what is no class under the guideline that the labeler was shown."""
    shown = classes_under(connection, project, guideline)
    if answer not in shown:
        raise InputError(f"{answer[:80]!r} is no class: answer one of {', '.join(shown)}.")


def _lock_task(connection: Connection, labeler: Labeler, assignment_id: UUID) -> int:
    """Lock the assignment's task; return the version of the guideline under which it was leased."""
    mine = (AssignmentRow.assignment_id == assignment_id, AssignmentRow.labeler_id == labeler.labeler_id)
    found = select(AssignmentRow.guideline).join(TaskRow, AssignmentRow.task_id == TaskRow.task_id).where(*mine)
    guideline = connection.scalar(found.with_for_update(of=TaskRow, key_share=True))
    if guideline is None:
        raise InputError(f"You have no assignment {assignment_id}: claim one, and answer under its id.")
    return guideline


def _check_lease(connection: Connection, labeler: Labeler, assignment_id: UUID) -> None:
    """Refuse an answer whose lease has expired, unless the place is still free and its round still runs."""
    in_round = AssignmentRow.guideline >= TaskRow.guideline
    stands = (AssignmentRow.expires_at > func.now()) | (in_round & room(labeler.labeler_id))
    found = select(stands).select_from(AssignmentRow).join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
    if not connection.scalar(found.where(AssignmentRow.assignment_id == assignment_id)):
        raise ConflictError("The lease has expired and the task has gone to somebody else: claim the next one.")


def write(
    connection: Connection, project: ProjectConfig, labeler: Labeler, assignment_id: UUID, answer: Answer
) -> Label:
    """Write the answer to an assignment as a label, and its event to the outbox; the caller has checked that it may."""
    finish = update(AssignmentRow).where(AssignmentRow.assignment_id == assignment_id).values(done_at=func.now())
    task_id, guideline = connection.execute(finish.returning(AssignmentRow.task_id, AssignmentRow.guideline)).one()
    row = {"label_id": uuid4(), "assignment_id": assignment_id, "labeler_id": labeler.labeler_id, "task_id": task_id}
    connection.execute(insert(LabelRow).values(**row, answer=answer, guideline=guideline))
    label = _label(connection.execute(_label_of(assignment_id)).one())
    event = {"key": str(task_id).encode(), "value": label.model_dump_json().encode()}
    connection.execute(insert(OutboxRow).values(topic=Topics(project=project.name).labels, **event))
    return label


def _label_of(assignment_id: UUID) -> Select[Any]:
    return (
        select(LabelRow.__table__, TaskRow.sample_id, LabelerRow.name, LabelerRow.simulated)
        .join(TaskRow, TaskRow.task_id == LabelRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(LabelRow.assignment_id == assignment_id)
    )


def _label(row: Row[Any]) -> Label:
    return Label(
        label_id=row.label_id,
        task_id=row.task_id,
        sample_id=row.sample_id,
        labeler=row.name,
        simulated=row.simulated,
        answer=row.answer,
        guideline=row.guideline,
        labeled_at=row.labeled_at,
    )

"""Answers of labelers: each becomes one label, for ever; what is taken back is retracted, not removed."""

from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Connection, Engine, Insert, Row, exists, func, insert, select

from labeling.kinds import kind_of
from schemas.answers import Answer
from schemas.errors import ConflictError
from schemas.labels import AssignmentStatus, Label, Purpose, Retraction
from schemas.project import ProjectConfig
from schemas.topics import Topics
from schemas.verdicts import Event
from storage.assignments import check_place, end, lease, lock
from storage.database import lost_connections_named
from storage.gold import is_gold
from storage.guidelines import classes_of
from storage.labelers import Labeler
from storage.queue import Assignment
from storage.tables import LabelerRow, LabelRow, OutboxRow, RetractionRow, TaskRow
from storage.trail import Action, note
from storage.votes import expert_casts, standing


@lost_connections_named()
def answer(engine: Engine, project: ProjectConfig, labeler: Labeler, assignment_id: UUID, plain: JsonValue) -> Label:
    """Write the answer as a label, and its event to the outbox, in one transaction; return the label.

    The same answer again returns the same label and writes nothing. An answer that comes late counts as long as
    nobody else was given the place.

    Raises:
        InputError: it is no answer of the project's kind, or the assignment is not this labeler's.
        ConflictError: another answer was given before, or the task was skipped, or the lease expired and the task is no
            longer this labeler's.
    """
    with engine.begin() as connection:
        assignment = lock(connection, project, labeler, assignment_id)
        answer = kind_of(project.labels).read(plain, classes_of(project, assignment.definitions))
        given = _standing_label(connection, assignment_id) if assignment.status == AssignmentStatus.ANSWERED else None
        if given is None:
            check_place(assignment)
            return write(connection, project, labeler, assignment, answer)
        if given.answer != answer:
            raise ConflictError(
                "Labels never change, and this assignment has another one: undo that, and answer again."
            )
        return given


@lost_connections_named()
def undo(engine: Engine, project: ProjectConfig, labeler: Labeler, assignment_id: UUID) -> Assignment:
    """Take the label of an assignment back, by a retraction and its event, and lease it to the labeler again.

    Raises:
        InputError: the assignment is not this labeler's.
        ConflictError: it has no label that stands, its round is over, or an expert has settled its task since.
    """
    with engine.begin() as connection:
        assignment = lock(connection, project, labeler, assignment_id)
        label = _standing_label(connection, assignment_id)
        if label is None or not assignment.in_round:
            raise ConflictError("There is no label of the current round to take back: claim the next assignment.")
        if assignment.purpose == Purpose.CONSENSUS and expert_casts(connection, TaskRow.task_id == label.task_id):
            raise ConflictError("An expert has settled this task since: its labels stand. Claim the next assignment.")
        gold = select(exists().where(TaskRow.task_id == label.task_id, is_gold()))
        if assignment.purpose == Purpose.EXPERT and connection.scalar(gold):
            raise ConflictError("This task is gold by your answer: retire the gold first, then take the answer back.")
        retract = insert(RetractionRow).values(label_id=label.label_id).returning(RetractionRow.retracted_at)
        retracted_at = connection.execute(retract).scalar_one()
        event = Retraction(
            retracts=label.label_id, task_id=label.task_id, labeler=label.labeler, retracted_at=retracted_at
        )
        connection.execute(_announcement(project, label.task_id, event))
        if assignment.purpose == Purpose.EXPERT:
            note(connection, project.name, labeler.author, Action.ADJUDICATION_UNDONE, f"task {label.task_id}")
        return lease(connection, project, assignment)


def write(
    connection: Connection, project: ProjectConfig, labeler: Labeler, assignment: Row[Any], answer: Answer
) -> Label:
    """Write the answer to a locked assignment as a label, and its event; the caller has checked that it may."""
    earlier = select(func.count()).where(LabelRow.assignment_id == assignment.assignment_id).scalar_subquery()
    said = {name: getattr(assignment, name) for name in ("task_id", "guideline", "purpose")}
    said |= {"label_id": uuid4(), "answer": answer, "labeled_at": assignment.now}
    who = {"labeler": labeler.name, "simulated": labeler.simulated, "sample_id": assignment.sample_id}
    label = Label(**said, **who)
    ids = {"assignment_id": assignment.assignment_id, "labeler_id": labeler.labeler_id}
    new = insert(LabelRow).values(**said, **ids, revision=earlier + 1)
    end(connection, assignment, AssignmentStatus.ANSWERED, new, _announcement(project, label.task_id, label))
    if label.purpose == Purpose.EXPERT:
        note(connection, project.name, labeler.author, Action.ADJUDICATED, f"task {label.task_id}")
    return label


def _announcement(project: ProjectConfig, task_id: int, event: Event) -> Insert:
    message = {"key": str(task_id).encode(), "value": event.model_dump_json().encode()}
    return insert(OutboxRow).values(topic=Topics(project=project.name).labels, **message)


def _standing_label(connection: Connection, assignment_id: UUID) -> Label | None:
    found = (
        select(LabelRow.__table__, TaskRow.sample_id, LabelerRow.name.label("labeler"), LabelerRow.simulated)
        .join(TaskRow, TaskRow.task_id == LabelRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(LabelRow.assignment_id == assignment_id, standing())
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else Label(**{name: getattr(row, name) for name in Label.model_fields})

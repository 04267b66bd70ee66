"""Leases in their labelers' hands: looked at under the lock of their task, renewed, or given back with a reason."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Insert, Row, bindparam, func, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from schemas.errors import ConflictError, InputError
from schemas.labels import AssignmentStatus, Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage.consensus import settle_within
from storage.database import lost_connections_named
from storage.guidelines import keep_version
from storage.labelers import Labeler
from storage.places import count_places
from storage.queue import Assignment, shown
from storage.tables import AssignmentRow, GuidelineRow, TaskRow

# Whom a task in this status is offered to.
OFFERS = {TaskStatus.OPEN: Purpose.CONSENSUS, TaskStatus.EXPERT: Purpose.EXPERT}
# A commit that does not wait for the disk: of leases alone, which may be lost (docs/decisions/0013).
UNHURRIED = text("SET LOCAL synchronous_commit TO off")
# An assignment with its task, both locked, and the definitions of the guideline under which it was leased.
LOCK = (
    select(
        AssignmentRow.__table__,
        TaskRow.status.label("task_status"),
        TaskRow.sample_id,
        TaskRow.free,
        GuidelineRow.definitions,
        (AssignmentRow.expires_at > func.now()).label("live"),
        (AssignmentRow.guideline >= TaskRow.guideline).label("in_round"),
        func.now().label("now"),
    )
    .join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
    .outerjoin(
        GuidelineRow,
        (GuidelineRow.project == bindparam("of_project")) & (GuidelineRow.version == AssignmentRow.guideline),
    )
    .where(AssignmentRow.assignment_id == bindparam("id"), AssignmentRow.labeler_id == bindparam("labeler"))
    .with_for_update(of=[TaskRow, AssignmentRow], key_share=True)
)


@lost_connections_named()
def media_of(engine: Engine, labeler: Labeler, assignment_id: UUID) -> str | None:
    """Return the file that the sample of an assignment names, if it names any, while its labeler holds the lease.

    Raises:
        InputError: the labeler has no live lease of it.
    """
    held = (AssignmentRow.assignment_id == assignment_id) & (AssignmentRow.labeler_id == labeler.labeler_id)
    live = (AssignmentRow.status == AssignmentStatus.LEASED) & (AssignmentRow.expires_at > func.now())
    # The whole sample: PostgreSQL cannot look into JSON in which there is a NUL.
    found = select(TaskRow.sample).join(AssignmentRow, AssignmentRow.task_id == TaskRow.task_id)
    with engine.connect() as connection:
        sample = connection.scalar(found.where(held, live))
    if sample is None:
        raise InputError(f"You hold no lease of the assignment {assignment_id}: claim one, and use its id.")
    media: str | None = sample.get("media")
    return media


@lost_connections_named()
def renew(engine: Engine, project: ProjectConfig, labeler: Labeler, assignment_id: UUID) -> Assignment:
    """Let the lease run anew from now on; an expired one too, as long as nobody else was given the place.

    Raises:
        InputError: the assignment is not this labeler's.
        ConflictError: it is answered or skipped, or the lease expired and the task is no longer this labeler's.
    """
    with engine.begin() as connection:
        connection.execute(UNHURRIED)
        assignment = lock(connection, project, labeler, assignment_id)
        check_place(assignment)
        return lease(connection, project, assignment)


@lost_connections_named()
def skip(engine: Engine, project: ProjectConfig, labeler: Labeler, assignment_id: UUID, reason: str) -> None:
    """Give the task back for good, with a reason; another labeler gets it, and after several an expert.

    The same again changes nothing, but the reason.

    Raises:
        InputError: the assignment is not this labeler's, or the reason is empty or holds NUL.
        ConflictError: it is answered, or its round is over.
    """
    if not reason.strip() or "\x00" in reason:
        raise InputError("The reason is empty or holds NUL characters: say in plain text why you skip.")
    with engine.begin() as connection:
        keep_version(connection, project.name)
        assignment = lock(connection, project, labeler, assignment_id)
        if assignment.status == AssignmentStatus.ANSWERED:
            raise ConflictError("You have answered this assignment: undo that first.")
        _check_round(assignment)
        end(connection, assignment, AssignmentStatus.SKIPPED, skip_reason=reason)
        if assignment.purpose == Purpose.CONSENSUS:
            settle_within(connection, project, [assignment.task_id])


def lock(connection: Connection, project: ProjectConfig, labeler: Labeler, assignment_id: UUID) -> Row[Any]:
    """Lock the task of an assignment of this labeler and then the assignment; return both as they are then.

    `now` is the time of the transaction. Both are locked so that one statement will do: what is locked is read anew if
    it has changed since the statement began, what is only looked at is not.

    Raises:
        InputError: the labeler has no such assignment.
    """
    mine = {"id": assignment_id, "labeler": labeler.labeler_id, "of_project": project.name}
    assignment = connection.execute(LOCK, mine).one_or_none()
    if assignment is None:
        raise InputError(f"You have no assignment {assignment_id}: claim one, and use its id.")
    return assignment


def check_place(assignment: Row[Any]) -> None:
    """Refuse what was skipped or answered, and what has expired unless the place is still free in a running round.

    Raises:
        ConflictError: the labeler no longer has the place.
    """
    if assignment.status in (AssignmentStatus.ANSWERED, AssignmentStatus.SKIPPED):
        raise ConflictError(f"This assignment was {assignment.status}: claim the next one.")
    if assignment.status == AssignmentStatus.LEASED and (assignment.live or assignment.in_round):
        return
    offered = OFFERS.get(assignment.task_status) == assignment.purpose and assignment.free > 0
    if not assignment.in_round or not (offered or assignment.purpose == Purpose.GOLD):
        raise ConflictError("The lease has expired and the task has gone to somebody else: claim the next one.")


def _check_round(assignment: Row[Any]) -> None:
    if not assignment.in_round:
        raise ConflictError("A new guideline has begun another round of this task: claim the next one.")


def lease(connection: Connection, project: ProjectConfig, assignment: Row[Any]) -> Assignment:
    """Lease what is locked to its labeler from now on."""
    seconds = float(project.overlap.lease_seconds)
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    end(connection, assignment, AssignmentStatus.LEASED, expires_at=until, done_at=None)
    read = (GuidelineRow.project == project.name) & (GuidelineRow.version == AssignmentRow.guideline)
    found = (
        select(AssignmentRow.__table__, TaskRow.sample, GuidelineRow.definitions)
        .join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
        .outerjoin(GuidelineRow, read)
        .where(AssignmentRow.assignment_id == assignment.assignment_id)
    )
    return shown(project, connection.execute(found).one())


def end(
    connection: Connection,
    assignment: Row[Any],
    status: AssignmentStatus,
    *beside: Insert,
    **values: ColumnElement[Any] | str | None,
) -> None:
    """Change what became of a locked assignment, and count the task's places anew if that moves them.

    What is to be written `beside` it goes with it, in one statement.
    """
    change = update(AssignmentRow).where(AssignmentRow.assignment_id == assignment.assignment_id)
    change = change.values(**{"status": status, "done_at": func.now(), **values})
    connection.execute(change.add_cte(*(row.cte(f"beside_{number}") for number, row in enumerate(beside))))
    taken = (AssignmentStatus.LEASED, AssignmentStatus.ANSWERED)
    if (status in taken) != (assignment.status in taken):
        connection.execute(update(TaskRow).where(TaskRow.task_id == assignment.task_id).values(free=count_places()))

"""What an expert sees of a task that was set aside."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from labeling.guidelines import current_votes
from schemas.labels import AssignmentStatus, Purpose, Vote
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.tables import AssignmentRow, TaskRow
from storage.votes import casts_by_task


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Why labelers could not settle a task: their votes of its round, and the reasons of those who skipped it."""

    votes: tuple[Vote, ...]
    skips: tuple[str, ...]


@lost_connections_named()
def evidence(engine: Engine, project: str, task_id: int) -> Evidence:
    """Return what labelers said of a task in its round, in today's classes."""
    skips = (
        select(AssignmentRow.skip_reason)
        .join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
        .where(AssignmentRow.task_id == task_id, AssignmentRow.guideline >= TaskRow.guideline)
        .where(AssignmentRow.status == AssignmentStatus.SKIPPED, AssignmentRow.purpose == Purpose.CONSENSUS)
        .order_by(AssignmentRow.done_at)
    )
    with engine.connect() as connection:
        casts = casts_by_task(connection, TaskRow.task_id == task_id).get(task_id, ())
        votes = current_votes(casts, 0, versions_after(connection, project, 0))
        reasons = [reason or "" for reason in connection.scalars(skips)]
    return Evidence(votes=tuple(votes), skips=tuple(reasons))

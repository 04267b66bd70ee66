"""Tasks as those look at them who settle what labelers disagree about: the sample, and what was said of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Engine, select

from labeling.guidelines import current_votes
from schemas.errors import InputError
from schemas.labels import TaskStatus, Vote
from storage.database import among, lost_connections_named
from storage.guidelines import versions_after
from storage.tables import TaskRow
from storage.votes import casts_by_task


@dataclass(frozen=True, kw_only=True)
class Case:
    """A task with its sample and the votes of its round that count, in today's classes."""

    task_id: int
    sample_id: str
    status: TaskStatus
    payload: JsonValue
    media: str | None
    votes: tuple[Vote, ...]


def case(engine: Engine, project: str, task_id: int) -> Case:
    """Return one task.

    Raises:
        InputError: the project has no such task.
    """
    found = cases(engine, project, [task_id])
    if not found:
        raise InputError(f"Task {task_id} is no task of this project: take an id from a finding or from the queue.")
    return found[0]


@lost_connections_named()
def cases(engine: Engine, project: str, task_ids: Sequence[int]) -> list[Case]:
    """Return those of the tasks that are the project's, in the order given."""
    which = (TaskRow.project == project, among(TaskRow.task_id, task_ids))
    tasks = select(TaskRow.task_id, TaskRow.sample_id, TaskRow.status, TaskRow.sample).where(*which)
    with engine.connect() as connection:
        rows = {row.task_id: row for row in connection.execute(tasks)}
        casts = casts_by_task(connection, *which)
        published = versions_after(connection, project, 0)
    return [
        Case(
            task_id=task,
            sample_id=rows[task].sample_id,
            status=TaskStatus(rows[task].status),
            payload=rows[task].sample["payload"],
            media=rows[task].sample.get("media"),
            votes=tuple(current_votes(casts.get(task, ()), 0, published)),
        )
        for task in task_ids
        if task in rows
    ]

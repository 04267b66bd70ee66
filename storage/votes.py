"""Labels, as the core looks at them: votes by task."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select

from labeling.guidelines import Cast, current_votes
from schemas.answers import ClassName
from schemas.labels import Purpose, Vote
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.tables import LabelerRow, LabelRow, RetractionRow, TaskRow


@lost_connections_named()
def votes_by_task(engine: Engine, project: str) -> dict[int, list[Vote]]:
    """Return the votes that count now, by task: those cast since the task's guideline version, in today's classes."""
    with engine.connect() as connection:
        casts = casts_by_task(connection, TaskRow.project == project)
        guidelines = versions_after(connection, project, 0)
    return {task: current_votes(cast_here, 0, guidelines) for task, cast_here in casts.items()}


def casts_by_task(connection: Connection, *which: ColumnElement[bool]) -> dict[int, Sequence[Cast]]:
    """Return the votes of the current round of each task that matches; tasks without any are absent."""
    return _by_task(connection, Purpose.CONSENSUS, LabelRow.guideline >= TaskRow.guideline, *which)


def expert_casts(connection: Connection, *which: ColumnElement[bool]) -> dict[int, Sequence[Cast]]:
    """Return what experts answered in the current round of each task that matches; tasks without any are absent."""
    return _by_task(connection, Purpose.EXPERT, LabelRow.guideline >= TaskRow.guideline, *which)


def unseen_casts(connection: Connection, *which: ColumnElement[bool]) -> dict[int, Sequence[Cast]]:
    """Return the answers given to matching tasks as gold in their current round, in the order in which they came."""
    in_round = LabelRow.guideline >= TaskRow.guideline
    return _by_task(connection, Purpose.GOLD, in_round, *which, order=LabelRow.labeled_at)


def standing() -> ColumnElement[bool]:
    """Say, of a label, that it was not taken back."""
    return ~exists().where(RetractionRow.label_id == LabelRow.label_id).correlate(LabelRow)


def _by_task(
    connection: Connection, purpose: Purpose, *which: ColumnElement[bool], order: Any = LabelerRow.name
) -> dict[int, Sequence[Cast]]:
    found = (
        select(TaskRow.task_id, LabelerRow.name, LabelRow.answer, LabelRow.guideline)
        .join(LabelRow, LabelRow.task_id == TaskRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(LabelRow.purpose == purpose, standing(), *which)
        .order_by(TaskRow.task_id, order)
    )
    casts: defaultdict[int, list[Cast]] = defaultdict(list)
    for task_id, labeler, answer, guideline in connection.execute(found):
        casts[task_id].append(Cast(vote=Vote(labeler=labeler, answer=answer), guideline=guideline))
    return dict(casts)


def scores_by_task(connection: Connection, *which: ColumnElement[bool]) -> dict[int, Mapping[ClassName, float]]:
    """Return a model's scores of the sample of each task that matches; tasks without any are absent."""
    scores = TaskRow.sample["prediction"]["scores"]
    found = connection.execute(select(TaskRow.task_id, scores).where(*which))
    return {task_id: said for task_id, said in found if said}


@lost_connections_named()
def all_casts(engine: Engine, project: str) -> dict[int, Sequence[Cast]]:
    """Return every vote that was not taken back, by task, those of earlier guideline versions included."""
    with engine.connect() as connection:
        return _by_task(connection, Purpose.CONSENSUS, TaskRow.project == project)


@lost_connections_named()
def count(engine: Engine, project: str) -> int:
    """Return how many labels were ever given."""
    labels = select(func.count()).select_from(LabelRow).join(TaskRow, LabelRow.task_id == TaskRow.task_id)
    with engine.connect() as connection:
        return connection.scalar(labels.where(TaskRow.project == project)) or 0

"""Gold: tasks whose answer is known, mixed into claims unseen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.answers import Answer
from schemas.errors import InputError
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.labelers import Labeler
from storage.tables import GoldRow, LabelerRow, LabelRow, TaskRow
from storage.trail import NOBODY, Action, Author, note
from storage.votes import standing

# So many tasks are offered to be made gold.
OFFERED = 50


@dataclass(frozen=True, kw_only=True)
class Gold:
    """A task that is mixed into claims: its known answer under the guideline of its round, by whom and when."""

    task_id: int
    guideline: int
    answer: Answer
    made_by: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A task that may be made gold: what an expert answered to it in its round, who and when."""

    task_id: int
    answer: Answer
    settled_by: str
    settled_at: datetime


@lost_connections_named()
def make(engine: Engine, project: ProjectConfig, lead: Labeler, task_id: int) -> None:
    """Make a task gold, with the answer by which an expert settled it; what is gold already stays as it is.

    It is gold as long as it stands in this round: a guideline that reopens it ends that.

    Raises:
        InputError: the project has no such task, or no expert has settled it.
    """
    answer = (
        select(TaskRow.task_id, TaskRow.guideline, LabelRow.answer, LabelRow.guideline, literal(lead.labeler_id))
        .join(LabelRow, LabelRow.task_id == TaskRow.task_id)
        .where(TaskRow.project == project.name, TaskRow.task_id == task_id)
        .where(LabelRow.purpose == Purpose.EXPERT, LabelRow.guideline >= TaskRow.guideline, standing())
    )
    with engine.begin() as connection:
        if connection.execute(answer.with_for_update(of=TaskRow, key_share=True)).one_or_none() is None:
            raise InputError(f"No expert has settled task {task_id} of this project: adjudicate it first.")
        new = upsert(GoldRow).from_select(["task_id", "guideline", "answer", "answered_under", "made_by"], answer)
        if connection.scalar(new.on_conflict_do_nothing().returning(GoldRow.gold_id)) is not None:
            note(connection, project.name, lead.author, Action.GOLD_MADE, f"task {task_id}")


@lost_connections_named()
def retire(engine: Engine, project: ProjectConfig, task_id: int, by: Author = NOBODY) -> None:
    """Mix a task in no longer; answers that it got count in nobody's record any more.

    Raises:
        InputError: the project has no such gold.
    """
    of_project = select(TaskRow.task_id).where(TaskRow.project == project.name, TaskRow.task_id == task_id)
    found = GoldRow.task_id.in_(of_project), GoldRow.retired_at.is_(None)
    with engine.begin() as connection:
        if not connection.execute(update(GoldRow).where(*found).values(retired_at=func.now())).rowcount:
            raise InputError(f"Task {task_id} of this project is not gold: GET /v1/gold lists what is.")
        note(connection, project.name, by, Action.GOLD_RETIRED, f"task {task_id}")


@lost_connections_named()
def gold_of(engine: Engine, project: str) -> list[Gold]:
    """Return what is gold now, oldest first."""
    row = GoldRow
    found = (
        select(row.task_id, row.guideline, row.answer, LabelerRow.name.label("made_by"), row.made_at)
        .join(TaskRow, is_gold())
        .join(LabelerRow, LabelerRow.labeler_id == row.made_by)
        .where(TaskRow.project == project)
        .order_by(row.gold_id)
    )
    with engine.connect() as connection:
        return [Gold(**one._mapping) for one in connection.execute(found)]  # noqa: SLF001 - so named, and public


@lost_connections_named()
def candidates(engine: Engine, project: str) -> list[Candidate]:
    """Return the last `OFFERED` tasks that an expert has settled in their round and that are not gold, newest first."""
    found = (
        select(
            TaskRow.task_id,
            LabelRow.answer,
            LabelerRow.name.label("settled_by"),
            LabelRow.labeled_at.label("settled_at"),
        )
        .join(LabelRow, LabelRow.task_id == TaskRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(TaskRow.project == project, LabelRow.purpose == Purpose.EXPERT, standing())
        .where(LabelRow.guideline >= TaskRow.guideline, ~exists().where(is_gold()).correlate(TaskRow))
        .order_by(LabelRow.labeled_at.desc())
        .limit(OFFERED)
    )
    with engine.connect() as connection:
        return [Candidate(**one._mapping) for one in connection.execute(found)]  # noqa: SLF001 - so named, and public


def is_gold() -> Any:
    """Say, of a task and a row of gold, that the one is gold by the other."""
    same = (GoldRow.task_id == TaskRow.task_id, GoldRow.guideline == TaskRow.guideline)
    return and_(*same, GoldRow.retired_at.is_(None))

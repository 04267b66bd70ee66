"""Gold: tasks whose answer is known, mixed into claims unseen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, and_, exists, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.answers import Answer
from schemas.errors import InputError
from schemas.labels import AssignmentStatus, Purpose
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.labelers import Labeler
from storage.places import count_places
from storage.tables import AssignmentRow, GoldRow, LabelerRow, LabelRow, TaskRow
from storage.votes import standing


@dataclass(frozen=True, kw_only=True)
class Gold:
    """A task that is mixed into claims: its known answer under the guideline of its round, by whom and when."""

    task_id: int
    guideline: int
    answer: Answer
    made_by: str
    made_at: datetime


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
        connection.execute(new.on_conflict_do_nothing())


@lost_connections_named()
def retire(engine: Engine, project: ProjectConfig, task_id: int) -> None:
    """Mix a task in no longer; answers that it got count in nobody's record any more.

    Raises:
        InputError: the project has no such gold.
    """
    of_project = select(TaskRow.task_id).where(TaskRow.project == project.name, TaskRow.task_id == task_id)
    found = GoldRow.task_id.in_(of_project), GoldRow.retired_at.is_(None)
    with engine.begin() as connection:
        if not connection.execute(update(GoldRow).where(*found).values(retired_at=func.now())).rowcount:
            raise InputError(f"Task {task_id} of this project is not gold: GET /v1/gold lists what is.")


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


def is_gold() -> Any:
    """Say, of a task and a row of gold, that the one is gold by the other."""
    same = (GoldRow.task_id == TaskRow.task_id, GoldRow.guideline == TaskRow.guideline)
    return and_(*same, GoldRow.retired_at.is_(None))


def swap(connection: Connection, labeler: Labeler, leased: Row[Any]) -> Row[Any] | None:
    """Lease the labeler gold in place of what the same transaction has leased; None where all of it was seen.

    A labeler has seen what it was ever handed in the round, for whatever purpose.
    """
    seen = exists().where(
        AssignmentRow.task_id == GoldRow.task_id,
        AssignmentRow.guideline >= GoldRow.guideline,
        AssignmentRow.labeler_id == labeler.labeler_id,
    )
    unseen = select(GoldRow.gold_id, GoldRow.task_id, TaskRow.sample).join(TaskRow, is_gold())
    unseen = unseen.where(TaskRow.project == labeler.project, ~seen).order_by(func.random()).limit(1)
    gold = connection.execute(unseen).one_or_none()
    if gold is None:
        return None
    given_back = update(AssignmentRow).where(AssignmentRow.assignment_id == leased.assignment_id)
    connection.execute(given_back.values(status=AssignmentStatus.EXPIRED))
    connection.execute(update(TaskRow).where(TaskRow.task_id == leased.task_id).values(free=count_places()))
    lease = {
        "assignment_id": uuid4(),
        "task_id": gold.task_id,
        "labeler_id": labeler.labeler_id,
        "guideline": leased.guideline,
        "expires_at": leased.expires_at,
    }
    new = insert(AssignmentRow).values(**lease, purpose=Purpose.GOLD, gold_id=gold.gold_id)
    columns = (AssignmentRow.assignment_id, AssignmentRow.task_id, AssignmentRow.guideline, AssignmentRow.expires_at)
    sample = literal(gold.sample, TaskRow.sample.type).label("sample")
    definitions = literal(leased.definitions, JSONB).label("definitions")
    return connection.execute(new.returning(*columns, sample, definitions)).one()

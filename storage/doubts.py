"""Doubts: settled tasks whose answer a model contradicts go back to labelers, once a round."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.adjudication import METHOD as EXPERT
from schemas.answers import Answer
from schemas.project import ProjectConfig
from schemas.verdicts import Origin
from storage.consensus import lock_tasks, settle_within
from storage.database import among, lost_connections_named
from storage.guidelines import keep_version
from storage.tables import ConsensusRow, DoubtRow, TaskRow


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """An answer to the task at `origin` that is probably wrong, how suspicious it is, and why in words."""

    origin: Origin
    answer: Answer
    guideline: int
    score: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A doubt as it was raised; `reason` is for whoever looks into it, and no labeler sees it."""

    task_id: int
    sample_id: str
    guideline: int
    votes: int
    score: float
    reason: str
    doubted_at: datetime


@lost_connections_named()
def raise_doubts(engine: Engine, project: ProjectConfig, found: Sequence[Doubtful]) -> int:
    """Have tasks labeled once more whose answer is doubtful; return how many go back, in one transaction.

    No label is lost: the doubt says how many votes there were, and with more of them the task is settled by all its
    labels; one that can get no more is set aside for an expert. Tasks are passed over that have another answer or
    round by now, that an expert settled, or that were doubted in this round before: repeated calls do nothing.
    """
    with engine.begin() as connection:
        keep_version(connection, project.name)
        by_task = _tasks(connection, project.name, found)
        lock_tasks(connection, project.name, by_task)
        doubted = _written(connection, by_task)
        settle_within(connection, project, doubted)
    return len(doubted)


def _tasks(connection: Connection, project: str, found: Iterable[Doubtful]) -> dict[int, Doubtful]:
    by_origin = {one.origin: one for one in found}
    columns = (TaskRow.task_id, TaskRow.topic, TaskRow.partition, TaskRow.offset)
    offsets = among(TaskRow.offset, sorted({origin.offset for origin in by_origin}))
    rows = connection.execute(select(*columns).where(TaskRow.project == project, offsets))
    at = {row.task_id: Origin(topic=row.topic, partition=row.partition, offset=row.offset) for row in rows}
    return {task: by_origin[origin] for task, origin in at.items() if origin in by_origin}


def _written(connection: Connection, by_task: Mapping[int, Doubtful]) -> list[int]:
    """Write the doubts that still apply to locked tasks, and return their tasks."""
    columns = (ConsensusRow.task_id, ConsensusRow.answer, ConsensusRow.guideline, ConsensusRow.votes)
    settled = select(*columns).where(ConsensusRow.settled, ConsensusRow.method != EXPERT)
    rows = [
        {"task_id": row.task_id, "guideline": row.guideline, "votes": len(row.votes), **_why(by_task[row.task_id])}
        for row in connection.execute(settled.where(among(ConsensusRow.task_id, by_task)))
        if (row.answer, row.guideline) == (by_task[row.task_id].answer, by_task[row.task_id].guideline)
    ]
    if not rows:
        return []
    written = upsert(DoubtRow).values(rows).on_conflict_do_nothing().returning(DoubtRow.task_id)
    return sorted(connection.scalars(written))


def _why(one: Doubtful) -> dict[str, float | str]:
    return {"score": one.score, "reason": one.reason}


@lost_connections_named()
def doubts_of(engine: Engine, project: str) -> list[Raised]:
    """Return every doubt that was raised, the last one first."""
    columns = (DoubtRow.__table__, TaskRow.sample_id)
    found = select(*columns).join(TaskRow, TaskRow.task_id == DoubtRow.task_id).where(TaskRow.project == project)
    with engine.connect() as connection:
        rows = connection.execute(found.order_by(DoubtRow.doubted_at.desc(), DoubtRow.score.desc(), DoubtRow.task_id))
        return [Raised(**row._mapping) for row in rows]  # noqa: SLF001 - so named, and public

"""The project's labeled tasks at one instant: as they stand now, or as they stood."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, and_, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from catalog.assembly import Concluded, Entry, LabeledTask
from labeling.label_space import translated
from schemas.answers import Answer, answer_of
from schemas.guidelines import Guideline
from schemas.labels import Purpose
from schemas.verdicts import Origin, Selection
from storage.guidelines import versions_after
from storage.lake_marks import Place
from storage.tables import ConsensusRow, GuidelineRow, LabelerRow, LabelRow, TaskRow
from storage.votes import standing

# So many tasks are read at once.
LOT = 2_000
# So many names of classes under a guideline are remembered with what they mean now.
NAMES = 1_000


@dataclass(frozen=True, kw_only=True)
class Labeled:
    """The labeled tasks in the order of their origins, the guidelines, and the instant at which it all was so.

    Iterate over `places` once, and then over `tasks` once. The former are where their samples stand, in no order, and
    maybe those of others.
    """

    at: datetime
    tasks: Generator[LabeledTask]
    guidelines: tuple[Guideline, ...]
    places: Iterable[Place]


def labeled_now(connection: Connection, project: str) -> Labeled:
    """Return the tasks that have a consensus; the transaction's view is one instant if it is repeatable read.

    They are read from PostgreSQL, a lot at a time, as they are iterated over: once, while the connection is open.
    """
    guidelines = versions_after(connection, project, 0)
    now: datetime = connection.execute(select(func.now())).scalar_one()
    tasks = _tasks(connection, project, guidelines)
    return Labeled(at=now, tasks=tasks, guidelines=tuple(guidelines), places=_places(connection, project))


def _tasks(connection: Connection, project: str, guidelines: Sequence[Guideline]) -> Generator[LabeledTask]:
    with connection.execute(_labeled(project), execution_options={"yield_per": LOT}) as rows:
        meanings = _Meanings(guidelines)
        for row in rows:
            yield _task(row, meanings)


def _places(connection: Connection, project: str) -> Iterator[Place]:
    """Yield where the samples of all tasks stand that have a consensus."""
    place = (TaskRow.topic, TaskRow.partition, TaskRow.offset)
    found = select(*place).join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id).where(TaskRow.project == project)
    with connection.execute(found, execution_options={"yield_per": LOT}) as rows:
        yield from map(tuple, rows)


def _labeled(project: str) -> Any:
    given = aggregate_order_by(
        func.jsonb_build_array(LabelRow.answer, LabelRow.guideline), LabelRow.labeled_at, LabelRow.label_id
    )
    votes, counts = LabelRow.purpose == Purpose.CONSENSUS, LabelRow.purpose != Purpose.GOLD
    answers = (
        select(
            TaskRow.task_id,
            func.coalesce(func.jsonb_agg(given).filter(votes), text("'[]'::jsonb")).label("answers"),
            func.array_agg(aggregate_order_by(LabelRow.label_id, LabelRow.labeled_at, LabelRow.label_id)).label(
                "labels"
            ),
            func.bool_or(LabelerRow.simulated).label("simulated"),
            func.max(LabelRow.labeled_at).label("labeled_at"),
        )
        .join(LabelRow, LabelRow.task_id == TaskRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(TaskRow.project == project, LabelRow.guideline >= TaskRow.guideline, standing(), counts)
        .group_by(TaskRow.task_id)
        .subquery()
    )
    task = (TaskRow.topic, TaskRow.partition, TaskRow.offset, TaskRow.selection, TaskRow.guideline)
    votes = func.jsonb_array_length(ConsensusRow.votes).label("votes")
    consensus = (ConsensusRow.answer, ConsensusRow.confidence, ConsensusRow.method, votes)
    return (
        select(
            *task,
            *consensus,
            ConsensusRow.estimate,
            ConsensusRow.settled,
            ConsensusRow.guideline.label("consensus_guideline"),
            answers.c.answers,
            answers.c.labels,
            answers.c.simulated,
            answers.c.labeled_at,
            func.greatest(TaskRow.created_at, GuidelineRow.published_at).label("queued_at"),
        )
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .join(answers, answers.c.task_id == TaskRow.task_id)
        .outerjoin(
            GuidelineRow,
            and_(GuidelineRow.project == TaskRow.project, GuidelineRow.version == ConsensusRow.guideline),
        )
        .order_by(TaskRow.topic.collate("C"), TaskRow.partition, TaskRow.offset)
    )


class _Meanings:
    """What answers mean under the last of the guidelines; names of classes, which repeat, are looked up once."""

    def __init__(self, guidelines: Sequence[Guideline]) -> None:
        self._guidelines = guidelines
        self._of_name = lru_cache(NAMES)(partial(translated, guidelines=guidelines))

    def of(self, answer: JsonValue, given_under: int) -> Answer | None:
        """Return what an answer that was given under a version means now."""
        if isinstance(answer, str):
            return self._of_name(answer, given_under)
        return translated(answer_of(answer), given_under, self._guidelines)


def _task(row: Row[Any], meanings: _Meanings) -> LabeledTask:
    meant = [meanings.of(answer, given_under) for answer, given_under in row.answers]
    return LabeledTask(
        origin=origin_of(row),
        selection=Selection.model_validate(row.selection),
        consensus=Concluded(
            answer=answer_of(row.answer),
            confidence=row.confidence,
            method=row.method,
            votes=row.votes,
            guideline=row.consensus_guideline,
            estimate=row.estimate,
        ),
        settled=row.settled and row.consensus_guideline >= row.guideline,
        labels=tuple(row.labels),
        answers=tuple(answer for answer in meant if answer is not None),
        simulated=row.simulated,
        queued_at=row.queued_at,
        labeled_at=row.labeled_at,
    )


def origin_of(row: Row[Any] | Mapping[str, Any]) -> Origin:
    """Return where a task's sample stands."""
    fields = row if isinstance(row, Mapping) else row._mapping  # noqa: SLF001 - so named, and public
    return Origin(topic=fields["topic"], partition=fields["partition"], offset=fields["offset"])


def place_of(task: LabeledTask | Entry) -> Place:
    """Return where a task's sample stands, or a row's: what both are ordered by."""
    return task.origin.topic, task.origin.partition, task.origin.offset

"""The project's labeled tasks as they stood at an instant that has passed, concluded anew from what was said by then.

Labels, retractions, guidelines, estimates and doubts are only ever added, each with its time, so what stood then can be
found out at any time after. Who was leased a task then cannot, and does not matter.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, exists, func, select

from catalog.assembly import Concluded, LabeledTask
from labeling.estimate import Estimate
from labeling.guidelines import Cast, round_at
from labeling.label_space import scores_now, translated
from labeling.settling import Doubt, Said, judge
from schemas.guidelines import Guideline
from schemas.labels import Purpose, TaskStatus, Vote
from schemas.project import ProjectConfig
from schemas.verdicts import Selection
from storage import estimates
from storage.consensus import doubts_by_task
from storage.guidelines import times_of, versions_by
from storage.labeled import Labeled, origin_of, place_of
from storage.tables import DoubtRow, GuidelineRow, LabelerRow, LabelRow, RetractionRow, TaskRow


@dataclass(frozen=True, kw_only=True)
class _Then:
    """What was known at the instant."""

    project: ProjectConfig
    guidelines: Sequence[Guideline]
    estimate: Estimate | None
    published: Mapping[int, datetime]
    doubts: Mapping[int, Sequence[Doubt]]

    def labeled_under(self, task: int, given: Sequence[Row[Any]]) -> dict[int, set[int]]:
        """Return, for each version that names the task, the versions under which it had been labeled before."""
        return {
            one.version: {label.guideline for label in given if label.labeled_at <= self.published[one.version]}
            for one in self.guidelines
            if task in one.reopens
        }


def labeled_at(connection: Connection, project: ProjectConfig, at: datetime) -> Labeled:
    """Return the tasks that had labels at `at`, each concluded by the estimate and the guideline of then.

    What was said in a transaction that had begun by then counts, though it may have ended a moment later.
    """
    guidelines = versions_by(connection, project.name, at)
    then = _Then(
        project=project,
        guidelines=guidelines,
        estimate=estimates.newest(connection, project.name, at),
        published=times_of(connection, project.name),
        doubts=doubts_by_task(connection, TaskRow.project == project.name, DoubtRow.doubted_at <= at),
    )
    given = _labels(connection, project.name, at)
    tasks = select(
        *(TaskRow.task_id, TaskRow.topic, TaskRow.partition, TaskRow.offset, TaskRow.selection, TaskRow.created_at),
        TaskRow.sample["prediction"]["scores"].label("scores"),
        _created_under().label("created_under"),
    )
    tasks = tasks.where(TaskRow.project == project.name, TaskRow.created_at <= at).order_by(TaskRow.task_id)
    found = [_task(then, row, given[row.task_id]) for row in connection.execute(tasks) if row.task_id in given]
    labeled = sorted((one for one in found if one is not None), key=place_of)
    places = list(map(place_of, labeled))
    return Labeled(at=at, tasks=(one for one in labeled), guidelines=tuple(guidelines), places=places)


def _labels(connection: Connection, project: str, at: datetime) -> Mapping[int, Sequence[Row[Any]]]:
    """Return the labels by task that stood at `at`, in the order in which they were given."""
    taken_back = exists().where(RetractionRow.label_id == LabelRow.label_id, RetractionRow.retracted_at <= at)
    columns: Any = (LabelRow.task_id, LabelRow.label_id, LabelRow.purpose, LabelRow.answer, LabelRow.guideline)
    columns = (*columns, LabelRow.labeled_at)
    found = (
        select(*columns, LabelerRow.name, LabelerRow.simulated)
        .join(TaskRow, TaskRow.task_id == LabelRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(TaskRow.project == project, LabelRow.labeled_at <= at, LabelRow.purpose != Purpose.GOLD)
        .where(~taken_back.correlate(LabelRow))
        .order_by(LabelRow.task_id, LabelRow.labeled_at, LabelRow.label_id)
    )
    given: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    rows: Iterable[Row[Any]] = connection.execute(found)
    for row in rows:
        given[row.task_id].append(row)
    return given


def _created_under() -> ScalarSelect[int]:
    """Return the version that was in force when a task was created."""
    newest = select(func.coalesce(func.max(GuidelineRow.version), 1))
    within = (GuidelineRow.project == TaskRow.project, GuidelineRow.published_at <= TaskRow.created_at)
    return newest.where(*within).correlate(TaskRow).scalar_subquery()


def _task(then: _Then, row: Row[Any], given: Sequence[Row[Any]]) -> LabeledTask | None:
    casts, experts = (_casts(given, purpose) for purpose in (Purpose.CONSENSUS, Purpose.EXPERT))
    since = min(row.created_under, *(label.guideline for label in given))
    since = round_at(since, [*casts, *experts], then.guidelines, then.labeled_under(row.task_id, given))
    said = Said(
        task=row.task_id,
        casts=[cast for cast in casts if cast.guideline >= since],
        experts=[cast for cast in experts if cast.guideline >= since],
        doubts=then.doubts.get(row.task_id, ()),
        scores=row.scores and scores_now(row.scores, then.guidelines),
    )
    verdict = judge(then.project, since, said, then.guidelines, then.estimate)
    if verdict.consensus is None:
        return None
    counted = [label for label in given if label.guideline >= verdict.guideline]
    meant = [
        translated(label.answer, label.guideline, then.guidelines)
        for label in counted
        if label.purpose == Purpose.CONSENSUS
    ]
    return LabeledTask(
        origin=origin_of(row),
        selection=Selection.model_validate(row.selection),
        consensus=Concluded.of(verdict.consensus),
        settled=verdict.decision.status is TaskStatus.SETTLED,
        labels=tuple(label.label_id for label in counted),
        answers=tuple(answer for answer in meant if answer is not None),
        simulated=any(label.simulated for label in counted),
        queued_at=max(row.created_at, then.published.get(verdict.consensus.guideline, row.created_at)),
        labeled_at=max(label.labeled_at for label in counted),
    )


def _casts(given: Sequence[Row[Any]], purpose: Purpose) -> list[Cast]:
    """Return the votes for a purpose in the order in which `storage.votes` has them."""
    found = [
        Cast(vote=Vote(labeler=label.name, answer=label.answer), guideline=label.guideline)
        for label in given
        if label.purpose == purpose
    ]
    return sorted(found, key=lambda cast: cast.vote.labeler)

"""The slice ledger: of each slice what is wanted, what there is, and how the models did on it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, Row, select

from catalog.assembly import Concluded, is_consistent
from catalog.comparison import Comparison
from catalog.evaluation import TrainingReport
from catalog.slices import LABEL, equals, is_in
from catalog.worst import PREDICTED
from labeling.label_space import scores_now
from quality.intervals import Interval
from quality.ranking import rank
from quality.slices.cases import Cases, Mask
from schemas.guidelines import Guideline
from schemas.labels import Consensus
from schemas.project import ProjectConfig, SliceRecipe
from schemas.routing import Steering
from schemas.samples import Attribute
from storage import promotions, steering
from storage.database import lost_connections_named
from storage.guidelines import history
from storage.model_errors import model_errors
from storage.releases import list_versions
from storage.tables import ConsensusRow, TaskRow


@dataclass(frozen=True, kw_only=True)
class Trained:
    """How the model of a dataset version did on a slice of the gold test, beside the one before it."""

    version: int
    found: Comparison


@dataclass(frozen=True, kw_only=True)
class Line:
    """One slice: what is wanted of it, what there is, and how models do on it.

    - wanted: rows that a version must have; quota: labels that routing is to collect, by the policy and by the steering
    - asked: of the quota, what the last model and alarms ask for, until the next model is trained
    - queued, labeled, consistent: tasks that wait, that are settled, and whose label a version may hold
    - error: of the model in production, estimated for the stream, from `cases` settled labels; None where there is none
    - trained: what the models of the dataset versions did, the last one last
    """

    column: str
    value: Attribute
    guarded: bool
    wanted: int
    quota: int
    asked: int
    queued: int
    labeled: int
    consistent: int
    cases: int
    error: Interval | None
    trained: tuple[Trained, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.column} = {self.value}"

    @property
    def is_short(self) -> bool:
        """Whether labels are asked for, or fewer are consistent than the recipe and the policy want."""
        return self.asked > 0 or self.consistent < max(self.wanted, self.quota)

    @property
    def closed_by(self) -> int | None:
        """The last version whose model gained on it with 95 % certainty; None while there is none, or it is short."""
        gained = (one.version for one in reversed(self.trained) if one.found.gain.low > 0)
        return None if self.is_short else next(gained, None)

    @property
    def state(self) -> str:
        """What it is called in lists: `short`, `closed by version N`, or neither."""
        closed = "" if self.closed_by is None else f"closed by version {self.closed_by}"
        return "short" if self.is_short else closed


def ledger(engine: Engine, project: ProjectConfig) -> tuple[Line, ...]:
    """Return a line for each slice that the recipe, the routing policy or the steering names, in that order."""
    told = steering.newest(engine, project.name) or Steering()
    quotas, asked = Counter[str](), Counter[str]()
    named = {one.name: one for one in project.dataset.slices}
    for quota in (*project.routing.quotas, *told.quotas):
        one = SliceRecipe(column=quota.column, value=quota.value)
        named.setdefault(one.name, one)
        quotas[one.name] += quota.want
    for quota in told.quotas:
        asked[SliceRecipe(column=quota.column, value=quota.value).name] += quota.want
    have = _counted(engine, project, named)
    cases, reports = Cases.of_all(model_errors(engine, project).cases), _reports(engine, project.name)
    inside = {name: _inside(cases, one) for name, one in named.items()}
    return tuple(
        Line(
            column=one.column,
            value=one.value,
            guarded=one.guarded,
            wanted=one.want,
            quota=quotas[name],
            asked=asked[name],
            queued=have[name]["queued"],
            labeled=have[name]["labeled"],
            consistent=have[name]["consistent"],
            cases=int(inside[name].sum()),
            error=cases.error(inside[name]) if inside[name].any() else None,
            trained=tuple(_trained(reports, one)),
        )
        for name, one in named.items()
    )


@lost_connections_named()
def _counted(engine: Engine, project: ProjectConfig, slices: Mapping[str, SliceRecipe]) -> dict[str, dict[str, int]]:
    counts = {name: {"queued": 0, "labeled": 0, "consistent": 0} for name in slices}
    consensus = [getattr(ConsensusRow, name) for name in Consensus.model_fields]
    tasks = select(TaskRow.sample, TaskRow.guideline.label("reopened"), ConsensusRow.settled, *consensus)
    tasks = tasks.outerjoin(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
    tasks = tasks.where(TaskRow.project == project.name)
    guidelines = history(engine, project.name)
    with engine.connect().execution_options(stream_results=True) as connection:
        for task in connection.execute(tasks) if slices else ():
            stands = _standing(project, task)
            for name, one in slices.items():
                if _holds(one, task, guidelines):
                    for place in stands:
                        counts[name][place] += 1
    return counts


def _standing(project: ProjectConfig, task: Row[Any]) -> tuple[str, ...]:
    """Return what a task counts as; one that a guideline reopened waits again."""
    if not task.settled or task.guideline < task.reopened:
        return ("queued",)
    said = Concluded.of(Consensus(**{name: getattr(task, name) for name in Consensus.model_fields}))
    return ("labeled", "consistent") if is_consistent(said, project.dataset.consistent) else ("labeled",)


def _holds(one: SliceRecipe, task: Row[Any], guidelines: Sequence[Guideline]) -> bool:
    """Say whether a task's sample is in a slice; the predicted class, which the archive does not have, counts too."""
    if one.column == PREDICTED:
        prediction = task.sample.get("prediction")
        return prediction is not None and rank([scores_now(prediction["scores"], guidelines)]).tops[0] == one.value
    return (one.column != LABEL or task.answer is not None) and is_in(one, task.sample, task.answer)


def _inside(cases: Cases, one: SliceRecipe) -> Mask:
    return np.array([equals(case.values.get(one.column), one.value) for case in cases.of], np.bool_)


def _reports(engine: Engine, project: str) -> list[TrainingReport]:
    found = (promotions.find_report(engine, project, release.version) for release in list_versions(engine, project))
    return [report for report in found if report is not None]


def _trained(reports: Sequence[TrainingReport], one: SliceRecipe) -> Iterator[Trained]:
    for report in reports:
        for slice_report in report.slices:
            if (slice_report.column, slice_report.value) == (one.column, one.value) and slice_report.found:
                yield Trained(version=report.version, found=slice_report.found)

"""Settling tasks: consensus and overlap, applied to what is stored."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, Row, String, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.conclusion import method_of
from labeling.consensus import crowdlab
from labeling.label_space import scores_now
from labeling.overlap import Decision
from labeling.settling import Doubt, Said, Skip, Verdict, judge
from schemas.answers import ClassName
from schemas.guidelines import Guideline
from schemas.labels import AssignmentStatus, Consensus, Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage import estimates
from storage.asking import kept_for
from storage.database import among, lost_connections_named
from storage.guidelines import keep_version, versions_after
from storage.places import count_places
from storage.tables import AssignmentRow, ConsensusRow, DoubtRow, LabelerRow, TaskRow
from storage.votes import casts_by_task, expert_casts, scores_by_task

NEW = upsert(ConsensusRow)
SAME = (ConsensusRow.answer == NEW.excluded.answer) & (ConsensusRow.settled == NEW.excluded.settled)
REPLACE = NEW.on_conflict_do_update(
    index_elements=["task_id"],
    set_={
        **{name: getattr(NEW.excluded, name) for name in (*Consensus.model_fields, "settled")},
        "updated_at": case((SAME, ConsensusRow.updated_at), else_=func.now()),
    },
)
# Where a task stands, as parameters of the statement that changes it.
STANDING: dict[str, ColumnElement[Any]] = {
    "status": bindparam("new_status", type_=String),
    "wanted": bindparam("new_wanted", type_=BigInteger),
    "guideline": bindparam("round", type_=BigInteger),
}


@lost_connections_named()
def settle(engine: Engine, project: ProjectConfig, task_ids: Iterable[int]) -> dict[int, Decision]:
    """Recompute, in one transaction, the consensus of tasks from their labels, and what it means for each.

    Replaces the consensus and the task's status, round and wanted labels. Depends on the stored labels and the last
    stored estimate of the labelers alone, so it may be repeated and run beside itself: each task's row is locked before
    its labels and the estimate are read. Tasks that the project does not have are left out of what is returned.
    """
    with engine.begin() as connection:
        keep_version(connection, project.name)
        return settle_within(connection, project, task_ids)


def settle_within(connection: Connection, project: ProjectConfig, task_ids: Iterable[int]) -> dict[int, Decision]:
    """Do what `settle` does in a transaction that new versions of the guideline are kept out of."""
    tasks = lock_tasks(connection, project.name, task_ids)
    these = among(TaskRow.task_id, [task.task_id for task in tasks])
    casts, experts = casts_by_task(connection, these), expert_casts(connection, these)
    skips, estimate = _skips(connection, these), estimates.newest(connection, project.name)
    doubts = doubts_by_task(connection, these)
    guidelines = versions_after(connection, project.name, min((task.guideline for task in tasks), default=1) - 1)
    assisted = estimate is not None and method_of(estimate, project.overlap) == crowdlab.METHOD
    scores = _scores(connection, these, guidelines) if assisted else {}
    verdicts = {
        task.task_id: judge(
            project,
            task.guideline,
            Said(
                task=task.task_id,
                casts=casts.get(task.task_id, ()),
                experts=experts.get(task.task_id, ()),
                skips=skips.get(task.task_id, ()),
                doubts=doubts.get(task.task_id, ()),
                scores=scores.get(task.task_id),
            ),
            guidelines,
            estimate,
        )
        for task in tasks
    }
    store(connection, project, tasks, verdicts)
    return {task_id: verdict.decision for task_id, verdict in verdicts.items()}


def lock_tasks(connection: Connection, project: str, task_ids: Iterable[int]) -> Sequence[Row[int, int, str, int, str]]:
    """Lock tasks of the project, in one order everywhere, and return where they stand and who is asked for them."""
    columns = (TaskRow.task_id, TaskRow.guideline, TaskRow.status, TaskRow.wanted, LabelerRow.name.label("asked"))
    found = select(*columns).outerjoin(LabelerRow, LabelerRow.labeler_id == TaskRow.asked)
    found = found.where(TaskRow.project == project, among(TaskRow.task_id, list(task_ids))).order_by(TaskRow.task_id)
    return connection.execute(found.with_for_update(of=TaskRow, key_share=True)).all()


def _skips(connection: Connection, *which: ColumnElement[bool]) -> dict[int, list[Skip]]:
    """Return of each task that matches who skipped it, and under which guideline version."""
    found = (
        select(AssignmentRow.task_id, AssignmentRow.guideline, LabelerRow.name)
        .join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == AssignmentRow.labeler_id)
        .where(AssignmentRow.status == AssignmentStatus.SKIPPED, AssignmentRow.purpose == Purpose.CONSENSUS, *which)
    )
    skips: defaultdict[int, list[Skip]] = defaultdict(list)
    for task_id, guideline, labeler in connection.execute(found):
        skips[task_id].append(Skip(labeler=labeler, guideline=guideline))
    return skips


def doubts_by_task(connection: Connection, *which: ColumnElement[bool]) -> dict[int, list[Doubt]]:
    """Return the doubts of each task that matches; tasks without any are absent."""
    found = select(DoubtRow.task_id, DoubtRow.guideline, DoubtRow.votes)
    found = found.join(TaskRow, TaskRow.task_id == DoubtRow.task_id).where(*which)
    doubts: defaultdict[int, list[Doubt]] = defaultdict(list)
    for task_id, guideline, votes in connection.execute(found):
        doubts[task_id].append(Doubt(guideline=guideline, votes=votes))
    return doubts


def _scores(
    connection: Connection, which: ColumnElement[bool], guidelines: Sequence[Guideline]
) -> dict[int, Mapping[ClassName, float]]:
    return {task: scores_now(found, guidelines) for task, found in scores_by_task(connection, which).items()}


def store(
    connection: Connection,
    project: ProjectConfig,
    tasks: Sequence[Row[int, int, str, int, str]],
    verdicts: Mapping[int, Verdict],
) -> None:
    """Write what is concluded of locked tasks, and where those stand that stand elsewhere now."""
    moved = [
        {"task": task.task_id, **now}
        for task in tasks
        for now in [_standing(verdicts[task.task_id])]
        if [task.status, task.wanted, task.guideline, task.asked] != list(now.values())
    ]
    if moved:
        places = {
            "free": count_places(**STANDING),
            **kept_for(project, **STANDING, ask=bindparam("new_ask", type_=String)),
        }
        connection.execute(
            update(TaskRow).where(TaskRow.task_id == bindparam("task")).values(**STANDING, **places), moved
        )
    _store_consensus(connection, verdicts)


def _standing(verdict: Verdict) -> dict[str, Any]:
    decision = verdict.decision
    now = {"new_status": decision.status, "new_wanted": decision.wanted}
    return {**now, "round": verdict.guideline, "new_ask": decision.ask}


def _store_consensus(connection: Connection, verdicts: Mapping[int, Verdict]) -> None:
    rows = [
        {
            "task_id": task_id,
            **verdict.consensus.model_dump(mode="json"),
            "answer": verdict.consensus.answer,
            "settled": verdict.decision.status is TaskStatus.SETTLED,
        }
        for task_id, verdict in verdicts.items()
        if verdict.consensus is not None
    ]
    if rows:
        connection.execute(REPLACE, rows)
    if without := [task_id for task_id, verdict in verdicts.items() if verdict.consensus is None]:
        connection.execute(update(ConsensusRow).where(among(ConsensusRow.task_id, without)).values(settled=False))

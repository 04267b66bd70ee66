"""Settling tasks: consensus and overlap, applied to what is stored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.overlap import Decision
from labeling.settling import Said, Verdict, judge
from schemas.labels import AssignmentStatus, Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage.database import among, lost_connections_named
from storage.guidelines import keep_version, versions_after
from storage.places import count_places
from storage.tables import AssignmentRow, ConsensusRow, TaskRow
from storage.votes import casts_by_task, expert_casts


@lost_connections_named()
def settle(engine: Engine, project: ProjectConfig, task_ids: Iterable[int]) -> dict[int, Decision]:
    """Recompute, in one transaction, the consensus of tasks from their labels, and what it means for each.

    Replaces the consensus and the task's status, round and wanted labels. Depends on the stored labels alone, so it
    may be repeated and run beside itself: each task's row is locked before its labels are read. Tasks that the
    project does not have are left out of what is returned.
    """
    with engine.begin() as connection:
        keep_version(connection, project.name)
        return settle_within(connection, project, task_ids)


def settle_within(connection: Connection, project: ProjectConfig, task_ids: Iterable[int]) -> dict[int, Decision]:
    """Do what `settle` does in a transaction that new versions of the guideline are kept out of."""
    tasks = _lock(connection, project.name, task_ids)
    these = among(TaskRow.task_id, [task.task_id for task in tasks])
    casts, experts = casts_by_task(connection, these), expert_casts(connection, these)
    skips = _skips(connection, these)
    guidelines = versions_after(connection, project.name, min((task.guideline for task in tasks), default=1) - 1)
    verdicts = {
        task.task_id: judge(
            project,
            task.guideline,
            Said(
                casts=casts.get(task.task_id, ()),
                experts=experts.get(task.task_id, ()),
                skips=skips.get(task.task_id, ()),
            ),
            guidelines,
        )
        for task in tasks
    }
    for task_id, verdict in verdicts.items():
        _store(connection, task_id, verdict)
    return {task_id: verdict.decision for task_id, verdict in verdicts.items()}


def _lock(connection: Connection, project: str, task_ids: Iterable[int]) -> Sequence[Row[int, int]]:
    found = select(TaskRow.task_id, TaskRow.guideline).where(
        TaskRow.project == project, among(TaskRow.task_id, list(task_ids))
    )
    return connection.execute(found.order_by(TaskRow.task_id).with_for_update(key_share=True)).all()


def _skips(connection: Connection, *which: ColumnElement[bool]) -> dict[int, list[int]]:
    """Return of each task that matches the guideline versions under which labelers skipped it."""
    found = (
        select(AssignmentRow.task_id, AssignmentRow.guideline)
        .join(TaskRow, TaskRow.task_id == AssignmentRow.task_id)
        .where(AssignmentRow.status == AssignmentStatus.SKIPPED, AssignmentRow.purpose == Purpose.CONSENSUS, *which)
    )
    skips: defaultdict[int, list[int]] = defaultdict(list)
    for task_id, guideline in connection.execute(found):
        skips[task_id].append(guideline)
    return skips


def _store(connection: Connection, task_id: int, verdict: Verdict) -> None:
    decision = verdict.decision
    task = {"status": decision.status, "wanted": decision.wanted, "guideline": verdict.guideline}
    connection.execute(update(TaskRow).where(TaskRow.task_id == task_id).values(**task, free=count_places(**task)))
    if verdict.consensus is None:
        connection.execute(update(ConsensusRow).where(ConsensusRow.task_id == task_id).values(settled=False))
        return
    settled = decision.status is TaskStatus.SETTLED
    row = {**verdict.consensus.model_dump(mode="json"), "settled": settled, "updated_at": func.now()}
    replace = upsert(ConsensusRow).values(task_id=task_id, **row)
    connection.execute(replace.on_conflict_do_update(index_elements=["task_id"], set_=row))

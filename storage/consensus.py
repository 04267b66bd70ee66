"""Settling tasks: consensus and overlap, applied to what is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.consensus.one_coin import one_coin
from labeling.guidelines import Cast, current_votes, round_of
from labeling.overlap import Decision, decide
from schemas.guidelines import Guideline
from schemas.labels import Consensus, TaskStatus
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.guidelines import keep_version, versions_after
from storage.tables import ConsensusRow, TaskRow
from storage.votes import casts_by_task


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """What is concluded of one task from all its labels; no consensus while it has none."""

    guideline: int
    decision: Decision
    consensus: Consensus | None


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
    casts = casts_by_task(connection, TaskRow.task_id.in_([task.task_id for task in tasks]))
    guidelines = versions_after(connection, project.name, min((task.guideline for task in tasks), default=1) - 1)
    verdicts = {
        task.task_id: _judge(project, task.guideline, casts.get(task.task_id, ()), guidelines) for task in tasks
    }
    for task_id, verdict in verdicts.items():
        _store(connection, task_id, verdict)
    return {task_id: verdict.decision for task_id, verdict in verdicts.items()}


def _lock(connection: Connection, project: str, task_ids: Iterable[int]) -> Sequence[Row[int, int]]:
    found = select(TaskRow.task_id, TaskRow.guideline).where(
        TaskRow.project == project, TaskRow.task_id.in_(sorted(task_ids))
    )
    return connection.execute(found.order_by(TaskRow.task_id).with_for_update(key_share=True)).all()


def _judge(project: ProjectConfig, since: int, casts: Sequence[Cast], guidelines: Sequence[Guideline]) -> _Verdict:
    guideline = round_of(since, casts, guidelines)
    classes = guidelines[-1].classes if guidelines else project.labels.classes
    votes = [vote for vote in current_votes(casts, guideline, guidelines) if vote.answer in classes]
    consensus = one_coin(votes, classes, project.overlap.labeler_accuracy, guideline)
    decision = decide(votes, project.overlap, consensus)
    return _Verdict(guideline=guideline, decision=decision, consensus=consensus if votes else None)


def _store(connection: Connection, task_id: int, verdict: _Verdict) -> None:
    decision = verdict.decision
    task = {"status": decision.status, "wanted": decision.wanted, "guideline": verdict.guideline}
    connection.execute(update(TaskRow).where(TaskRow.task_id == task_id).values(task))
    if verdict.consensus is None:
        connection.execute(update(ConsensusRow).where(ConsensusRow.task_id == task_id).values(settled=False))
        return
    settled = decision.status is TaskStatus.SETTLED
    row = {**verdict.consensus.model_dump(mode="json"), "settled": settled, "updated_at": func.now()}
    replace = upsert(ConsensusRow).values(task_id=task_id, **row)
    connection.execute(replace.on_conflict_do_update(index_elements=["task_id"], set_=row))

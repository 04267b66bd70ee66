"""Hints that there are new labels to build a dataset version of: few, and by whichever worker looks first."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import lost_connections_named
from storage.tables import ConsensusRow, HintRow, TaskRow


@lost_connections_named()
def hint(engine: Engine, project: str, *, apart: timedelta, tell: Callable[[], None]) -> bool:
    """Call `tell` where tasks were settled since the last hint, and that was so long ago; say whether it was called.

    The first call, of whichever worker, lets the time begin. Where `tell` raises, nothing was hinted. Of several
    workers that look at once, one does.
    """
    row = HintRow
    with engine.begin() as connection:
        connection.execute(upsert(row).values(project=project).on_conflict_do_nothing())
        due = select(row.hinted_at).where(row.project == project, row.hinted_at <= func.now() - apart)
        last = connection.scalar(due.with_for_update(skip_locked=True))
        if last is None:
            return False
        settled = select(TaskRow.task_id).join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        since = settled.where(TaskRow.project == project, ConsensusRow.settled, ConsensusRow.updated_at > last)
        if not connection.scalar(select(since.exists())):
            return False
        connection.execute(update(row).where(row.project == project).values(hinted_at=func.now()))
        tell()
        return True

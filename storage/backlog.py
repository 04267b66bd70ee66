"""The labeling queue as everybody may see it: how many tasks stand where, for which reason."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from schemas.labels import TaskStatus
from storage.database import lost_connections_named
from storage.queue import Depths, depths
from storage.tables import TaskRow


@dataclass(frozen=True, kw_only=True)
class ByReason:
    """The tasks that were selected for one reason; one with several reasons counts for each."""

    reason: str
    open: int
    settled: int
    expert: int


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How many tasks stand where, in all and by reason, the largest reason first."""

    depths: Depths
    reasons: tuple[ByReason, ...]


@lost_connections_named()
def backlog(engine: Engine, project: str) -> Backlog:
    """Count a project's tasks; looks at every one of them, so it is not to be asked for at each glance."""
    reason = func.jsonb_array_elements_text(TaskRow.selection["reasons"]).label("reason")
    each = select(reason, TaskRow.status).where(TaskRow.project == project).subquery()
    counted = select(each.c.reason, each.c.status, func.count()).group_by(each.c.reason, each.c.status)
    with engine.connect() as connection:
        found = Counter({(name, status): number for name, status, number in connection.execute(counted)})
    reasons = [
        ByReason(
            reason=name,
            open=found[name, TaskStatus.OPEN],
            settled=found[name, TaskStatus.SETTLED],
            expert=found[name, TaskStatus.EXPERT],
        )
        for name in {name for name, _ in found}
    ]
    reasons.sort(key=lambda one: (-(one.open + one.settled + one.expert), one.reason))
    return Backlog(depths=depths(engine, project), reasons=tuple(reasons))

"""What labeled tasks can be sliced by."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, select

from storage.database import lost_connections_named
from storage.tables import LabelRow, TaskRow


@lost_connections_named()
def slices_by_task(engine: Engine, project: str) -> dict[int, dict[str, str]]:
    """Return the values of each task that has a label, by column: `source`, `week` and `attributes.NAME`.

    The week is the Monday (UTC) of when the sample occurred.
    """
    columns = (TaskRow.sample[name] for name in ("source", "occurred_at", "attributes"))
    labeled = TaskRow.task_id.in_(select(LabelRow.task_id))
    with engine.connect() as connection:
        found = connection.execute(select(TaskRow.task_id, *columns).where(TaskRow.project == project, labeled))
        return {task_id: _values(source, occurred_at, attributes) for task_id, source, occurred_at, attributes in found}


def _values(source: str, occurred_at: str, attributes: Mapping[str, Any] | None) -> dict[str, str]:
    day = date.fromisoformat(occurred_at[:10])
    monday = day - timedelta(days=day.weekday())
    named = {f"attributes.{name}": str(value) for name, value in (attributes or {}).items()}
    return {"source": source, "week": monday.isoformat(), **named}

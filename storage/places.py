"""How many more labelers a task may be leased to."""

from typing import Any

from sqlalchemy import ColumnElement, func

from storage.tables import TaskRow


def count_places(**changed: Any) -> ColumnElement[int]:
    """Return the free places of a task, counted anew, as part of a statement that has it locked.

    What is wanted less what is leased or answered in the round; one place for an expert where the task is set aside for
    one. `changed` holds those of `guideline`, `status` and `wanted` that the same statement changes.
    """
    guideline, status, wanted = (
        changed.get(name, getattr(TaskRow, name)) for name in ("guideline", "status", "wanted")
    )
    return func.free_places(TaskRow.task_id, guideline, status, wanted)

"""Whom a task is kept for, for a while, before everybody is offered it."""

from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select

from schemas.labels import Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage.tables import AssignmentRow, LabelerRow, TaskRow

Term = ColumnElement[Any]


def kept_for(project: ProjectConfig, *, status: Term, wanted: Term, guideline: Term, ask: Term) -> dict[str, Term]:
    """Return `asked` and `asked_until` of a locked task, as part of the statement that changes the columns named.

    `ask` is a labeler's name. A task is kept for `ask_seconds` for each number of labels that it wants, however often
    it is decided anew and whoever is asked: so it waits for nobody longer. Who was ever handed it in its round is not
    asked.
    """
    seconds = float(project.overlap.ask_seconds)
    same = (TaskRow.wanted == wanted) & (TaskRow.guideline == guideline)
    until = case((same, TaskRow.asked_until))
    until = case(
        (ask.is_(None), until), else_=func.coalesce(until, func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds))
    )
    labeler = select(LabelerRow.labeler_id).where(
        LabelerRow.project == project.name, LabelerRow.name == ask, ~_had(guideline)
    )
    is_open = status == TaskStatus.OPEN
    asked = case((is_open & (until > func.now()), labeler.scalar_subquery()))
    return {"asked": asked, "asked_until": case((is_open, until))}


def _had(guideline: Term) -> ColumnElement[bool]:
    had = exists().where(
        AssignmentRow.task_id == TaskRow.task_id,
        AssignmentRow.labeler_id == LabelerRow.labeler_id,
        AssignmentRow.guideline >= guideline,
        AssignmentRow.purpose == Purpose.CONSENSUS,
    )
    return had.correlate(TaskRow, LabelerRow)

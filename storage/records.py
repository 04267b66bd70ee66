"""What labelers may know of their own work."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, func, select

from labeling.kinds import kind_of
from labeling.label_space import translated
from quality.intervals import Interval, wilson
from schemas.answers import Answer
from schemas.labels import AssignmentStatus
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.labelers import Labeler
from storage.tables import AssignmentRow, GoldRow, LabelRow
from storage.votes import standing

# Accuracy on gold is told in steps of so many answers: told after each, it would tell which tasks are gold.
STEP = 5


@dataclass(frozen=True, kw_only=True)
class GoldAnswers:
    """How many tasks whose answer is known a labeler has answered, how many rightly, and what that says."""

    answered: int
    right: int
    accuracy: Interval


@dataclass(frozen=True, kw_only=True)
class Record:
    """A labeler's own work: labels that stand, tasks skipped, and gold once `STEP` tasks of it were answered."""

    name: str
    labels: int
    skipped: int
    gold: GoldAnswers | None


@lost_connections_named()
def record(engine: Engine, project: ProjectConfig, labeler: Labeler) -> Record:
    """Return the labeler's record.

    Of gold the first answer counts, also where it was taken back: an undo must not tell what is gold either.
    """
    labels = select(func.count()).where(LabelRow.labeler_id == labeler.labeler_id, standing())
    mine = AssignmentRow.labeler_id == labeler.labeler_id
    skipped = select(func.count()).where(mine, AssignmentRow.status == AssignmentStatus.SKIPPED)
    firsts = (
        select(LabelRow.answer, LabelRow.guideline, GoldRow.answer, GoldRow.answered_under)
        .join(AssignmentRow, AssignmentRow.assignment_id == LabelRow.assignment_id)
        .join(GoldRow, GoldRow.gold_id == AssignmentRow.gold_id)
        .where(mine, LabelRow.revision == 1, GoldRow.retired_at.is_(None))
        .order_by(LabelRow.labeled_at, LabelRow.label_id)
    )
    with engine.connect() as connection:
        return Record(
            name=labeler.name,
            labels=connection.scalar(labels) or 0,
            skipped=connection.scalar(skipped) or 0,
            gold=_told(_right(connection, project, connection.execute(firsts).all())),
        )


def _right(
    connection: Connection, project: ProjectConfig, answered: Sequence[Row[Answer, int, Answer, int]]
) -> list[bool]:
    """Say of each answer to gold whether it is right, in today's classes; what was split since is left out."""
    versions, kind = versions_after(connection, project.name, 0), kind_of(project.labels)
    meant = [
        (translated(given, under, versions), translated(gold, made, versions)) for given, under, gold, made in answered
    ]
    return [given is not None and kind.same(given, gold) for given, gold in meant if gold is not None]


def _told(right: list[bool]) -> GoldAnswers | None:
    told = right[: len(right) // STEP * STEP]
    if not told:
        return None
    return GoldAnswers(answered=len(told), right=sum(told), accuracy=wilson(sum(told), len(told)))

"""How labelers work, from their stored answers: all for leads, one's own for oneself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, or_, select

from labeling.label_space import translated
from labeling.reports import Judged, LabelerReport, reports, told_in_steps
from schemas.answers import Answer
from schemas.guidelines import Guideline
from schemas.labels import Purpose
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.labelers import Labeler
from storage.records import STEP
from storage.tables import AssignmentRow, GoldRow, LabelerRow, LabelRow, TaskRow
from storage.votes import standing

# Only so many answers of a project are looked at, the last ones.
LOOKED_AT = 100_000


@lost_connections_named()
def every_report(engine: Engine, project: str) -> list[LabelerReport]:
    """Return the report of each labeler who has answered, by name."""
    with engine.connect() as connection:
        return [report for _, report in sorted(reports(_judged(connection, project)).items())]


@lost_connections_named()
def own_report(engine: Engine, labeler: Labeler) -> LabelerReport:
    """Return the labeler's own report, in steps, so that it does not tell which task was gold or what others said.

    Of each assignment the first answer is judged, also where it was taken back: an undo must not tell either.
    """
    with engine.connect() as connection:
        judged = told_in_steps(_judged(connection, labeler.project), labeler.name, STEP)
    return reports(judged, [labeler.name])[labeler.name]


def _judged(connection: Connection, project: str) -> list[Judged]:
    rows = _answers(connection, project)
    meaning = _Meaning(versions_after(connection, project, 0))
    meant = [meaning.now(row.answer, row.guideline) for row in rows]
    others = _consensus_of_others(rows, meant)
    return [
        Judged(
            labeler=row.name,
            answer=row.answer if answer is None else answer,
            labeled_at=row.labeled_at,
            gold=meaning.now(row.gold, row.answered_under) if row.gold is not None and answer is not None else None,
            consensus=consensus,
            seconds=float(row.seconds) if row.revision == 1 else None,
            stands=row.stands,
        )
        for row, answer, consensus in zip(rows, meant, others, strict=True)
    ]


def _answers(connection: Connection, project: str) -> Sequence[Any]:
    """Return the last answers: those that stand, and first ones that were taken back."""
    known = and_(GoldRow.gold_id == AssignmentRow.gold_id, GoldRow.retired_at.is_(None))
    stands = standing()
    found = (
        select(
            LabelRow.task_id,
            LabelerRow.name,
            LabelRow.answer,
            LabelRow.guideline,
            LabelRow.revision,
            LabelRow.labeled_at,
            func.extract("epoch", LabelRow.labeled_at - AssignmentRow.leased_at).label("seconds"),
            (LabelRow.guideline >= TaskRow.guideline).label("in_round"),
            stands.label("stands"),
            GoldRow.answer.label("gold"),
            GoldRow.answered_under,
        )
        .join(AssignmentRow, AssignmentRow.assignment_id == LabelRow.assignment_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .join(TaskRow, TaskRow.task_id == LabelRow.task_id)
        .outerjoin(GoldRow, known)
        .where(TaskRow.project == project, LabelRow.purpose != Purpose.EXPERT, or_(stands, LabelRow.revision == 1))
        .order_by(LabelRow.labeled_at.desc(), LabelRow.label_id)
        .limit(LOOKED_AT)
    )
    return connection.execute(found).all()


class _Meaning:
    """What answers mean in today's classes, each looked up once."""

    def __init__(self, guidelines: Sequence[Guideline]) -> None:
        self._guidelines = guidelines
        self._known: dict[tuple[Answer, int], Answer | None] = {}

    def now(self, answer: Answer, given_under: int) -> Answer | None:
        key = answer, given_under
        if key not in self._known:
            self._known[key] = translated(answer, given_under, self._guidelines)
        return self._known[key]


def _consensus_of_others(rows: Sequence[Any], meant: Sequence[Answer | None]) -> Iterable[Answer | None]:
    """Return of each first answer of a current round what most others answered to its task; None for a tie."""
    given: defaultdict[int, Counter[Answer]] = defaultdict(Counter)
    for row, answer in zip(rows, meant, strict=True):
        if row.stands and row.in_round and answer is not None:
            given[row.task_id][answer] += 1
    for row, answer in zip(rows, meant, strict=True):
        if row.revision == 1 and row.in_round and answer is not None:
            yield _most(given[row.task_id], without=answer if row.stands else None)
        else:
            yield None


def _most(counts: Mapping[Answer, int], without: Answer | None) -> Answer | None:
    rest = Counter(counts)
    if without is not None:
        rest[without] -= 1
    first, *second = rest.most_common(2) or [("", 0)]
    return first[0] if first[1] > max((times for _, times in second), default=0) else None

"""How labelers work, from their stored answers: all for leads, one's own for oneself."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, or_, select

from labeling.kinds import kind_of
from labeling.label_space import translated
from labeling.reports import Judged, LabelerReport, reports, told_in_steps
from schemas.answers import Answer, AnswerKind
from schemas.guidelines import Guideline
from schemas.labels import AssignmentStatus, Purpose
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.labelers import Labeler
from storage.records import STEP
from storage.tables import AssignmentRow, GoldRow, LabelerRow, LabelRow, TaskRow
from storage.votes import standing

# Only so many answers of a project are looked at, the last ones; fewer where each has to be compared with others.
LOOKED_AT, COMPARED = 100_000, 10_000
# The kinds of label of which right answers are equal to gold.
EXACT = {AnswerKind.CLASSIFICATION, AnswerKind.MULTILABEL}
Same = Callable[[Answer, Answer], bool]


@lost_connections_named()
def every_report(engine: Engine, project: ProjectConfig) -> list[LabelerReport]:
    """Return the report of each labeler who has answered or skipped, by name."""
    with engine.connect() as connection:
        known = _labelers(connection, project.name)
        idle = [name for name, (skipped, _) in known.items() if skipped]
        found = reports(_judged(connection, project), idle)
    return [_told(project, report, known[name]) for name, report in sorted(found.items())]


@lost_connections_named()
def own_report(engine: Engine, project: ProjectConfig, labeler: Labeler) -> LabelerReport:
    """Return the labeler's own report, in steps, so that it does not tell which task was gold or what others said.

    Of each assignment the first answer is judged, also where it was taken back: an undo must not tell either.
    """
    with engine.connect() as connection:
        known = _labelers(connection, project.name)[labeler.name]
        judged = told_in_steps(_judged(connection, project), labeler.name, STEP)
    return _told(project, reports(judged, [labeler.name])[labeler.name], known)


def _labelers(connection: Connection, project: str) -> dict[str, tuple[int, bool]]:
    """Return how many tasks each labeler of a project has skipped, and whether they are simulated, by name."""
    skipped = and_(AssignmentRow.labeler_id == LabelerRow.labeler_id, AssignmentRow.status == AssignmentStatus.SKIPPED)
    found = (
        select(LabelerRow.name, func.count(AssignmentRow.assignment_id), LabelerRow.simulated)
        .outerjoin(AssignmentRow, skipped)
        .where(LabelerRow.project == project)
        .group_by(LabelerRow.labeler_id)
    )
    return {name: (times, simulated) for name, times, simulated in connection.execute(found)}


def _told(project: ProjectConfig, report: LabelerReport, known: tuple[int, bool]) -> LabelerReport:
    """Return a report without the confusion where hardly any two answers are equal: it would list them all."""
    confusion = report.confusion if project.labels.kind in EXACT else ()
    return replace(report, confusion=confusion, skipped=known[0], simulated=known[1])


def _judged(connection: Connection, project: ProjectConfig) -> list[Judged]:
    """Return what answers should have been: what is right by the project's kind of label is the answer itself."""
    kind = project.labels.kind
    same = None if kind in EXACT else kind_of(project.labels).same
    rows = _answers(connection, project.name, LOOKED_AT if same is None else COMPARED)
    meaning = _Meaning(versions_after(connection, project.name, 0))
    meant = [meaning.now(row.answer, row.guideline) for row in rows]
    others = _consensus_of_others(rows, meant, same)
    return [
        Judged(
            labeler=row.name,
            answer=row.answer if answer is None else answer,
            labeled_at=row.labeled_at,
            gold=_gold(answer, None if row.gold is None else meaning.now(row.gold, row.answered_under), same),
            consensus=consensus,
            seconds=float(row.seconds) if row.revision == 1 else None,
            stands=row.stands,
        )
        for row, answer, consensus in zip(rows, meant, others, strict=True)
    ]


def _gold(answer: Answer | None, gold: Answer | None, same: Same | None) -> Answer | None:
    """Return what an answer should have been; itself where it is right, though not equal."""
    if answer is None or gold is None:
        return None
    return answer if same is not None and same(answer, gold) else gold


def _answers(connection: Connection, project: str, most: int) -> Sequence[Any]:
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
        .limit(most)
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


def _consensus_of_others(
    rows: Sequence[Any], meant: Sequence[Answer | None], same: Same | None
) -> Iterable[Answer | None]:
    """Return of each first answer of a current round what most others answered to its task; None for a tie.

    Where answers hardly ever are equal, that is the answer itself if it is the `same` as most others'.
    """
    given: defaultdict[int, Counter[Answer]] = defaultdict(Counter)
    for row, answer in zip(rows, meant, strict=True):
        if row.stands and row.in_round and answer is not None:
            given[row.task_id][answer] += 1
    for row, answer in zip(rows, meant, strict=True):
        if row.revision == 1 and row.in_round and answer is not None:
            others = given[row.task_id] - Counter([answer] if row.stands else [])
            yield _most(others) if same is None else _most_alike(others, answer, same)
        else:
            yield None


def _most_alike(counts: Counter[Answer], answer: Answer, same: Same) -> Answer | None:
    unlike = [other for other in counts if not same(answer, other)]
    against = sum(counts[other] for other in unlike)
    if 2 * against == counts.total():
        return None
    return unlike[0] if 2 * against > counts.total() else answer


def _most(counts: Counter[Answer]) -> Answer | None:
    first, *second = counts.most_common(2) or [("", 0)]
    return first[0] if first[1] > max((times for _, times in second), default=0) else None

"""Making estimates of a project's labelers when there is something new, and judging tasks anew by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, and_, exists, func, select

from labeling.adjudication import METHOD as EXPERT
from labeling.estimate import Estimate
from labeling.estimating import Material, estimated, is_news, is_warm
from labeling.guidelines import Cast, current_votes
from labeling.label_space import scores_now
from schemas.answers import AnswerKind, ClassName
from schemas.guidelines import Guideline
from schemas.labels import Purpose, Vote
from schemas.project import ProjectConfig
from storage import estimates
from storage.consensus import settle_within
from storage.database import lost_connections_named
from storage.estimates import Making
from storage.gold import is_gold
from storage.guidelines import keep_version, versions_after
from storage.labelers import enabled
from storage.tables import ConsensusRow, GoldRow, LabelerRow, LabelRow, TaskRow
from storage.votes import casts_by_task, expert_casts, scores_by_task, standing, unseen_casts

# The family of advisory locks, one a project, under which an estimate is made.
ESTIMATING = 0x0A55A9
# Tasks that are judged anew in one transaction: as long as it lasts, their labels and a new guideline wait.
BATCH = 500
# More or fewer gold tasks than this are news.
GOLD_NEWS = 5


@lost_connections_named()
def renew(engine: Engine, project: ProjectConfig) -> Estimate | None:
    """Write the next estimate where there is enough new, and return it; judge all tasks by the last one, if not done.

    New is a tenth of the votes (50 at least), some gold tasks, or a guideline. Whoever dies in between has the tasks
    judged by the next call. A call beside another one leaves the making to that. There is none of labels that are not
    one class each: those count alike, whoever gave them.
    """
    if project.labels.kind is not AnswerKind.CLASSIFICATION:
        return None
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")  # a guideline may be published meanwhile
        with connection.begin():
            made = _make(connection, project)
    with engine.connect() as connection:
        last = estimates.last_making(connection, project.name)
    if last is not None and not last.judged:
        _judge_all(engine, project, last.version)
    return made


def _make(connection: Connection, project: ProjectConfig) -> Estimate | None:
    lock = func.pg_try_advisory_xact_lock(ESTIMATING, func.hashtext(project.name))
    if not connection.scalar(select(lock)):
        return None
    last = estimates.last_making(connection, project.name)
    guidelines = versions_after(connection, project.name, 0)
    now = _counts(connection, project.name)
    if not _is_due(last, now, guidelines):
        return None
    version = 1 if last is None else last.version + 1
    made = estimated(_material(connection, project, guidelines), project.overlap, version)
    if made is not None:
        estimates.keep(connection, project.name, made, votes=now.votes, gold=now.gold)
    return made


def _is_due(last: Making | None, now: Row[int, int, int], guidelines: Sequence[Guideline]) -> bool:
    if not is_warm(now.votes, now.labelers):
        return False
    if last is None or (guidelines and guidelines[-1].version != last.guideline):
        return True
    return is_news(last.votes, now.votes) or abs(now.gold - last.gold) >= GOLD_NEWS


def _counts(connection: Connection, project: str) -> Row[int, int, int]:
    """Return how many votes count now, by how many labelers, and how many tasks are gold."""
    gold = select(func.count()).select_from(GoldRow).join(TaskRow, is_gold()).where(TaskRow.project == project)
    votes = (
        select(
            func.count().label("votes"),
            func.count(LabelRow.labeler_id.distinct()).label("labelers"),
            gold.scalar_subquery().label("gold"),
        )
        .select_from(LabelRow)
        .join(TaskRow, and_(TaskRow.task_id == LabelRow.task_id, LabelRow.guideline >= TaskRow.guideline))
        .where(TaskRow.project == project, LabelRow.purpose != Purpose.EXPERT, standing())
    )
    return connection.execute(votes).one()


def _material(connection: Connection, project: ProjectConfig, guidelines: Sequence[Guideline]) -> Material:
    here = TaskRow.project == project.name
    classes = (guidelines[-1].classes if guidelines else ()) or project.labels.classes
    gold = set(connection.scalars(select(TaskRow.task_id).join(GoldRow, is_gold()).where(here)))
    votes = _meant(casts_by_task(connection, here), guidelines, classes)
    unseen = _meant(unseen_casts(connection, here, exists().where(is_gold())), guidelines, classes)
    experts = _meant(expert_casts(connection, here), guidelines, classes)
    scores = scores_by_task(connection, here, exists().where(ConsensusRow.task_id == TaskRow.task_id))
    return Material(
        classes=classes,
        guideline=guidelines[-1].version if guidelines else 1,
        votes={task: _once([*unseen.get(task, ()), *votes.get(task, ())]) for task in {**votes, **unseen}},
        known={task: str(given[-1].answer) for task, given in experts.items() if given},
        gold=gold,
        scores={task: scores_now(said, guidelines) for task, said in scores.items()},
        last=_last_seen(connection, project.name),
    )


def _meant(
    casts: Mapping[int, Sequence[Cast]], guidelines: Sequence[Guideline], classes: Sequence[ClassName]
) -> dict[int, list[Vote]]:
    """Return the votes by task in today's classes, without those that mean none of them."""
    return {
        task: [vote for vote in current_votes(given, 0, guidelines) if vote.answer in classes]
        for task, given in casts.items()
    }


def _once(votes: Sequence[Vote]) -> list[Vote]:
    """Return each labeler's first vote."""
    first: dict[str, Vote] = {}
    for vote in votes:
        first.setdefault(vote.labeler, vote)
    return list(first.values())


def _last_seen(connection: Connection, project: str) -> dict[str, datetime]:
    found = (
        select(LabelerRow.name, func.max(LabelRow.labeled_at))
        .join(LabelRow, LabelRow.labeler_id == LabelerRow.labeler_id)
        .where(LabelerRow.project == project, enabled())
        .group_by(LabelerRow.name)
    )
    return dict(connection.execute(found).all())


def _judge_all(engine: Engine, project: ProjectConfig, version: int) -> None:
    """Judge anew, batch by batch, whatever has votes and was not settled by an expert, and note when it is done."""
    after = 0
    while tasks := _judge_some(engine, project, after):
        after = tasks[-1]
    with engine.begin() as connection:
        estimates.mark_judged(connection, project.name, version)


def _judge_some(engine: Engine, project: ProjectConfig, after: int) -> Sequence[int]:
    some = (
        select(TaskRow.task_id)
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .where(TaskRow.project == project.name, TaskRow.task_id > after, ConsensusRow.method != EXPERT)
        .order_by(TaskRow.task_id)
        .limit(BATCH)
    )
    with engine.begin() as connection:
        keep_version(connection, project.name)
        tasks = connection.scalars(some).all()
        settle_within(connection, project, tasks)
    return tasks

"""Steering: what settled labels and trained models say of routing, kept version by version."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Engine, func, insert, select

from labeling.label_space import scores_now
from quality.routing.outcomes import Outcome, Outcomes
from schemas.answers import AnswerKind
from schemas.project import ProjectConfig
from schemas.routing import Confirming, Hits, Quota, Steering
from schemas.topics import Topics
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.tables import ConsensusRow, OutboxRow, SteeringRow, TaskRow

# Only so many labels are looked at, those that were settled last.
LOOKED_AT = 2_000
# The kinds of label that a prediction can be compared with.
PREDICTED = {AnswerKind.CLASSIFICATION, AnswerKind.MULTILABEL}
# The family of advisory locks, one a project, under which a version is made.
STEERING = 0x0A55A7


@lost_connections_named()
def renew(engine: Engine, config: ProjectConfig) -> Steering | None:
    """Write, and announce, the next version where settled labels say something new; return it, None where not.

    Models predict classes, so boxes and texts say nothing of what was predicted.
    """

    def said(connection: Connection, before: Steering) -> Steering:
        known = _outcomes(connection, config.name) if config.labels.kind in PREDICTED else Outcomes()
        found = known.steering(before.version)
        return before.model_copy(update={"hits": found.hits, "temperature": found.temperature})

    return _changed(engine, config.name, said)


@lost_connections_named()
def ask(engine: Engine, project: str, version: int, quotas: Sequence[Quota]) -> Steering | None:
    """Have routing fill these quotas, of the model of a dataset version, in place of those of an earlier one.

    They are written, and announced, once a version; None is returned where they were before, or there are none.
    """

    def said(_: Connection, before: Steering) -> Steering:
        if version == before.asked_by or not (quotas or before.quotas):
            return before
        return before.model_copy(update={"quotas": tuple(quotas), "asked_by": version})

    return _changed(engine, project, said)


@lost_connections_named()
def want(engine: Engine, project: str, quota: Quota) -> Steering | None:
    """Have routing fill one quota more, beside those of the last model and as long: until the next model asks.

    It is written, and announced, once; None is returned where the slice has a quota already.
    """

    def said(_: Connection, before: Steering) -> Steering:
        if any((one.column, one.value) == (quota.column, quota.value) for one in before.quotas):
            return before
        return before.model_copy(update={"quotas": (*before.quotas, quota)})

    return _changed(engine, project, said)


def confirm(connection: Connection, project: str, alarms: Sequence[Confirming]) -> Steering | None:
    """Have routing buy labels for these alarms of drift and no others; None is returned where it does already."""

    def said(_: Connection, before: Steering) -> Steering:
        return before.model_copy(update={"confirming": tuple(alarms)})

    return _written(connection, project, said)


def _changed(engine: Engine, project: str, said: Callable[[Connection, Steering], Steering]) -> Steering | None:
    with engine.begin() as connection:
        return _written(connection, project, said)


def _written(connection: Connection, project: str, said: Callable[[Connection, Steering], Steering]) -> Steering | None:
    """Write, and announce, what is said after the last version, under the next number; None where that is the same."""
    connection.execute(select(func.pg_advisory_xact_lock(STEERING, func.hashtext(project))))
    before = _newest(connection, project) or Steering()
    after = said(connection, before)
    if after == before:
        return None
    found = after.model_copy(update={"version": before.version + 1})
    connection.execute(
        insert(SteeringRow).values(project=project, version=found.version, body=found.model_dump(mode="json"))
    )
    event = {"key": project.encode(), "value": found.model_dump_json().encode()}
    connection.execute(insert(OutboxRow).values(topic=Topics(project=project).steering, **event))
    return found


@lost_connections_named()
def newest(engine: Engine, project: str) -> Steering | None:
    """Return the last version; None while there is none."""
    with engine.connect() as connection:
        return _newest(connection, project)


@lost_connections_named()
def versions(engine: Engine, project: str) -> dict[int, Steering]:
    """Return every version by its number."""
    row = SteeringRow
    with engine.connect() as connection:
        bodies = connection.scalars(select(row.body).where(row.project == project))
        found = [Steering.model_validate(body) for body in bodies]
    return {one.version: one for one in found}


def hits(connection: Connection, project: str) -> Mapping[str, Hits]:
    """Return the hits of each reason in the last version."""
    return (_newest(connection, project) or Steering()).hits


def _newest(connection: Connection, project: str) -> Steering | None:
    row = SteeringRow
    body = connection.scalar(select(row.body).where(row.project == project).order_by(row.version.desc()).limit(1))
    return None if body is None else Steering.model_validate(body)


def _outcomes(connection: Connection, project: str) -> Outcomes:
    last = (
        select(TaskRow.selection, TaskRow.sample["prediction"]["scores"].label("scores"), ConsensusRow.answer)
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .where(TaskRow.project == project, ConsensusRow.settled)
        .order_by(ConsensusRow.updated_at.desc(), ConsensusRow.task_id.desc())
        .limit(LOOKED_AT)
    )
    guidelines = versions_after(connection, project, 0)
    return Outcomes().after(
        Outcome(
            reasons=tuple(row.selection["reasons"]),
            propensity=row.selection["propensity"],
            scores=row.scores and scores_now(row.scores, guidelines),
            answer=row.answer,
        )
        for row in connection.execute(last).all()[::-1]
    )

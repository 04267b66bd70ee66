"""Joining: feedback finds its sample, and becomes a reason to have that labeled.

Feedback may come before its sample is in the lake, or long after. What contradicts the prediction goes to the
labelers, no more of it in an hour than the project says: the rest waits for its turn.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Update, extract, func, or_, select, tuple_, update

from labeling.label_space import scores_now
from quality.routing.outcomes import Outcome, predicted
from schemas.answers import answer_of
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from schemas.verdicts import Reason, Selection, TaskRequest, Versions
from storage.database import lost_connections_named
from storage.feedback import FeedbackStatus
from storage.feedback_tables import FeedbackRow
from storage.guidelines import versions_after
from storage.labeled import origin_of
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.queue import enqueue
from storage.steering import PREDICTED

# So many are gone on with at once.
AT_ONCE = 500
# What waits for its sample is tried again after a tenth of the time that it has waited by then, but no sooner than
# after so many seconds.
PART, SOONEST = 10, 2
# The family of advisory locks, one a project, under which feedback is gone on with.
JOINING = 0x0A55A8


@lost_connections_named()
def go_on(engine: Engine, lake: Lake, project: ProjectConfig) -> int:
    """Join what waits with its sample, and send to the labelers what is due; return how many went on."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(JOINING, func.hashtext(project.name))))
        return _join(connection, lake, project) + _ask(connection, engine, lake, project)


def _join(connection: Connection, lake: Lake, project: ProjectConfig) -> int:
    waiting = _standing(connection, project, FeedbackStatus.WAITING, AT_ONCE, _again())
    samples = lake.first_of(project.name, {one.sample_id for one in waiting})
    guidelines = versions_after(connection, project.name, 0) if samples else []
    now: datetime = connection.execute(select(func.now())).scalar_one()
    oldest = now - timedelta(days=project.feedback.retention_days)
    for one in waiting:
        sample = samples.get(one.sample_id)
        if sample is None:
            status = FeedbackStatus.UNMATCHED if one.received_at < oldest else FeedbackStatus.WAITING
            connection.execute(_moved(one, status))
        else:
            contradicts = _contradicts(project, one, sample_of(sample)["prediction"], guidelines)
            status = FeedbackStatus.DUE if contradicts else FeedbackStatus.JOINED
            place = {f"sample_{name}": sample[name] for name in ("topic", "partition", "offset")}
            connection.execute(_moved(one, status).values(place))
    return sum(one.sample_id in samples for one in waiting)


def _again() -> ColumnElement[bool]:
    """Say of what waits whether it is to be tried now: the longer it has waited, the more seldom."""
    row = FeedbackRow
    since, waited = extract("epoch", func.now() - row.looked_at), extract("epoch", row.looked_at - row.received_at)
    return or_(row.looked_at == row.received_at, since > func.greatest(waited / PART, SOONEST))


def _ask(connection: Connection, engine: Engine, lake: Lake, project: ProjectConfig) -> int:
    """Put the samples of what is due into the queue, as long as there is room in the hour."""
    row = FeedbackRow
    lately = (row.status == FeedbackStatus.ASKED, row.looked_at > func.now() - timedelta(hours=1))
    asked = connection.scalar(select(func.count()).where(row.project == project.name, *lately)) or 0
    due = _standing(connection, project, FeedbackStatus.DUE, max(0, project.feedback.per_hour - asked))
    samples = lake.first_of(project.name, {one.sample_id for one in due})
    enqueue(engine, project, [_request(sample) for sample in samples.values()])
    for one in due:
        connection.execute(_moved(one, FeedbackStatus.ASKED))
    return len(due)


def _standing(
    connection: Connection, project: ProjectConfig, status: FeedbackStatus, most: int, *more: Any
) -> Sequence[Row[Any]]:
    """Return feedback of a status, what was looked at longest ago first."""
    row = FeedbackRow
    found = select(row.__table__).where(row.project == project.name, row.status == status, *more)
    return connection.execute(found.order_by(row.looked_at, row.partition, row.offset).limit(most)).all()


def _moved(one: Row[Any], status: FeedbackStatus) -> Update:
    row = FeedbackRow
    here = tuple_(row.topic, row.partition, row.offset) == (one.topic, one.partition, one.offset)
    return update(row).where(here).values(status=status, looked_at=func.clock_timestamp())


def _contradicts(project: ProjectConfig, one: Row[Any], prediction: Any, guidelines: Sequence[Guideline]) -> bool:
    """Say whether the prediction is called wrong; where none is known, or nothing right is said, it counts as such."""
    if one.answer is None or prediction is None or project.labels.kind not in PREDICTED:
        return True
    scores, answer = scores_now(prediction["scores"], guidelines), answer_of(one.answer)
    return predicted(Outcome(reasons=(), propensity=1.0, scores=scores, answer=answer)) != answer  # type: ignore[arg-type]


def _request(row: Mapping[str, Any]) -> TaskRequest:
    """Return what puts an archived sample into the queue: for certain, since feedback on it came."""
    return TaskRequest(
        origin=origin_of(row),
        sample=sample_of(row),
        selection=Selection(reasons=(Reason.FEEDBACK,), scores={Reason.FEEDBACK: 1.0}, propensity=1.0),
        versions=Versions(contract=row["contract"], suite=row["suite"], policy=row["policy"]),
    )

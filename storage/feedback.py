"""Feedback from production, kept as it comes: nothing is dropped, whatever it is, and nothing counts twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from labeling.kinds import kind_of
from schemas.answers import plain_of
from schemas.errors import InputError
from schemas.feedback import Feedback
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.feedback_tables import FeedbackRow
from storage.guidelines import history

# Of a text that explains what is wrong with a record so many characters are kept.
LONGEST = 2000


class FeedbackStatus(StrEnum):
    """Where feedback stands."""

    WAITING = "waiting"  # its sample is not in the lake yet
    JOINED = "joined"  # with a sample, whose prediction it does not contradict
    DUE = "due"  # it contradicts the prediction, and the sample goes to the labelers when there is room in the hour
    ASKED = "asked"  # its sample is a task, by this feedback or by routing
    UNMATCHED = "unmatched"  # no accepted sample had its id for as long as feedback waits
    REFUSED = "refused"  # it cannot be read, or its answer is none of the project's


@dataclass(frozen=True, kw_only=True)
class Place:
    """A record of `P.feedback`, and where it stands there."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


@lost_connections_named()
def keep(engine: Engine, project: ProjectConfig, records: Sequence[Place]) -> int:
    """Keep records, once each by place and by feedback_id; return how many are new.

    One that cannot be read is kept too, byte for byte, and says why.
    """
    published = history(engine, project.name)
    classes = (published[-1].classes if published else ()) or project.labels.classes
    rows = [_row(project, record, classes) for record in records]
    if not rows:
        return 0
    with engine.begin() as connection:
        new = upsert(FeedbackRow).on_conflict_do_nothing().returning(FeedbackRow.offset)
        return len(connection.execute(new, rows).all())


def _row(project: ProjectConfig, record: Place, classes: Sequence[str]) -> dict[str, Any]:
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "project": project.name}
    nothing = dict.fromkeys((*Feedback.model_fields, "problem", "value"))
    try:
        said = Feedback.model_validate_json(record.value or b"")
        answer = None if said.answer is None else kind_of(project.labels).read(said.answer, classes)
    except (ValidationError, InputError) as error:
        problem = f"{_explained(error)}"[:LONGEST].replace("\x00", "\N{REPLACEMENT CHARACTER}")
        return {**place, **nothing, "status": FeedbackStatus.REFUSED, "problem": problem, "value": record.value}
    plain = None if answer is None else plain_of(answer)
    return {**place, **nothing, **said.model_dump(), "answer": plain, "status": FeedbackStatus.WAITING}


def _explained(error: ValidationError | InputError) -> str:
    if isinstance(error, InputError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the record'}: {one['msg']}" for one in error.errors())


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was said of a sample after its prediction: how, by whom, what would be right, and where that stands."""

    kind: str
    source: str
    answer: JsonValue
    note: str | None
    occurred_at: datetime
    received_at: datetime
    status: FeedbackStatus


@lost_connections_named()
def of_sample(engine: Engine, project: str, sample_id: str) -> list[Heard]:
    """Return the feedback on a sample, the first received first."""
    row = FeedbackRow
    named = [getattr(row, name) for name in Heard.__dataclass_fields__]
    found = select(*named).where(row.project == project, row.sample_id == sample_id)
    with engine.connect() as connection:
        rows = connection.execute(found.order_by(row.received_at, row.offset)).all()
    return [Heard(**{**one._asdict(), "status": FeedbackStatus(one.status)}) for one in rows]


@lost_connections_named()
def counts(engine: Engine, project: str) -> dict[FeedbackStatus, int]:
    """Count the project's feedback by where it stands."""
    row = FeedbackRow
    found = select(row.status, func.count()).where(row.project == project).group_by(row.status)
    with engine.connect() as connection:
        by_status = {status: count for status, count in connection.execute(found)}  # noqa: C416 - rows, not pairs
    return {status: by_status.get(status, 0) for status in FeedbackStatus}

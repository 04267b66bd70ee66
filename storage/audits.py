"""What the stores hold of a topic, for the audit; and the audits that were run."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine, insert, select

from quality.ledger import AuditReport, Kept, Offsets
from storage.database import lost_connections_named
from storage.feedback import FeedbackStatus
from storage.feedback_tables import FeedbackRow
from storage.lake import Lake
from storage.tables import AuditRow, TaskRow

PLACE = ("partition", "offset")
LINK = ("replay_of", "replays")


@lost_connections_named()
def kept(engine: Engine, lake: Lake, project: str, topic: str, partitions: Iterable[int]) -> dict[int, Kept]:
    """Return the offsets of `topic` that the lake and the queue hold, by partition."""
    samples = lake.samples(project, (*PLACE, *LINK), f"topic == '{topic}'")
    dead_letters = lake.dead_letters(project, (*PLACE, *LINK), f"topic == '{topic}'")
    archived, letters, tasks = _of_lake(samples), _of_lake(dead_letters), _of_queue(engine, topic)
    asked = _of_feedback(engine, topic)
    links = [*_links(samples), *_links(dead_letters)]
    return {
        partition: Kept(
            archived=_at(archived, partition),
            dead_letters=_at(letters, partition),
            tasks=_at(tasks, partition),
            asked=_at(asked, partition),
            links={offset: link for (of, offset), link in links if of == partition},
        )
        for partition in partitions
    }


def _of_lake(table: pa.Table) -> Offsets:
    """Return (n, 2): partition and offset."""
    columns = [table.column(name).to_numpy().astype(np.int64) for name in PLACE]
    return np.stack(columns, axis=1)


def _links(table: pa.Table) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return place and link of the rows that have one."""
    rows = table.filter(pc.is_valid(table.column("replays"))).to_pylist()
    return [((row["partition"], row["offset"]), (row["replay_of"], row["replays"])) for row in rows]


def _of_queue(engine: Engine, topic: str) -> Offsets:
    with engine.connect() as connection:
        rows = connection.execute(select(TaskRow.partition, TaskRow.offset).where(TaskRow.topic == topic)).all()
    return np.array(rows, np.int64).reshape(-1, 2)


def _of_feedback(engine: Engine, topic: str) -> Offsets:
    row = FeedbackRow
    asked = select(row.sample_partition, row.sample_offset)
    asked = asked.where(row.sample_topic == topic, row.status == FeedbackStatus.ASKED)
    with engine.connect() as connection:
        return np.array(connection.execute(asked).all(), np.int64).reshape(-1, 2)


def _at(places: Offsets, partition: int) -> Offsets:
    offsets: Offsets = places[places[:, 0] == partition, 1]
    return offsets


@lost_connections_named()
def record(engine: Engine, project: str, report: AuditReport) -> None:
    """Keep the report."""
    with engine.begin() as connection:
        connection.execute(
            insert(AuditRow).values(project=project, ok=report.ok, report=report.model_dump(mode="json"))
        )


@lost_connections_named()
def last(engine: Engine, project: str) -> tuple[datetime, AuditReport] | None:
    """Return when the project was last audited, and what was found; None where it never was."""
    row = AuditRow
    newest = select(row.audited_at, row.report).where(row.project == project).order_by(row.audit_id.desc()).limit(1)
    with engine.connect() as connection:
        found = connection.execute(newest).first()
    return None if found is None else (found.audited_at, AuditReport.model_validate(found.report))

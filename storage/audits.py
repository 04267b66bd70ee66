"""What the stores hold of a topic, for the audit; and the audits that were run."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, insert, select

from quality.ledger import AuditReport, Kept, Offsets
from storage.lake import Lake
from storage.tables import AuditRow, TaskRow

PLACE = ("topic", "partition", "offset")


def kept(engine: Engine, lake: Lake, project: str, topic: str, partitions: Iterable[int]) -> dict[int, Kept]:
    """Return the offsets of `topic` that the lake and the queue hold, by partition."""
    archived = _of_lake(lake.samples(project, PLACE, f"topic == '{topic}'"))
    letters = _of_lake(lake.dead_letters(project, PLACE, f"topic == '{topic}'"))
    tasks = _of_queue(engine, topic)
    return {
        partition: Kept(
            archived=_at(archived, partition), dead_letters=_at(letters, partition), tasks=_at(tasks, partition)
        )
        for partition in partitions
    }


def _of_lake(table: pa.Table) -> Offsets:
    """Return (n, 2): partition and offset."""
    columns = [table.column(name).to_numpy().astype(np.int64) for name in ("partition", "offset")]
    return np.stack(columns, axis=1)


def _of_queue(engine: Engine, topic: str) -> Offsets:
    with engine.connect() as connection:
        rows = connection.execute(select(TaskRow.partition, TaskRow.offset).where(TaskRow.topic == topic)).all()
    return np.array(rows, np.int64).reshape(-1, 2)


def _at(places: Offsets, partition: int) -> Offsets:
    offsets: Offsets = places[places[:, 0] == partition, 1]
    return offsets


def record(engine: Engine, project: str, report: AuditReport) -> None:
    """Keep the report."""
    with engine.begin() as connection:
        connection.execute(
            insert(AuditRow).values(project=project, ok=report.ok, report=report.model_dump(mode="json"))
        )


def last(engine: Engine, project: str) -> tuple[datetime, AuditReport] | None:
    """Return when the project was last audited, and what was found; None where it never was."""
    row = AuditRow
    newest = select(row.audited_at, row.report).where(row.project == project).order_by(row.audit_id.desc()).limit(1)
    with engine.connect() as connection:
        found = connection.execute(newest).first()
    return None if found is None else (found.audited_at, AuditReport.model_validate(found.report))

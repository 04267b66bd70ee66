"""Windows of old: after a while one for each day of a partition is kept, and after a long while none."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, insert, select

from quality.sketches.folding import from_bytes, merged, to_bytes
from schemas.drift import DriftPolicy
from schemas.topics import Topics
from storage.database import lost_connections_named
from storage.drift_windows import alone, positions
from storage.tables import SketchRow, SketchWindowRow

COUNTS = ("accepted", "rejected", "duplicate")


@lost_connections_named()
def keep_windows(engine: Engine, project: str, policy: DriftPolicy, now: datetime | None = None) -> dict[str, int]:
    """Merge windows older than `days` by day, and drop those older than `most_days`; return how many of each went.

    A day's window begins with the offset of its first one; one that lies in two days is of that in which it ends.
    Each day is merged in a transaction of its own, so this may be repeated, and run beside the stream. Windows that are
    still to be judged for drift are not merged with judged ones, behind which they would be looked for no more.
    """
    now, topic = now or datetime.now(UTC), Topics(project=project).samples
    window = SketchWindowRow
    dropped = _drop(engine, topic, now - timedelta(days=policy.most_days))
    asked = (
        select(window.partition, window.first, window.latest)
        .where(window.topic == topic, window.latest < _midnight(now - timedelta(days=policy.days)))
        .order_by(window.partition, window.latest, window.first)
    )
    with engine.connect() as connection:
        old = connection.execute(asked).all()
    merged_away = 0
    for (partition, _), found in groupby(old, key=lambda row: (row.partition, _day(row.latest))):
        firsts = [row.first for row in found]
        if len(firsts) > 1:
            with engine.begin() as connection:
                alone(connection, project)
                judged = positions(connection, project).get(str(partition), 0)
                for some in ([one for one in firsts if one < judged], [one for one in firsts if one >= judged]):
                    if len(some) > 1:
                        _merge(connection, topic, partition, some)
                        merged_away += len(some) - 1
    return {"merged": merged_away, "dropped": dropped}


def _day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _midnight(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _drop(engine: Engine, topic: str, before: datetime) -> int:
    window, row = SketchWindowRow, SketchRow
    gone = select(window.partition, window.first).where(window.topic == topic, window.latest < before)
    with engine.begin() as connection:
        places = [(partition, first) for partition, first in connection.execute(gone)]
        for partition, first in places:
            for table in (window, row):
                connection.execute(
                    delete(table).where(table.topic == topic, table.partition == partition, table.first == first)
                )
    return len(places)


def _merge(connection: Connection, topic: str, partition: int, firsts: Sequence[int]) -> None:
    """Put one window in the place of several."""
    window, row = SketchWindowRow, SketchRow
    found = connection.execute(select(*window.__table__.columns).where(_of(window, topic, partition, firsts))).all()
    slices = connection.execute(
        select(*row.__table__.columns).where(_of(row, topic, partition, firsts)).order_by(row.column, row.value)
    ).all()
    here = {"topic": topic, "partition": partition, "first": min(firsts)}
    for table in (window, row):
        connection.execute(delete(table).where(_of(table, topic, partition, firsts)))
    whole = {
        "next": max(one.next for one in found),
        "earliest": min(one.earliest for one in found),
        "latest": max(one.latest for one in found),
    }
    connection.execute(insert(window), {**here, **whole, **_counts(found)})
    together = [
        {**here, "column": column, "value": value, **_counts(same), "sketches": _sum(same)}
        for (column, value), each in groupby(slices, key=lambda one: (one.column, one.value))
        for same in [list(each)]
    ]
    if together:
        connection.execute(insert(row), together)


def _of(
    table: type[SketchWindowRow | SketchRow], topic: str, partition: int, firsts: Sequence[int]
) -> ColumnElement[bool]:
    return and_(table.topic == topic, table.partition == partition, table.first.in_(firsts))


def _counts(rows: Sequence[Row[Any]]) -> dict[str, int]:
    return {name: sum(getattr(one, name) for one in rows) for name in COUNTS}


def _sum(rows: Sequence[Row[Any]]) -> bytes:
    return to_bytes(reduce(merged, (from_bytes(one.sketches) for one in rows), {}))

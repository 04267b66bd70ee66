"""Sketches of the stream, by window and slice: written with checkpoints, read as sums over any time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, insert, select

from quality.frames import published_at
from quality.sketches.folding import Sketches, from_bytes, merged, to_bytes
from quality.sketches.window import Dispositions, Slice, StreamWindow
from storage.database import lost_connections_named
from storage.tables import SketchRow, SketchWindowRow


def keep(connection: Connection, topic: str, partition: int, windows: Sequence[StreamWindow]) -> None:
    """Keep windows that ended, in the transaction of the checkpoint that says so: each is kept once."""
    if not windows:
        return
    connection.execute(
        insert(SketchWindowRow),
        [
            {
                "topic": topic,
                "partition": partition,
                "first": window.first,
                "next": window.next,
                "earliest": published_at(window.earliest),
                "latest": published_at(window.latest),
                **_ended(window.ended),
            }
            for window in windows
        ],
    )
    rows = [row for window in windows for row in _rows(topic, partition, window)]
    if rows:
        connection.execute(insert(SketchRow), rows)


def _rows(topic: str, partition: int, window: StreamWindow) -> Iterator[Mapping[str, object]]:
    for of, ended in window.by_slice.items():
        yield {
            "topic": topic,
            "partition": partition,
            "first": window.first,
            "column": of.column,
            "value": of.value,
            "sketches": to_bytes(window.sketches.get(of, {})),
            **_ended(ended),
        }


def _ended(ended: Dispositions) -> dict[str, int]:
    return {"accepted": ended.accepted, "rejected": ended.rejected, "duplicate": ended.duplicate}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One window as it was kept, of one slice or of all samples."""

    partition: int
    first: int
    next: int
    earliest: datetime
    latest: datetime
    ended: Dispositions
    sketches: Sketches


@lost_connections_named()
def windows(engine: Engine, topic: str, since: datetime, until: datetime, of: Slice | None = None) -> list[Kept]:
    """Return the windows whose last record was published from `since` to before `until`, in the order of these.

    Those of one slice, or of all samples, which are the sum over all sources.
    """
    with engine.connect() as connection:
        rows = connection.execute(_asked(topic, since, until, of)).all()
    found: dict[tuple[int, int], Kept] = {}
    for row in rows:
        place = (row.partition, row.first)
        one = Kept(
            partition=row.partition,
            first=row.first,
            next=row.next,
            earliest=row.earliest,
            latest=row.latest,
            ended=Dispositions(accepted=row.accepted, rejected=row.rejected, duplicate=row.duplicate),
            sketches={} if row.sketches is None else from_bytes(row.sketches),
        )
        found[place] = _both(found[place], one) if place in found else one
    return list(found.values())


def _asked(topic: str, since: datetime, until: datetime, of: Slice | None) -> Select[*tuple[Any, ...]]:
    window, row = SketchWindowRow, SketchRow
    counts = window if of is None else row
    column, value = ("source", row.value) if of is None else (of.column, of.value)
    return (
        select(
            window.partition,
            window.first,
            window.next,
            window.earliest,
            window.latest,
            counts.accepted,
            counts.rejected,
            counts.duplicate,
            row.sketches,
        )
        .join(row, and_(_here(), row.column == column, row.value == value), isouter=of is None)
        .where(*_within(topic, since, until))
        .order_by(window.latest, window.partition, window.first)
    )


def _here() -> ColumnElement[bool]:
    window, row = SketchWindowRow, SketchRow
    return and_(row.topic == window.topic, row.partition == window.partition, row.first == window.first)


def _within(topic: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    window = SketchWindowRow
    return window.topic == topic, window.latest >= since, window.latest < until


def _both(one: Kept, other: Kept) -> Kept:
    """Return a window of two sources; what ended where is that of the window already."""
    return Kept(
        partition=one.partition,
        first=one.first,
        next=one.next,
        earliest=one.earliest,
        latest=one.latest,
        ended=one.ended,
        sketches=merged(one.sketches, other.sketches),
    )


def together(found: Sequence[Kept]) -> Sketches:
    """Return the sketches of several windows as of one; in whatever order they are, it is the same."""
    return reduce(merged, (one.sketches for one in found), {})


@lost_connections_named()
def slices(engine: Engine, topic: str, since: datetime, until: datetime) -> list[Slice]:
    """Return the slices that windows of this time hold, by column and value."""
    window, row = SketchWindowRow, SketchRow
    asked = (
        select(row.column, row.value)
        .join(window, _here())
        .where(*_within(topic, since, until))
        .distinct()
        .order_by(row.column, row.value)
    )
    with engine.connect() as connection:
        return [Slice(column=column, value=value) for column, value in connection.execute(asked)]

"""Appending to a lake table what it does not hold yet, however many write at once."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from schemas.errors import ConflictError
from storage import lake_files
from storage.lake_marks import Fresh, Partition, Place, doubtful, fresh_of, marks_of, properties_of

PLACE = ("topic", "partition", "offset")

# Writers of a project's partitions compete for one table: as many tries as there may be writers.
COMMIT_TRIES = 20
COMMIT_PAUSE = 0.05  # seconds, times the number of tries so far

# Every commit reads and writes the list of snapshots, so it must not grow for ever: beyond `SNAPSHOTS_MOST`
# all but the last `SNAPSHOTS_KEPT` are forgotten. The rows are not: tables only ever grow.
SNAPSHOTS_MOST = 100
SNAPSHOTS_KEPT = 20


def append_fresh(load: Callable[[], Table], rows: pa.Table, reached: Mapping[Partition, int]) -> int:
    """Append those rows that the table does not hold; return how many.

    What is fresh is asked of the very snapshot that the commit builds on: a writer that was overtaken, or stopped
    for hours in mid-append, fails and asks again. pyiceberg's own retry, which does not ask, is off.

    Raises:
        ConflictError: others were faster, time and again; nothing was appended.
    """
    places = places_of(rows)
    for tries in range(1, COMMIT_TRIES + 1):
        table = load()
        fresh = _fresh(table, places)
        if not fresh.rows:
            return 0
        # A file is committed on the snapshot it was written for or not at all: the upkeep relies on it.
        files = lake_files.write(table, rows.take(pa.array(fresh.rows, pa.int64())))
        try:
            lake_files.append(table, files, properties_of(fresh, reached, table.properties))
        except CommitFailedException:
            lake_files.discard(table, files)
            time.sleep(COMMIT_PAUSE * tries)
        else:
            forget_old_snapshots(table)
            return len(fresh.rows)
    raise ConflictError(f"{'.'.join(table.name())} was changed by others {COMMIT_TRIES} times in a row: try again.")


def forget_old_snapshots(table: Table) -> None:
    """Shorten the list of snapshots where it is long; whoever commits next tries again if this one was too slow."""
    snapshots = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number or 0)
    if len(snapshots) <= SNAPSHOTS_MOST:
        return
    with suppress(CommitFailedException, ValueError):  # the latter where another has just forgotten the same
        old = [snapshot.snapshot_id for snapshot in snapshots[:-SNAPSHOTS_KEPT]]
        table.maintenance.expire_snapshots().by_ids(old).commit()


def forget_aged_snapshots(load: Callable[[], Table], age: timedelta) -> int:
    """Forget the snapshots that are older than `age`, but the last `SNAPSHOTS_KEPT`; return how many.

    Forgets none where a writer was faster: the next call does.
    """
    table = load()
    snapshots = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number or 0)
    before = (time.time() - age.total_seconds()) * 1000
    old = [one.snapshot_id for one in snapshots[:-SNAPSHOTS_KEPT] if one.timestamp_ms <= before]
    if not old:
        return 0
    try:
        table.maintenance.expire_snapshots().by_ids(old).commit()
    except (CommitFailedException, ValueError):  # the latter where another has just forgotten the same
        return 0
    return len(old)


def places_of(rows: pa.Table | pa.RecordBatch) -> list[Place]:
    """Return where each row came from."""
    return list(zip(*(rows.column(name).to_pylist() for name in PLACE), strict=True))


def _fresh(table: Table, places: list[Place]) -> Fresh:
    marks = marks_of(table.properties)
    ranges = doubtful(places, marks)
    archived = {place for partition, between in ranges.items() for place in _held(table, partition, between)}
    return fresh_of(places, marks, archived)


def _held(table: Table, partition: Partition, between: tuple[int, int]) -> list[Place]:
    """Return the places of a partition that the table holds within a range of offsets; files outside are not read."""
    (topic, number), (first, last) = partition, between
    condition = f"topic == '{topic}' and partition == {number} and offset >= {first} and offset <= {last}"
    return places_of(table.scan(row_filter=condition, selected_fields=PLACE).to_arrow())

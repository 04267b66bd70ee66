"""What a lake table says of itself in its properties: how far it has archived. Pure.

They change in the commit that appends the rows, so both exist or neither.

`assay.archived.TOPIC.PARTITION` is a mark: the highest archived offset of an input partition. Above it nothing is
archived; below it something may still be missing, for a topic may hold later samples before earlier ones (a
producer's batch that timed out is published again behind its successors). What lies below is looked up.

`assay.read.TOPIC.PARTITION` is a position in a topic that the archive reads: all records before it are archived.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

# An input topic and a partition of it; with an offset, where a record came from.
Partition = tuple[str, int]
Place = tuple[str, int, int]

MARK = "assay.archived."
POSITION = "assay.read."


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """The rows, by number, that a table does not hold yet, and the marks once it does."""

    rows: tuple[int, ...]
    marks: Mapping[Partition, int]


def marks_of(properties: Mapping[str, str]) -> dict[Partition, int]:
    """Return the highest archived offset of each input partition."""
    return _read(MARK, properties)


def positions_of(properties: Mapping[str, str]) -> dict[Partition, int]:
    """Return the offset up to which each partition of a topic of events is archived."""
    return _read(POSITION, properties)


def properties_of(fresh: Fresh, reached: Mapping[Partition, int], properties: Mapping[str, str]) -> dict[str, str]:
    """Return the properties to set with the fresh rows; positions only move forward."""
    before = positions_of(properties)
    positions = {place: max(offset, before.get(place, 0)) for place, offset in reached.items()}
    return {**_written(MARK, fresh.marks), **_written(POSITION, positions)}


def doubtful(places: Sequence[Place], marks: Mapping[Partition, int]) -> dict[Partition, tuple[int, int]]:
    """Return, for each partition, the first and last offset among `places` that the table may hold already."""
    below: dict[Partition, list[int]] = {}
    for topic, partition, offset in places:
        if offset <= marks.get((topic, partition), -1):
            below.setdefault((topic, partition), []).append(offset)
    return {partition: (min(offsets), max(offsets)) for partition, offsets in below.items()}


def fresh_of(places: Sequence[Place], marks: Mapping[Partition, int], archived: Container[Place]) -> Fresh:
    """Return which of the rows at `places` are fresh, each place once; `archived` holds the doubtful ones' answer."""
    rows: dict[Place, int] = {}
    moved: dict[Partition, int] = {}
    for row, place in enumerate(places):
        if place in rows or place in archived:
            continue
        rows[place] = row
        topic, partition, offset = place
        moved[topic, partition] = max(offset, moved.get((topic, partition), marks.get((topic, partition), -1)))
    return Fresh(rows=tuple(rows.values()), marks=moved)


def _read(prefix: str, properties: Mapping[str, str]) -> dict[Partition, int]:
    found = {key.removeprefix(prefix): int(value) for key, value in properties.items() if key.startswith(prefix)}
    return {(key.rpartition(".")[0], int(key.rpartition(".")[2])): offset for key, offset in found.items()}


def _written(prefix: str, offsets: Mapping[Partition, int]) -> dict[str, str]:
    return {f"{prefix}{topic}.{partition}": str(offset) for (topic, partition), offset in offsets.items()}

"""Checkpoints of screening: state and next offset of a partition, stored together."""

from collections.abc import Collection

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert

from quality.state import State
from schemas.errors import ConflictError
from storage.tables import CheckpointRow


def next_offsets(engine: Engine, topics: Collection[str]) -> dict[tuple[str, int], int]:
    """Return the next offset to screen of each (topic, partition) that has a checkpoint."""
    row = CheckpointRow
    with engine.connect() as connection:
        found = connection.execute(select(row.topic, row.partition, row.next_offset).where(row.topic.in_(topics)))
        return {(topic, partition): offset for topic, partition, offset in found}


def load(engine: Engine, topic: str, partition: int) -> State:
    """Return the partition's checkpoint; the empty state where there is none."""
    row = CheckpointRow
    with engine.connect() as connection:
        found = connection.scalar(select(row.state).where(row.topic == topic, row.partition == partition))
    return State() if found is None else State.from_bytes(found)


def save(engine: Engine, topic: str, partition: int, *, before: State, after: State) -> None:
    """Replace the checkpoint `before` by `after`.

    Raises:
        ConflictError: another worker has moved the checkpoint on; what was screened from `before` is void.
    """
    row = CheckpointRow
    values = {"next_offset": after.next_offset, "state": after.to_bytes(), "saved_at": func.now()}
    with engine.begin() as connection:
        moved = connection.execute(
            update(row)
            .where(row.topic == topic, row.partition == partition, row.next_offset == before.next_offset)
            .values(values)
        )
        if moved.rowcount == 0 and before.next_offset == 0:
            created = insert(row).values(topic=topic, partition=partition, **values).on_conflict_do_nothing()
            moved = connection.execute(created)
    if moved.rowcount == 0:
        raise ConflictError(f"Another worker screens {topic}-{partition} and has moved its checkpoint on.")

"""Checkpoints of screening: state and next offset of a partition, stored together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from quality.state import State
from schemas.errors import ConflictError
from storage.database import lost_connections_named
from storage.tables import CheckpointRow


@lost_connections_named()
def load(engine: Engine, topic: str, partitions: Collection[int]) -> dict[int, State]:
    """Return the checkpoints of these partitions; those that have none are missing."""
    row = CheckpointRow
    asked = select(row.partition, row.state).where(row.topic == topic, row.partition.in_(partitions))
    with engine.connect() as connection:
        return {partition: State.from_bytes(state) for partition, state in connection.execute(asked)}


@dataclass(frozen=True, kw_only=True)
class Move:
    """A checkpoint that moves from the state `before`, as it was read or saved last, to the one `after`."""

    before: State
    after: State


@lost_connections_named()
def save(engine: Engine, topic: str, moves: Mapping[int, Move]) -> None:
    """Move the checkpoints of partitions; all of them or none.

    PostgreSQL need not flush them: if it crashes, a checkpoint may stand where it stood a moment before, which is as
    true, and what was screened since is screened again.

    Raises:
        ConflictError: another worker has moved a checkpoint on; what was screened from `before` is void.
    """
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        for partition, move in sorted(moves.items()):
            if not _moved(connection, topic, partition, move):
                raise ConflictError(f"Another worker screens {topic}-{partition} and has moved its checkpoint on.")


def _moved(connection: Connection, topic: str, partition: int, move: Move) -> bool:
    row = CheckpointRow
    values = {"next_offset": move.after.next_offset, "state": move.after.to_bytes(), "saved_at": func.now()}
    place = (row.topic == topic, row.partition == partition, row.next_offset == move.before.next_offset)
    moved = connection.execute(update(row).where(*place).values(values)).rowcount
    if not moved and move.before.next_offset == 0:
        created = insert(row).values(topic=topic, partition=partition, **values).on_conflict_do_nothing()
        moved = connection.execute(created).rowcount
    return bool(moved)

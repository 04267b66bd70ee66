"""Checkpoints of screening: state and next offset of a partition, stored together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from quality.sketches.window import StreamWindow
from quality.state import State
from schemas.errors import ConflictError
from storage import sketches
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
    """A checkpoint that moves from the state `before`, as it was read or saved last, to the one `after`.

    `windows` are those that ended in between.
    """

    before: State
    after: State
    windows: Sequence[StreamWindow] = ()


@lost_connections_named()
def save(engine: Engine, topic: str, moves: Mapping[int, Move]) -> None:
    """Move the checkpoints of partitions, and keep the windows that ended; all of it or nothing.

    PostgreSQL need not flush offsets: if it crashes, a checkpoint may stand where it stood a moment before, which is as
    true, and what was screened since is screened again. A plan for steering it must: what is screened under it must
    not be screened again without it.

    Raises:
        ConflictError: another worker has moved a checkpoint on; what was screened from `before` is void.
    """
    with engine.begin() as connection:
        if all(move.before.routing.told == move.after.routing.told for move in moves.values()):
            connection.execute(text("SET LOCAL synchronous_commit = off"))
        for partition, move in sorted(moves.items()):
            if not _moved(connection, topic, partition, move):
                raise ConflictError(f"Another worker screens {topic}-{partition} and has moved its checkpoint on.")
            sketches.keep(connection, topic, partition, move.windows)


def _moved(connection: Connection, topic: str, partition: int, move: Move) -> bool:
    row = CheckpointRow
    before, after = move.before, move.after
    values = {
        "next_offset": after.next_offset,
        "steering": after.routing.told,
        "state": after.to_bytes(),
        "saved_at": func.now(),
    }
    here = (row.topic == topic, row.partition == partition)
    as_before = (row.next_offset == before.next_offset, row.steering == before.routing.told)
    moved = connection.execute(update(row).where(*here, *as_before).values(values)).rowcount
    if not moved and move.before.next_offset == 0:
        created = insert(row).values(topic=topic, partition=partition, **values).on_conflict_do_nothing()
        moved = connection.execute(created).rowcount
    return bool(moved)

"""The ledger's entries of replays.

An entry is written before its record is published and completed after the broker has confirmed it. What stands between
the two after a crash is looked up at the broker (docs/decisions/0009-replay.md).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, RowMapping, bindparam, delete, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from quality.replay import Known, Replay
from schemas.errors import ConflictError
from schemas.verdicts import Origin
from storage.database import lost_connections_named
from storage.tables import ReplayRow

# Seed of the advisory lock under which a topic's dead letters are replayed.
REPLAYING = 0x0A55A7


@contextmanager
def alone(engine: Engine, topic: str) -> Iterator[None]:
    """Keep other processes from replaying into `topic` meanwhile; it ends with the process, however that ends.

    Raises:
        ConflictError: another process is at it.
    """
    lock = {"topic": topic, "key": REPLAYING}
    with lost_connections_named(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:topic, :key))"), lock):
            raise ConflictError(f"Another `assay replay` into {topic} is running: wait until it has ended.")
        try:
            yield
        finally:
            connection.invalidate()  # closing the session lets go of the lock even where it is broken


@lost_connections_named()
def plan(engine: Engine, replays: Sequence[Replay]) -> set[Origin]:
    """Write entries of replays that are about to be published; return the dead letters that had none before."""
    row = ReplayRow
    with engine.begin() as connection:
        added = connection.execute(
            insert(row).on_conflict_do_nothing().returning(row.topic, row.partition, row.offset),
            [_values(replay) for replay in replays],
        )
        return {Origin(topic=topic, partition=partition, offset=offset) for topic, partition, offset in added}


@lost_connections_named()
def complete(engine: Engine, stands_at: Mapping[UUID, int]) -> None:
    """Note at which offsets replays stand; noting the same again changes nothing."""
    if stands_at:
        statement = update(ReplayRow).where(ReplayRow.replay_id == bindparam("entry")).values(stands_at=bindparam("at"))
        with engine.connect() as connection, connection.begin():
            connection.execute(
                statement, [{"entry": replay_id, "at": offset} for replay_id, offset in stands_at.items()]
            )


@lost_connections_named()
def forget(engine: Engine, replay_ids: Collection[UUID]) -> None:
    """Remove the entries of replays that were never published, so that their dead letters may be replayed."""
    row = ReplayRow
    if replay_ids:
        with engine.begin() as connection:
            connection.execute(delete(row).where(row.replay_id.in_(replay_ids), row.stands_at.is_(None)))


@lost_connections_named()
def incomplete(engine: Engine, topic: str) -> list[Replay]:
    """Return the replays into a topic of which it is not known whether they were published."""
    return _found(engine, ReplayRow.topic == topic, ReplayRow.stands_at.is_(None))


@lost_connections_named()
def known(engine: Engine, topic: str, letters: Sequence[Origin]) -> Known:
    """Return what the ledger knows of dead letters of one topic."""
    row = ReplayRow
    places = [(letter.partition, letter.offset) for letter in letters]
    mentioned = or_(tuple_(row.partition, row.offset).in_(places), tuple_(row.partition, row.stands_at).in_(places))
    return Known.of(_found(engine, row.topic == topic, mentioned))


@lost_connections_named()
def replays_of(engine: Engine, topic: str) -> list[Replay]:
    """Return every replay into a topic."""
    return _found(engine, ReplayRow.topic == topic)


def _found(engine: Engine, *conditions: ColumnElement[bool]) -> list[Replay]:
    with engine.connect() as connection:
        rows = connection.execute(select(ReplayRow.__table__).where(*conditions)).mappings().all()
    return [_replay(row) for row in rows]


def _values(replay: Replay) -> dict[str, object]:
    letter = replay.letter
    return {
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "replay_id": replay.replay_id,
        "first": replay.first,
        "replays": replay.replays,
        "sought_from": replay.sought_from,
    }


def _replay(row: RowMapping) -> Replay:
    return Replay(
        replay_id=row["replay_id"],
        letter=Origin(topic=row["topic"], partition=row["partition"], offset=row["offset"]),
        first=row["first"],
        replays=row["replays"],
        sought_from=row["sought_from"],
        stands_at=row["stands_at"],
    )

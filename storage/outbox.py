"""Events that were written in the transaction that caused them, on their way to Kafka."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, select

from storage.database import lost_connections_named
from storage.tables import OutboxRow

# The lock of the one relay at work: PostgreSQL's advisory locks are named by numbers.
RELAY_LOCK = 0x0A55A1


@dataclass(frozen=True, kw_only=True)
class Message:
    """What one outbox row has to say to Kafka."""

    topic: str
    key: bytes
    value: bytes


Send = Callable[[Sequence[Message]], None]


@lost_connections_named()
def relay(engine: Engine, send: Send, *, batch: int = 500) -> int:
    """Publish the oldest events, then delete them; return how many, 0 when there is nothing to do.

    `send` must return only when all are delivered, in order, and raise otherwise: then all stay, and are sent again.
    At least once, in the order of each key: one relay works at a time, the others return 0 at once.
    """
    oldest = select(OutboxRow.outbox_id, OutboxRow.topic, OutboxRow.key, OutboxRow.value)
    with engine.begin() as connection:
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(RELAY_LOCK))):
            return 0
        rows = connection.execute(oldest.order_by(OutboxRow.outbox_id).limit(batch)).all()
        if rows:
            send([Message(topic=row.topic, key=row.key, value=row.value) for row in rows])
            connection.execute(delete(OutboxRow).where(OutboxRow.outbox_id.in_([row.outbox_id for row in rows])))
        return len(rows)


@lost_connections_named()
def depth(engine: Engine) -> int:
    """Return how many events wait to be published."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(OutboxRow)) or 0
